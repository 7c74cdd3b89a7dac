"""`unknown-reference`: a dataset, entity, view, feature or feature service that nothing has
(LANGUAGE section 5). The one that a step names is `unknown_reference`'s.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_compiler.checks.told_once import some
from exai_compiler.signatures import signatures
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import DatasetSpec, FeatureServiceSpec, FeatureViewSpec, ServiceSpec
from exai_specs.nearest import nearest
from exai_specs.parse import Spec

Named = tuple[Spec, Path, str, str]  # a document, a path in it, a kind and a name


def check(subject: Subject) -> Iterator[Diagnostic]:
    unknown: dict[tuple[str, str, str], list[Span]] = {}
    for spec, path, kind, name in _named(subject):
        if subject.project.find(kind, name) is None:
            unknown.setdefault((spec.ref.kind, kind, name), []).append(spec.at(*path))
    # What twenty views misspell, or what is misspelt itself, is one mistake.
    for (_, kind, name), places in unknown.items():
        first, *others = sorted(places)
        known = subject.project.names(kind)
        hint = did_you_mean(name, known, f"add a {kind} document of that name")
        if kind == "FeatureService" and subject.project.find("FeatureView", name) is not None:
            hint = _of_a_view(subject, name)
        message = f"there is no {kind} `{name}`"
        also = some(tuple(("named here, too", at) for at in others))
        yield Diagnostic("unknown-reference", message, first, hint=hint, related=also)
    for spec, service in subject.project.bodies(FeatureServiceSpec):
        for index, entry in enumerate(service.features):
            view, _, feature = entry.partition(":")
            body = subject.project.body(FeatureViewSpec, view)
            given = (body.features or tuple(body.schema)) if body is not None else ()
            if body is None or not feature or feature in given:
                continue
            if _meant(subject, body, feature):
                continue  # the view misspells it, which is told there
            found = subject.project.find("FeatureView", view)
            place = (found.at("metadata", "name"),) if found is not None else ()
            yield Diagnostic(
                "unknown-reference",
                f"FeatureView `{view}` has no feature `{feature}`",
                spec.document.at(("spec", "features", index), len(view) + 1),
                hint=did_you_mean(feature, given),
                related=tuple(("the view", at) for at in place),
            )


def _of_a_view(subject: Subject, view: str) -> str:
    """What to write where a view is named in the place of a feature service."""
    having = [
        spec.ref.name
        for spec, service in subject.project.bodies(FeatureServiceSpec)
        if any(entry.partition(":")[0] == view for entry in service.features)
    ]
    named = f", such as `{having[0]}`" if having else f": add one with `features: [{view}]`"
    return f"`{view}` is a FeatureView; name a FeatureService that has it{named}"


def _meant(subject: Subject, view: FeatureViewSpec, feature: str) -> bool:
    """Whether a view misspells a column of its dataset that is called so."""
    data = subject.project.body(DatasetSpec, view.dataset) if view.dataset is not None else None
    if data is None or feature not in data.schema:
        return False
    known = data.schema.keys() - view.features
    return any(nearest(name, known) == feature for name in view.features if name not in data.schema)


def _named(subject: Subject) -> Iterator[Named]:
    project = subject.project
    for spec, view in project.bodies(FeatureViewSpec):
        if view.dataset is not None:
            yield spec, ("spec", "dataset"), "Dataset", view.dataset
        for index, name in enumerate(view.entities):
            yield spec, ("spec", "entities", index), "Entity", name
        for index, name in enumerate(view.transform.sources if view.transform else ()):
            yield spec, ("spec", "transform", "sources", index), "FeatureView", name
    for spec, service in project.bodies(FeatureServiceSpec):
        for index, entry in enumerate(service.features):
            yield spec, ("spec", "features", index), "FeatureView", entry.partition(":")[0]
    for told in signatures(project):
        if told.signature.features is not None:
            yield told.spec, (*told.path, "features"), "FeatureService", told.signature.features
    for spec, body in project.bodies(ServiceSpec):
        if body.features is not None:
            yield spec, ("spec", "features", "service"), "FeatureService", body.features.service
