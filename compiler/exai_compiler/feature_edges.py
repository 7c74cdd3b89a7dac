"""What features come from: edges from datasets and entities to views, to feature services, and to
the models and services that name one.

In: a project. Out: strands, in the order of documents. Judges nothing: what doesn't resolve has no
edge.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.edges import Node, Path, Strand
from exai_compiler.feature_views import features_of, key_of, used
from exai_compiler.project import Project
from exai_compiler.signatures import signatures
from exai_specs.kinds import (
    DatasetSpec,
    EntitySpec,
    FeatureServiceSpec,
    FeatureViewSpec,
    ServiceSpec,
    Transform,
)
from exai_specs.parse import Spec


def feature_edges(project: Project, columns: bool = True) -> Iterator[Strand]:
    """Every edge that ends at a view or a feature service, or starts at the latter; only those
    between documents as a whole without `columns`."""
    for spec, view in project.bodies(FeatureViewSpec):
        if view.transform is not None:
            yield from _made(project, spec, view.transform, columns)
        else:
            yield from _read(project, spec, view, columns)
    for spec, service in project.bodies(FeatureServiceSpec):
        yield from _gathered(project, spec, service, columns)
    for told in signatures(project):
        if name := told.signature.features:
            yield from _named(project, name, told.spec, (*told.path, "features"), columns)
    for spec, body in project.bodies(ServiceSpec):
        if body.features is not None:
            yield from _named(project, body.features.service, spec, ("spec", "features"), columns)


def _read(project: Project, spec: Spec, view: FeatureViewSpec, columns: bool) -> Iterator[Strand]:
    """A view over a dataset: from it, its columns and the entities. The columns by which it is
    joined lead to the whole view, and to each feature: they decide which of its values a row gets.
    """
    end, dataset = Node("FeatureView", spec.ref.name), view.dataset or ""
    if project.find("Dataset", dataset) is not None:
        yield Strand(Node("Dataset", dataset), end, spec, ("spec", "dataset"))
    body = project.body(DatasetSpec, dataset) if columns else None
    schema = body.schema if body is not None else {}
    known = features_of(project, spec.ref.name) if columns else {}
    found = [(n, column) for n, column in enumerate(view.features) if column in known]
    names = tuple([column for _, column in found])
    onto = ("", *names)
    start = Node("Dataset", dataset)
    for column in (body.timestamp, body.created) if body is not None else ():
        if column is not None and column in schema:
            joins = (column,) * len(onto)
            yield Strand(start, end, spec, ("spec", "dataset"), joins, onto)
    for index, entity in enumerate(view.entities):
        if (about := project.body(EntitySpec, entity)) is not None:
            path: Path = ("spec", "entities", index)
            yield Strand(Node("Entity", entity), end, spec, path)
            if (key := key_of(entity, about).column) in schema:
                yield Strand(start, end, spec, path, (key,) * len(onto), onto)
    if found:
        paths: tuple[Path, ...] = tuple([("spec", "features", index) for index, _ in found])
        yield Strand(start, end, spec, ("spec", "features"), names, paths=paths)


def _made(project: Project, spec: Spec, transform: Transform, columns: bool) -> Iterator[Strand]:
    """An on-demand view: its function sees every feature of its sources."""
    end = Node("FeatureView", spec.ref.name)
    for index, source in enumerate(transform.sources):
        if project.body(FeatureViewSpec, source) is None:
            continue
        path = ("spec", "transform", "sources", index)
        yield Strand(Node("FeatureView", source), end, spec, path)
        for column in features_of(project, source) if columns else ():
            start = Node("FeatureView", source, "", column)
            for made in features_of(project, spec.ref.name):
                yield Strand(start, end.of(made), spec, path)


def _gathered(
    project: Project, spec: Spec, service: FeatureServiceSpec, columns: bool
) -> Iterator[Strand]:
    end = Node("FeatureService", spec.ref.name)
    for index, entry in enumerate(service.features):
        view, colon, name = entry.partition(":")
        if project.body(FeatureViewSpec, view) is None:
            continue
        path = ("spec", "features", index)
        yield Strand(Node("FeatureView", view), end, spec, path)
        if not columns:
            continue
        features = features_of(project, view)
        named = tuple(features) if not colon else (name,) if name in features else ()
        yield Strand(Node("FeatureView", view), end, spec, path, named)


def _named(
    project: Project, service: str, spec: Spec, path: tuple[str | int, ...], columns: bool
) -> Iterator[Strand]:
    """A document that names a feature service, and its columns."""
    gives = used(project, service)
    if gives is None:
        return
    start, end = Node("FeatureService", service), Node(spec.ref.kind, spec.ref.name)
    yield Strand(start, end, spec, path)
    if columns:
        yield Strand(start, end, spec, path, tuple(gives.columns))
