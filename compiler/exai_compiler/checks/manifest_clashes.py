"""`manifest-clash`: a Manifest of an object that another document is already.

Only what is right can be rendered, so this comes after the other rules; nothing is rendered unless
there is a Manifest.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.facts import Facts
from exai_compiler.locked import lock_of
from exai_compiler.render import unpatched
from exai_compiler.resolve import resolve
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ManifestSpec
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    manifests = tuple(subject.project.bodies(ManifestSpec))
    if not manifests:
        return
    told: set[tuple[str, str]] = set()
    for name, environment in subject.environments.items():
        if environment.target == "local":
            continue
        lock = lock_of(subject.project, name)
        resolved = resolve(subject.project, name, environment, subject.catalog, lock, Facts())
        first: dict[tuple[str, str, str], Spec] = {}
        specs = sorted(
            subject.project.specs.values(), key=lambda spec: isinstance(spec.body, ManifestSpec)
        )
        for spec in specs:
            for item in unpatched(resolved, spec):
                group = item.id.api.rpartition("/")[0]
                other = first.setdefault((group, item.id.kind, item.id.name), spec)
                if other is spec or not isinstance(spec.body, ManifestSpec):
                    continue
                what = f"{item.id.kind}/{item.id.name}"
                if (what, str(spec.ref)) in told:
                    continue
                told.add((what, str(spec.ref)))
                yield Diagnostic(
                    "manifest-clash",
                    f"{spec.ref} is the {what} that {other.ref} is already",
                    spec.at("spec", "manifest", "kind"),
                    hint="give it another name, or say it in the other document",
                    related=((str(other.ref), other.at("metadata", "name")),),
                )
