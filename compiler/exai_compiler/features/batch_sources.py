"""Where Feast reads the rows of a dataset.

In: a Dataset and its environment. Out: an entry of the repository's `sources`. A table of the
database that the offline store itself is stays where it is; anything else is a Parquet snapshot,
whose columns have the declared names.
"""

from __future__ import annotations

from exai_compiler.features.stores import offline_connection
from exai_specs.frozen import Json
from exai_specs.kinds import DatasetSpec, Environment
from exai_specs.kinds.sources import SqlSource


def source_of(name: str, dataset: DatasetSpec, environment: Environment) -> Json:
    """One entry. Raises ValueError for a dataset without a timestamp: a check refuses it."""
    if not dataset.timestamp:
        raise ValueError(f"Dataset/{name} has no timestamp")
    found: dict[str, Json] = {**_place(name, dataset, environment), "timestamp": dataset.timestamp}
    if dataset.created:
        found["created"] = dataset.created
    return found


def _place(name: str, dataset: DatasetSpec, environment: Environment) -> dict[str, Json]:
    source, there = dataset.source, offline_connection(environment)
    if not isinstance(source, SqlSource) or there is None or source.connection != there:
        return {"parquet": {"path": f"data/{name}.parquet"}}
    renamed = any(column.source not in ("", at) for at, column in dataset.schema.items())
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
