"""Where Feast reads the rows of a dataset.

In: a Dataset and its environment. Out: an entry of the repository's `sources`. A table of the
database that the offline store itself is stays where it is, and on a cluster so do Parquet files in
an object store, or in a folder that all pods mount; anything else is a Parquet snapshot, whose
columns have the declared names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from exai_compiler.features.stores import offline_connection
from exai_specs.frozen import Json
from exai_specs.kinds import DatasetSpec, Environment
from exai_specs.kinds.sources import ParquetSource, SqlSource

STORES = ("gs", "s3")

Why = Literal["database", "format", "names", "place", "pushed", "store"]


def source_of(
    name: str, dataset: DatasetSpec, environment: Environment, written: bool, keys: Collection[str]
) -> Json:
    """One entry. `written`: Feast adds pushed rows to the file, so it must not be the user's own.
    `keys` of entities. Raises ValueError for a dataset without a timestamp: a check refuses it."""
    if not dataset.timestamp:
        raise ValueError(f"Dataset/{name} has no timestamp")
    there = environment.target != "local" and isinstance(dataset.source, ParquetSource)
    if there and why_a_snapshot(dataset, environment, written, keys) is None:
        place = _in_files(dataset, environment)
    else:
        place = _place(name, dataset, environment)
    found: dict[str, Json] = {**place, "timestamp": dataset.timestamp}
    if dataset.created:
        found["created"] = dataset.created
    return found


def why_a_snapshot(
    dataset: DatasetSpec, environment: Environment, written: bool, keys: Collection[str]
) -> Why | None:
    """Why Feast on a cluster doesn't read the rows where they are; None where it does. It maps
    names of features alone: keys and times have to have their own (tried with 0.67).
    """
    source, there = dataset.source, offline_connection(environment)
    if isinstance(source, SqlSource):
        return "database" if source.connection != there else None
    if there is not None:
        return "store"
    if not isinstance(source, ParquetSource):
        return "format"
    path = _path(source, environment)
    if not path.startswith("/") and path.partition("://")[0] not in STORES:
        return "place"
    if written:
        return "pushed"
    renamed = _renamed(dataset).values()
    return "names" if not {dataset.timestamp, dataset.created, *keys}.isdisjoint(renamed) else None


def _in_files(dataset: DatasetSpec, environment: Environment) -> dict[str, Json]:
    """Parquet files that Feast itself reads where they are."""
    if not isinstance(dataset.source, ParquetSource):
        raise ValueError("only Parquet is read in place")
    found: dict[str, Json] = {"path": _path(dataset.source, environment)}
    if names := _renamed(dataset):
        found["columns"] = dict(sorted(names.items()))
    return {"parquet": found}


def _path(source: ParquetSource, environment: Environment) -> str:
    if "://" in source.path or environment.data is None:
        return source.path
    return f"{environment.data.root.rstrip('/')}/{source.path}"


def _renamed(dataset: DatasetSpec) -> Mapping[str, str]:
    """The declared names, by those in the data, of columns that have two."""
    return {each.source: at for at, each in dataset.schema.items() if each.source not in ("", at)}


def _place(name: str, dataset: DatasetSpec, environment: Environment) -> dict[str, Json]:
    source, there = dataset.source, offline_connection(environment)
    if not isinstance(source, SqlSource) or there is None or source.connection != there:
        return {"parquet": {"path": f"data/{name}.parquet"}}
    renamed = bool(_renamed(dataset))
    if not renamed and source.table is not None:
        return {"postgres": {"table": _table(source.table)}}
    rows = _table(source.table) if source.table is not None else f"({_query(source)}) AS rows"
    if not renamed:
        return {"postgres": {"query": _query(source)}}
    columns = ", ".join(
        f"{_quoted(column.source or at)} AS {_quoted(at)}" for at, column in dataset.schema.items()
    )
    query = f"SELECT {columns} FROM {rows}"  # noqa: S608 - names are quoted, a query is the user's
    return {"postgres": {"query": query}}


def _query(source: SqlSource) -> str:
    # Feast puts it into parentheses: a semicolon ends it too early, a comment too late.
    text = (source.query or "").rstrip().removesuffix(";").rstrip()
    return f"{text}\n" if "--" in text.rpartition("\n")[2] else text


def _table(name: str) -> str:
    """`schema.table` for SQL, exactly as it is written: Feast takes the text as it stands."""
    schema, dot, table = name.rpartition(".")
    return f"{_quoted(schema)}.{_quoted(table)}" if dot else _quoted(table)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
