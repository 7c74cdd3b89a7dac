"""`unused-entity`, `unused-view`, `unused-service`: features that nobody asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.columns import text
from exai_compiler.project import Project
from exai_compiler.signatures import signatures
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import (
    EntitySpec,
    FeatureServiceSpec,
    FeatureViewSpec,
    ServiceSpec,
)
from exai_specs.nearest import nearest


def check(subject: Subject) -> Iterator[Diagnostic]:
    project = subject.project
    views = [view for _, view in project.bodies(FeatureViewSpec)]
    services = [service for _, service in project.bodies(FeatureServiceSpec)]
    # A misspelt name is told where it stands; what it was meant for is used.
    entities = _meant(project, "Entity", {name for view in views for name in view.entities})
    for spec, _ in project.bodies(EntitySpec):
        if spec.ref.name not in entities:
            yield _unused(
                spec.at("metadata", "name"), "entity", f"no view is about `{spec.ref.name}`"
            )
    asked = {entry.partition(":")[0] for service in services for entry in service.features}
    asked |= {source for view in views if view.transform for source in view.transform.sources}
    asked = _meant(project, "FeatureView", asked)
    for spec, _ in project.bodies(FeatureViewSpec):
        if spec.ref.name not in asked:
            message = f"no feature service has a feature of `{spec.ref.name}`"
            yield _unused(spec.at("metadata", "name"), "view", message)
    named = {name for _, _, _, name in subject.by_ref.get("FeatureService", ())}
    # Of a component that nobody knows, any input may name one.
    for _, _, step in subject.steps_of(("",)):
        named.update(text(binding) for binding in step.inputs.values())
    named |= {s.features.service for _, s in project.bodies(ServiceSpec) if s.features is not None}
    named |= {told.signature.features or "" for told in signatures(project)}
    named = _meant(project, "FeatureService", named)
    for spec, _ in project.bodies(FeatureServiceSpec):
        if spec.ref.name not in named:
            message = f"neither a step nor a service asks for `{spec.ref.name}`"
            yield _unused(spec.at("metadata", "name"), "service", message)


def _meant(project: Project, kind: str, named: Iterable[str]) -> set[str]:
    known = project.names(kind)
    return {name if name in known else nearest(name, known) or "" for name in named if name}


def _unused(at: Span, what: str, message: str) -> Diagnostic:
    hint = "use it, or remove it"
    return Diagnostic(f"unused-{what}", message, at, "warning", hint)
