"""Whether a dataset can give a view its features: its keys, its time, its columns (LANGUAGE section
5).

`entity-mismatch`, `unusable-key`, `missing-timestamp`, `unknown-column`, `key-as-feature`,
`duplicate-feature`, `reserved-feature`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.checks.entity_keys import told_at_entity, wrong_keys
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean, hint_for_column
from exai_compiler.checks.texts import Path
from exai_compiler.feature_views import key_of
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import DatasetSpec, EntitySpec, FeatureViewSpec
from exai_specs.parse import Spec

# What an online store finds rows by (feast/infra/key_encoding_utils.py, _serialize_val).
KEYS = ("int32", "int64", "string", "bytes", "timestamp", "date")
TIMES = ("timestamp", "date")
# Columns that Feast itself adds while it joins and materializes.
RESERVED = ("event_timestamp", "created_timestamp", "entity_row_unique_id")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, entity in subject.project.bodies(EntitySpec):
        if str(entity.type) not in KEYS:
            yield Diagnostic(
                "unusable-key",
                f"rows can't be found by a {entity.type}",
                spec.at("spec", "type"),
                hint=f"a key is one of {', '.join(KEYS)}",
            )
        yield from _reserved([key_of(spec.ref.name, entity).column], spec, ("spec", "key"))
        yield from wrong_keys(subject.project, spec.ref.name)
    for spec, view in subject.project.bodies(FeatureViewSpec):
        for column in view.schema:
            yield from _reserved([column], spec, ("spec", "schema", column), key=True)
        if view.transform is not None:
            request = view.transform.request
            for column in request.schema if request is not None else ():
                path: Path = ("spec", "transform", "request", "schema", column)
                yield from _reserved([column], spec, path, key=True)
        elif (dataset := subject.dataset(view.dataset or "")) is not None:
            yield from _keys(subject, spec, view, dataset)
            yield from _time(spec, dataset)
            yield from _features(subject, spec, view, dataset)


def _keys(
    subject: Subject, spec: Spec, view: FeatureViewSpec, dataset: tuple[Spec, DatasetSpec]
) -> Iterator[Diagnostic]:
    """Each entity's key is a column of the dataset, of the entity's type."""
    seen: dict[str, int] = {}
    for index, name in enumerate(view.entities):
        entity = subject.project.find("Entity", name)
        body = subject.project.body(EntitySpec, name)
        if entity is None or body is None:
            continue
        path, key = ("spec", "entities", index), key_of(name, body)
        if seen.setdefault(key.column, index) != index:
            yield Diagnostic(
                "entity-mismatch",
                f"the key of `{name}` is `{key.column}`, which is another entity's key here",
                spec.at(*path),
                hint="take one of them away, or give it a key of its own",
                related=(("the other one", spec.at("spec", "entities", seen[key.column])),),
            )
            continue
        if not told_at_entity(subject.project, name):
            yield from key_in(dataset, name, entity, spec, path)


def key_in(
    dataset: tuple[Spec, DatasetSpec], name: str, entity: Spec, spec: Spec, path: Path
) -> Iterator[Diagnostic]:
    """Whether a dataset has the key of an entity, which `spec` asks for at `path`."""
    declared, data = dataset
    if not isinstance(entity.body, EntitySpec):
        return
    key = key_of(name, entity.body)
    column = data.schema.get(key.column)
    if column is None:
        yield Diagnostic(
            "entity-mismatch",
            f"Dataset `{declared.ref.name}` has no column `{key.column}`, the key of `{name}`",
            spec.at(*path),
            hint=did_you_mean(key.column, data.schema, "add it, or write the entity's `key`"),
            related=(
                ("the entity", entity.at("metadata", "name")),
                ("the dataset's columns", declared.key_at("spec", "schema")),
            ),
        )
    elif column.type != key.type:
        yield Diagnostic(
            "entity-mismatch",
            f"`{key.column}` is {column.type} in Dataset `{declared.ref.name}`, but keys of "
            f"`{name}` are {key.type}",
            spec.at(*path),
            hint="make them the same: rows of one are looked up by keys of the other",
            related=(
                ("the entity's type", entity.at("spec", "type")),
                ("the column", declared.key_at("spec", "schema", key.column)),
            ),
        )


def _time(spec: Spec, dataset: tuple[Spec, DatasetSpec]) -> Iterator[Diagnostic]:
    """A view's rows have a time: without one nobody knows which value held when."""
    declared, data = dataset
    if not data.timestamp:
        at = spec.at("spec", "dataset")
        yield untimed(declared, at, "a feature view needs to know when each of its values was true")
    for field, column in (("timestamp", data.timestamp), ("created", data.created)):
        found = data.schema.get(column) if column else None
        if found is not None and str(found.type) not in TIMES:
            yield Diagnostic(
                "missing-timestamp",
                f"`{field}` of Dataset `{declared.ref.name}` is {found.type}, which is no time",
                spec.at("spec", "dataset"),
                hint=f"take a column of type {' or '.join(TIMES)}",
                related=(
                    (f"its {field}", declared.at("spec", field)),
                    ("the column", declared.key_at("spec", "schema", column)),
                ),
            )


def untimed(dataset: Spec, at: Span, why: str) -> Diagnostic:
    """A dataset without a timestamp, where one is needed."""
    return Diagnostic(
        "missing-timestamp",
        f"Dataset `{dataset.ref.name}` has no timestamp, and {why}",
        at,
        hint="add `timestamp: COLUMN` to the Dataset",
        related=(("the dataset", dataset.at("metadata", "name")),),
    )


def _features(
    subject: Subject, spec: Spec, view: FeatureViewSpec, dataset: tuple[Spec, DatasetSpec]
) -> Iterator[Diagnostic]:
    declared, data = dataset
    entities = ((name, subject.project.body(EntitySpec, name)) for name in view.entities)
    keys = {key_of(name, body).column for name, body in entities if body is not None}
    first: dict[str, int] = {}
    for index, feature in enumerate(view.features):
        path: Path = ("spec", "features", index)
        if first.setdefault(feature, index) != index:
            yield Diagnostic(
                "duplicate-feature",
                f"`{feature}` stands twice among the features",
                spec.at(*path),
                hint="take one away",
                related=(("the first one", spec.at("spec", "features", first[feature])),),
            )
        elif feature not in data.schema:
            yield Diagnostic(
                "unknown-column",
                f"Dataset `{declared.ref.name}` has no column `{feature}`",
                spec.at(*path),
                hint=hint_for_column(declared, data.schema, feature),
                related=(("its columns are declared here", declared.key_at("spec", "schema")),),
            )
        elif feature in keys or feature in (data.timestamp, data.created):
            what = "the key of an entity" if feature in keys else "a time of the rows"
            yield Diagnostic(
                "key-as-feature",
                f"`{feature}` is {what}, and no feature",
                spec.at(*path),
                hint="take it out of the features",
                related=(("the column", declared.key_at("spec", "schema", feature)),),
            )
        elif _is_reserved(feature):
            yield from _reserved([feature], spec, path)


def _reserved(
    names: Iterable[str], spec: Spec, path: Path, *, key: bool = False
) -> Iterator[Diagnostic]:
    for name in names:
        if _is_reserved(name):
            why = "Feast writes views and features as `view__feature`"
            if name in RESERVED:
                why = "Feast adds a column of that name itself"
            yield Diagnostic(
                "reserved-feature",
                f"`{name}` can't be a feature or a key: {why}",
                spec.key_at(*path) if key else spec.at(*path),
                hint="give it another name; in a Dataset, `source:` is the name in the data",
            )


def _is_reserved(name: str) -> bool:
    return name in RESERVED or "__" in name
