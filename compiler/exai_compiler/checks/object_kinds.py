"""`unknown-object`: a Manifest's kind that its API group doesn't have in this version, as far as
exai knows. A newer cluster may have it; else nothing of the object is checked, and the cluster
refuses it.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.crds.listed import Meant, unlisted
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ManifestSpec
from exai_specs.nearest import did_you_mean


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ManifestSpec):
        meant = unlisted(body.api, body.kind)
        if meant is None:
            continue
        at_fault = (
            "apiVersion" if meant.kind in ("", body.kind) and not _in(body, meant) else "kind"
        )
        yield Diagnostic(
            "unknown-object",
            f"exai knows no kind {body.kind} in {body.api}, so its fields aren't checked",
            spec.at("spec", "manifest", at_fault),
            "warning",
            f"{_instead(body, meant)} Where the cluster has it, put "
            "`# exai: allow unknown-object -- WHY` above it",
        )


def _in(body: ManifestSpec, meant: Meant) -> bool:
    """Whether the stated version is one that has what was meant, or other kinds at least."""
    return body.api in meant.apis if meant.kind else bool(meant.kinds)


def _instead(body: ManifestSpec, meant: Meant) -> str:
    if not meant.kind:
        known = did_you_mean(*((body.kind, meant.kinds) if meant.kinds else (body.api, meant.apis)))
        return f"{known}." if known else "Kubernetes has no such group."
    if meant.kind == body.kind:
        return f'did you mean "apiVersion: {meant.apis[0]}"?'
    where = "" if body.api in meant.apis else f" of {meant.apis[0]}"
    return f'did you mean "{meant.kind}"{where}?'
