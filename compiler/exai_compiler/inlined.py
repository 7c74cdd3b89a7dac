"""What a step needs of a dataset, as a struct constant. In: a project, a Dataset, a component. Out:
JSON.

No metadata, so that a new description or owner never makes a new version of a pipeline. No nulls
either: KFP's local runner refuses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from exai_compiler.catalog import Component
from exai_compiler.constants import constant
from exai_compiler.project import Project
from exai_specs.frozen import Json
from exai_specs.kinds.dataset import ColumnFields, DatasetSpec, Quality
from exai_specs.kinds.sources import CsvSource, HttpSource, JsonSource, ParquetSource, SqlSource
from exai_specs.types import ListOf, MapOf, Scalar, StructOf, Type

# DESIGN section 6: what reads a source is told where the data is, others how it has to be.
READER = ("name", "source", "key", "timestamp", "created", "schema")
OTHERS = ("name", "key", "schema", "quality")


def wanted_by(component: Component) -> tuple[str, ...]:
    """The fields that a component needs: its `exai.dev/effects` say whether it reads the source."""
    return READER if component.effects == "reads-source" else OTHERS


def inlined(project: Project, name: str, wanted: tuple[str, ...]) -> Json:
    """These fields of a dataset as a constant: one value for all that take them. Raises ValueError
    where there is no such dataset.
    """
    dataset = project.body(DatasetSpec, name)
    if dataset is None:
        raise ValueError(f"Dataset/{name} doesn't exist")
    return project.once(
        ("inlined", name, wanted), lambda: _constant(project, name, dataset, wanted)
    )


def _constant(project: Project, name: str, dataset: DatasetSpec, wanted: tuple[str, ...]) -> Json:
    """As `constant(fields_of(...))`, field by field: what some read, others check, and most of it
    is the schema.
    """
    found: dict[str, Json] = {}
    for field in wanted:
        if field == "schema":
            found[field] = project.once(("schema", name), lambda: _schema(dataset))
        elif (value := _field(name, dataset, field)) is not None:
            found[field] = constant(value)
    if not dataset.created:
        found.pop("created", None)
    return MappingProxyType(found)


def _schema(dataset: DatasetSpec) -> Json:
    columns = ((column, _column(fields)) for column, fields in sorted(dataset.schema.items()))
    # What is read-only is one of the plain ones, which are as `constant` has them.
    return MappingProxyType(
        {name: told if type(told) is MappingProxyType else constant(told) for name, told in columns}
    )


def fields_of(name: str, dataset: DatasetSpec, wanted: tuple[str, ...]) -> Mapping[str, Json]:
    """These fields of a dataset, in this order."""
    there = [field for field in wanted if field != "created" or dataset.created]
    return {field: _field(name, dataset, field) for field in there}


def _field(name: str, dataset: DatasetSpec, field: str) -> Json:
    match field:
        case "name":
            return name
        case "source":
            return _source(dataset.source)
        case "schema":
            return {column: _column(fields) for column, fields in sorted(dataset.schema.items())}
        case "quality":
            return _quality(dataset.quality)
        case "key":
            return dataset.key
        case "timestamp":
            return dataset.timestamp
        case _:
            return dataset.created


def _source(source: CsvSource | ParquetSource | JsonSource | SqlSource | HttpSource) -> Json:
    match source:
        case CsvSource(path=path):
            return {"csv": {"path": path}}
        case ParquetSource(path=path):
            return {"parquet": {"path": path}}
        case JsonSource(path=path):
            return {"json": {"path": path}}
        case HttpSource(url=url, sha256=sha256, format=form):
            return {"http": {"url": url, "sha256": sha256, "format": form}}
        case SqlSource(connection=connection, table=str(table)):
            return {"sql": {"connection": connection, "table": table}}
        case SqlSource(connection=connection, query=query):
            return {"sql": {"connection": connection, "query": query}}


def _column(column: ColumnFields) -> Json:
    texts = not column.enum or all(isinstance(value, str) for value in column.enum)
    if isinstance(column.type, Scalar) and texts:
        return _plain(column.type.name, column.nullable, column.source, column.enum)
    found = {"type": type_of(column.type), "nullable": column.nullable, "source": column.source}
    return {**found, "enum": column.enum} if column.enum else found


@lru_cache(maxsize=4096)
def _plain(type_: str, nullable: bool, source: str, enum: tuple[Json, ...]) -> Json:
    """Most columns are told in the same few words, and share the value."""
    found: dict[str, Json] = {"type": type_, "nullable": nullable, "source": source}
    return MappingProxyType({**found, "enum": enum} if enum else found)


def type_of(declared: Type) -> Json:
    """A type as YAML has it: `int64`, `{"list": "int64"}`."""
    if type(declared) is Scalar:  # most are
        return declared.name
    match declared:
        case Scalar(name):
            return name
        case ListOf(item):
            return {"list": type_of(item)}
        case MapOf(value):
            return {"map": type_of(value)}
        case StructOf(fields):
            return {"struct": {name: type_of(field) for name, field in fields.items()}}


def _quality(quality: Quality) -> Json:
    return {
        "onFailure": quality.on_failure,
        "expectations": tuple({each.name: each.args} for each in quality.expectations),
    }
