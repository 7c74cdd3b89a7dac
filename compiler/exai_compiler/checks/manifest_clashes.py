"""`manifest-clash`: a Manifest of an object that another document is already, or that the
controller of another's object makes.

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
from exai_specs.kinds import GraphSpec, ManifestSpec, NotebookSpec, ServiceSpec
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    manifests = tuple(subject.project.bodies(ManifestSpec))
    if not manifests:
        return
    told: set[tuple[str, str]] = set()
    made = {key: spec for spec in subject.project.specs.values() for key in _made(spec)}
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
                key = (group, item.id.kind, item.id.name)
                other = first.setdefault(key, spec)
                verb = "is already"
                if other is spec and key in made:
                    other, verb = made[key], "has made for it"
                if other is spec or not isinstance(spec.body, ManifestSpec):
                    continue
                what = f"{item.id.kind}/{item.id.name}"
                if (what, str(spec.ref)) in told:
                    continue
                told.add((what, str(spec.ref)))
                yield Diagnostic(
                    "manifest-clash",
                    f"{spec.ref} is the {what} that {other.ref} {verb}",
                    spec.at("spec", "manifest", "kind"),
                    hint="give it another name, or say it in the other document",
                    related=((str(other.ref), other.at("metadata", "name")),),
                )


def _made(spec: Spec) -> Iterator[tuple[str, str, str]]:
    """Group, kind and name of what the controllers of KServe and Kubeflow make of a document's
    object, and would go on writing."""
    name = spec.ref.name
    match spec.body:
        case ServiceSpec() as body:
            asked = {"predictor": True, "explainer": body.explainer is not None}
            asked["transformer"] = body.transformer is not None or body.features is not None
            yield "", "Service", name
            for part in (part for part, is_asked in asked.items() if is_asked):
                yield "", "Service", f"{name}-{part}"
                yield "apps", "Deployment", f"{name}-{part}"
                yield "autoscaling", "HorizontalPodAutoscaler", f"{name}-{part}"
                yield "serving.knative.dev", "Service", f"{name}-{part}"
        case GraphSpec():
            yield "", "Service", name
            yield "apps", "Deployment", name
            yield "serving.knative.dev", "Service", name
        case NotebookSpec():
            yield "", "Service", name
            yield "apps", "StatefulSet", name
        case _:
            pass
