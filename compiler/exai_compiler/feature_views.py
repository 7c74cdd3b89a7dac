"""What a FeatureService asks for, followed down to columns of datasets.

In: a project. Out: features with their types and where they come from, entities, request columns,
and the documents that all of this needs. Judges nothing: what doesn't resolve is left out, and the
checks say so with its place.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from exai_compiler.project import Project
from exai_specs.kinds import (
    DatasetSpec,
    EntitySpec,
    FeatureServiceSpec,
    FeatureViewSpec,
)
from exai_specs.parse import Spec
from exai_specs.types import Type


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a view. `dataset` has it as a column of the same name; "" when a function
    makes it.
    """

    view: str
    name: str
    type: Type
    dataset: str

    @property
    def reference(self) -> str:
        """As Feast writes it: `view:feature`."""
        return f"{self.view}:{self.name}"


@dataclass(frozen=True, slots=True)
class Key:
    """The column that holds an entity's key, and its type."""

    column: str
    type: Type


@dataclass(frozen=True, slots=True)
class Parts:
    """The names of documents that belong together, each sorted.

    `views` are those over `datasets`, `transforms` those that a function makes.
    """

    services: tuple[str, ...]
    views: tuple[str, ...]
    transforms: tuple[str, ...]
    datasets: tuple[str, ...]
    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Used:
    """What one service gives: `features` in the order of the document, each once.

    `entities` maps an entity's name to its key; `request` has the columns that only the request
    holds; `parts` are all documents behind it, those under on-demand views included.
    """

    service: str
    features: tuple[Feature, ...]
    entities: Mapping[str, Key]
    request: Mapping[str, Type]
    parts: Parts

    @property
    def columns(self) -> Mapping[str, Feature]:
        """The features by the names of their columns; of two alike, the first."""
        found: dict[str, Feature] = {}
        for feature in self.features:
            found.setdefault(feature.name, feature)
        return MappingProxyType(found)

    @property
    def keys(self) -> Mapping[str, Type]:
        """The key columns of all entities, sorted."""
        found = {key.column: key.type for key in self.entities.values()}
        return MappingProxyType(dict(sorted(found.items())))


def key_of(name: str, entity: EntitySpec) -> Key:
    """Where an entity's key is: `key`, or a column of the entity's own name."""
    return Key(entity.key or name, entity.type)


def features_of(project: Project, name: str) -> Mapping[str, Feature]:
    """The features of a view by name, in the order of its document."""
    view = project.body(FeatureViewSpec, name)
    if view is None:
        return MappingProxyType({})
    if view.transform is not None:
        made = {column: Feature(name, column, type_, "") for column, type_ in view.schema.items()}
        return MappingProxyType(made)
    dataset = project.body(DatasetSpec, view.dataset or "")
    columns = dataset.schema if dataset is not None else {}
    return MappingProxyType(
        {
            column: Feature(name, column, columns[column].type, view.dataset or "")
            for column in view.features
            if column in columns
        }
    )


def asked_for(project: Project, service: FeatureServiceSpec) -> Iterator[Feature]:
    """The features that a service's entries name, as often as they do."""
    for entry in service.features:
        view, colon, feature = entry.partition(":")
        features = features_of(project, view)
        if not colon:
            yield from features.values()
        elif feature in features:
            yield features[feature]


def used(project: Project, service: str) -> Used | None:
    """What a service gives; None when there is none of that name."""
    body = project.body(FeatureServiceSpec, service)
    if body is None:
        return None
    parts = parts_of(project, (service,))
    request = {
        column: type_
        for name in parts.transforms
        for column, type_ in request_of(project, name).items()
    }
    return Used(
        service=service,
        features=tuple(dict.fromkeys(asked_for(project, body))),
        entities=MappingProxyType(
            {
                name: key_of(name, entity)
                for name in parts.entities
                if (entity := project.body(EntitySpec, name)) is not None
            }
        ),
        request=MappingProxyType(dict(sorted(request.items()))),
        parts=parts,
    )


def request_of(project: Project, view: str) -> Mapping[str, Type]:
    """The columns that an on-demand view takes from the request."""
    body = project.body(FeatureViewSpec, view)
    if body is None or body.transform is None or body.transform.request is None:
        return MappingProxyType({})
    return body.transform.request.schema


def function_of(spec: Spec, written: str) -> tuple[str, str]:
    """`file.py:function`, which is relative to the document's own file, as a path from
    exai.yaml's folder and the function's name.
    """
    file, _, function = written.rpartition(":")
    folder = posixpath.dirname(spec.document.path)
    return posixpath.normpath(posixpath.join(folder, file)), function


def parts_of(project: Project, services: Iterable[str] | None = None) -> Parts:
    """The documents that these services need; all of the project's, used or not, without any."""
    bodies = {spec.ref.name: body for spec, body in project.bodies(FeatureViewSpec)}
    if services is None:
        wanted = [spec.ref.name for spec, _ in project.bodies(FeatureServiceSpec)]
        views = set(bodies)
        entities = {spec.ref.name for spec, _ in project.bodies(EntitySpec)}
    else:
        wanted = sorted({s for s in services if project.body(FeatureServiceSpec, s) is not None})
        views = _with_sources(bodies, wanted, project)
        entities = {
            entity
            for name in views
            for entity in bodies[name].entities
            if project.body(EntitySpec, entity) is not None
        }
    datasets = {bodies[name].dataset or "" for name in views if bodies[name].transform is None}
    return Parts(
        services=tuple(wanted),
        views=tuple(sorted(name for name in views if bodies[name].transform is None)),
        transforms=tuple(sorted(name for name in views if bodies[name].transform is not None)),
        datasets=tuple(
            sorted(name for name in datasets if project.body(DatasetSpec, name) is not None)
        ),
        entities=tuple(sorted(entities)),
    )


def _with_sources(
    bodies: Mapping[str, FeatureViewSpec], services: Iterable[str], project: Project
) -> set[str]:
    """The views that services name, and those that their on-demand views take features of."""
    found: set[str] = set()
    waiting = [
        entry.partition(":")[0]
        for service in services
        if (body := project.body(FeatureServiceSpec, service)) is not None
        for entry in body.features
    ]
    while waiting:
        name = waiting.pop()
        if name in found or name not in bodies:
            continue
        found.add(name)
        transform = bodies[name].transform
        waiting += transform.sources if transform is not None else ()
    return found
