"""`restricted-pod`: fields that take a pod out of the Pod Security Standards' profile "restricted",
where an environment doesn't allow it (DESIGN section 8). Patches are judged by `patch_rules`.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.parse import Spec

Path = tuple[str | int, ...]


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Only where pods run: one machine's processes are the user's own."""
    strict = [
        name
        for name, environment in subject.environments.items()
        if environment.target != "local" and "root" not in environment.security.allow
    ]
    if not strict:
        return
    for spec, path, container in subject.containers():
        block = container.security_context
        if block is None:
            continue
        for field, as_root in (
            ("runAsUser", block.run_as_user == 0),
            ("runAsNonRoot", block.run_as_non_root is False),
        ):
            if as_root:
                at = (*path, "securityContext", field)
                yield from (_root(subject, spec, at, name) for name in strict)


def _root(subject: Subject, spec: Spec, path: Path, environment: str) -> Diagnostic:
    place = subject.project.root.key_at("spec", "environments", environment)
    return Diagnostic(
        "restricted-pod",
        f"running as root isn't allowed in environment `{environment}`",
        spec.at(*path),
        hint="take another user, or add `security: {allow: [root]}` there",
        related=((f"environment `{environment}`", place),),
        environments=(environment,),
    )
