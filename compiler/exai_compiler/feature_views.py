"""What a FeatureService asks for, followed down to columns of datasets.

In: a project. Out: features with their types and where they come from, entities, request columns,
and the documents that all of this needs. Judges nothing: what doesn't resolve is left out, and the
checks say so with its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from exai_compiler.feature_parts import Parts, parts_behind, parts_of
from exai_compiler.project import Project
from exai_specs.frozen import Json, empty, thaw
from exai_specs.kinds import (
    DatasetSpec,
    EntitySpec,
    FeatureServiceSpec,
    FeatureViewSpec,
)
from exai_specs.mended_document import mended_in
from exai_specs.regexes import regex
from exai_specs.types import Type
from exai_specs.values import field, frozen

_WORD = regex(r"[^\W\d]\w*")


@frozen
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


@frozen
class Key:
    """The column that holds an entity's key, and its type."""

    column: str
    type: Type


@frozen
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
    columns: Mapping[str, Feature] = field(
        default_factory=empty, init=False, repr=False, compare=False
    )
    """The features by the names of their columns; of two alike, the first."""

    def __post_init__(self) -> None:
        found: dict[str, Feature] = {}
        for feature in self.features:
            found.setdefault(feature.name, feature)
        object.__setattr__(self, "columns", MappingProxyType(found))

    @property
    def keys(self) -> Mapping[str, Type]:
        """The key columns of all entities, sorted."""
        found = {key.column: key.type for key in self.entities.values()}
        return MappingProxyType(dict(sorted(found.items())))


def written_to(project: Project) -> frozenset[str]:
    """The datasets that Feast adds pushed rows to."""
    views = (view for _, view in project.bodies(FeatureViewSpec))
    return frozenset(v.dataset or "" for v in views if v.offline and v.push is not None)


def keys_of(project: Project) -> frozenset[str]:
    """The columns that hold the keys of entities."""
    entities = project.bodies(EntitySpec)
    return frozenset(key_of(spec.ref.name, entity).column for spec, entity in entities)


def key_of(name: str, entity: EntitySpec) -> Key:
    """Where an entity's key is: `key`, or a column of the entity's own name."""
    return Key(entity.key or name, entity.type)


def features_of(project: Project, name: str) -> Mapping[str, Feature]:
    """The features of a view by name, in the order of its document."""
    return project.once(("features", name), lambda: _features_of(project, name))


def _features_of(project: Project, name: str) -> Mapping[str, Feature]:
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


def lacked(project: Project, service: str) -> frozenset[str] | None:
    """The features that a service or its views name, and that nothing has; None where nobody can
    tell which they are, for a whole view is missing or its dataset is."""
    return project.once(("lacked", service), lambda: _lacked(project, service))


def _lacked(project: Project, service: str) -> frozenset[str] | None:
    body = project.body(FeatureServiceSpec, service)
    found: set[str] = set()
    for entry in body.features if body is not None else ():
        name, _, feature = entry.partition(":")
        view = project.body(FeatureViewSpec, name)
        if view is None or (view.dataset and project.body(DatasetSpec, view.dataset) is None):
            return None
        known = features_of(project, name)
        asked = (feature,) if feature else view.features
        found.update(each for each in asked if each not in known)
    for word in _entries_left_out(project, service):
        if not word:  # a number may stand for any
            return None
        found.update((word, *features_of(project, word)))
    return frozenset(found)


def _entries_left_out(project: Project, service: str) -> Iterator[str]:
    """The words of the entries that a FeatureService is without, for they are none; "" for one that
    says none."""
    spec = project.find("FeatureService", service)
    part = mended_in(spec.document) if spec is not None else None
    if part is None:
        return
    entries = part.original(("spec", "features"))
    for path in part.gone:
        if path[: len(entries)] == entries:
            value: Json = part.base.value
            for key in path:
                value = value[key]  # type: ignore[index]  # it was found there
            yield from _WORD.findall(str(thaw(value))) or ("",)


def used(project: Project, service: str, columns: Collection[str] | None = None) -> Used | None:
    """What a service gives, or as much of it as these columns need; None when there is none of
    that name.
    """
    body = project.body(FeatureServiceSpec, service)
    if body is None:
        return None
    whole = project.once(("used", service), lambda: _used(project, service, body, None))
    if columns is None or _needs_all(whole, body, columns):
        return whole
    question = ("used", service, tuple(columns))
    return project.once(question, lambda: _used(project, service, body, columns))


def _needs_all(whole: Used, body: FeatureServiceSpec, columns: Collection[str]) -> bool:
    """Whether these columns are all that a service gives, of all the views that it names."""
    if not whole.columns.keys() <= set(columns):
        return False
    named = {entry.partition(":")[0] for entry in body.features}
    return named == {feature.view for feature in whole.features}


def _used(
    project: Project, service: str, body: FeatureServiceSpec, columns: Collection[str] | None
) -> Used:
    asked = asked_for(project, body)  # by reference, for a type that holds a mapping has no hash
    once = {each.reference: each for each in asked if columns is None or each.name in columns}
    features = tuple(once.values())
    parts = parts_of(project, (service,))
    if columns is not None:
        parts = parts_behind(project, (service,), {feature.view for feature in features})
    request = {
        column: type_
        for name in parts.transforms
        for column, type_ in request_of(project, name).items()
    }
    return Used(
        service=service,
        features=features,
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


def asked_with(project: Project, view: str) -> tuple[str, ...]:
    """The columns that a row must have for a view's features: the keys that they are looked up by
    and the columns of the request that they are computed from, those that the views it takes
    features of ask for included; sorted."""
    return project.once(("asked with", view), lambda: _asked_with(project, view))


def timed(project: Project, view: str) -> bool:
    """Whether a view's features depend on when a row was true: unless all is computed from the
    request."""
    return project.once(("timed", view), lambda: bool(parts_behind(project, (), (view,)).datasets))


def _asked_with(project: Project, view: str) -> tuple[str, ...]:
    behind = parts_behind(project, (), (view,))
    found = {column for name in behind.transforms for column in request_of(project, name)}
    bodies = ((name, project.body(EntitySpec, name)) for name in behind.entities)
    found |= {key_of(name, entity).column for name, entity in bodies if entity is not None}
    return tuple(sorted(found))
