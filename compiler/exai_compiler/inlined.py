"""What a step needs of a dataset, as a struct constant. In: a Dataset, a component. Out: JSON.

No metadata, so that a new description or owner never makes a new version of a pipeline. No nulls
either: KFP's local runner refuses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from exai_compiler.catalog import Component
from exai_specs.frozen import Json
from exai_specs.kinds.dataset import ColumnFields, DatasetSpec, Quality
from exai_specs.kinds.sources import CsvSource, HttpSource, JsonSource, ParquetSource, SqlSource
from exai_specs.types import ListOf, MapOf, Scalar, StructOf, Type

# DESIGN section 6: what reads a source is told where the data is, others how it has to be.
READER = ("name", "source", "key", "timestamp", "created", "schema")
OTHERS = ("name", "key", "schema", "quality")


def inlined(name: str, dataset: DatasetSpec, component: Component) -> Json:
    """The fields that a component needs: its `exai.dev/effects` say whether it reads the source."""
    return fields_of(name, dataset, READER if component.effects == "reads-source" else OTHERS)


def fields_of(name: str, dataset: DatasetSpec, wanted: tuple[str, ...]) -> Mapping[str, Json]:
    """These fields of a dataset, in this order."""
    everything: Mapping[str, Json] = {
        "name": name,
        "source": _source(dataset.source),
        "key": dataset.key,
        "timestamp": dataset.timestamp,
        "created": dataset.created,
        "schema": {column: _column(fields) for column, fields in sorted(dataset.schema.items())},
        "quality": _quality(dataset.quality),
    }
    return {field: everything[field] for field in wanted if field != "created" or dataset.created}


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
    if isinstance(column.type, Scalar) and not column.enum:
        return _plain(column.type.name, column.nullable, column.source)
    found: dict[str, Json] = {
        "type": type_of(column.type),
        "nullable": column.nullable,
        "source": column.source,
    }
    if column.enum:
        found["enum"] = column.enum
    return found


@lru_cache(maxsize=4096)
def _plain(type_: str, nullable: bool, source: str) -> Json:
    """Most columns are told in the same few words, and share the value."""
    return MappingProxyType({"type": type_, "nullable": nullable, "source": source})


def type_of(declared: Type) -> Json:
    """A type as YAML has it: `int64`, `{"list": "int64"}`."""
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
