"""A table or query of a database as columns of raw values, piece by piece: the rows stay on the
server until they are asked for, so that a large table doesn't have to fit into memory as Python's
values. Reads in a transaction that can't write.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from exai_components.load_dataset.connection import address, open_engine
from exai_components.load_dataset.source import Chunk, Found, OpenSource
from exai_components.load_dataset.sql_failure import explained
from exai_components.outcome import StepFailure, did_you_mean

_ROWS = 50_000  # of a piece


@contextmanager
def open_sql(sql: dict[str, Any], seconds: float | None = None) -> Iterator[OpenSource]:
    """`table` or `query` over `connection` as a source. `seconds` bounds each statement."""
    name = str(sql.get("connection", ""))
    with reading(name, seconds) as session:
        if sql.get("table"):
            yield _table(session, str(sql["table"]), name)
        else:
            yield _query(session, str(sql.get("query", "")), name)


@contextmanager
def reading(name: str, seconds: float | None = None) -> Iterator[Any]:
    """A SQLAlchemy connection that only reads; what goes wrong in the block is explained."""
    from sqlalchemy.exc import DBAPIError

    engine = open_engine(name, seconds)
    try:
        with engine.connect() as session:
            yield session.execution_options(stream_results=True)
    except DBAPIError as error:
        raise explained(error, engine.dialect.name, name, address(name)) from None
    finally:
        engine.dispose()


def _query(session: Any, query: str, connection: str) -> OpenSource:
    # A percent sign of the user's is no placeholder.
    result = session.exec_driver_sql(query, execution_options={"no_parameters": True})
    if not result.returns_rows:
        raise StepFailure(
            "no-rows-in-query",
            f"The query on the connection {connection} gives no rows: it isn't a SELECT",
            "Write a query that reads",
        )
    columns = _found(result)

    def chunks(names: Sequence[str]) -> Iterator[Chunk]:
        present = [column.name for column in columns]
        yield from _pieces(result, [present.index(name) for name in names], names)

    return OpenSource("The query's result", columns, chunks)


def _table(session: Any, table: str, connection: str) -> OpenSource:
    import sqlalchemy

    schema, bare = _place(session, table, connection)
    everything = sqlalchemy.table(bare, schema=schema)
    star: Any = sqlalchemy.literal_column("*")
    first = session.execute(sqlalchemy.select(star).select_from(everything).limit(0))
    columns = _found(first)
    first.close()

    def chunks(names: Sequence[str]) -> Iterator[Chunk]:
        # Raw values: a type that SQL declares decides nothing here.
        wanted: list[Any] = [sqlalchemy.column(name) for name in names]
        chosen = sqlalchemy.table(bare, *wanted, schema=schema)
        result = session.execute(sqlalchemy.select(*wanted).select_from(chosen))
        yield from _pieces(result, range(len(names)), names)

    return OpenSource(f"The table {table}", columns, chunks)


def _place(session: Any, table: str, connection: str) -> tuple[str | None, str]:
    """The schema, if one is named, and the bare name."""
    import sqlalchemy

    inspector = sqlalchemy.inspect(session)
    schema, _, bare = table.rpartition(".")
    if schema and inspector.has_table(bare, schema=schema):
        return schema, bare
    if inspector.has_table(table):  # a dot may be part of the name
        return None, table
    known = inspector.get_table_names() + inspector.get_view_names()
    raise StepFailure(
        "missing-table",
        f'The connection {connection} has no table "{table}"',
        did_you_mean(table, known) or "It has no tables at all",
    )


def _pieces(result: Any, places: Sequence[int], names: Sequence[str]) -> Iterator[Chunk]:
    for rows in result.partitions(_ROWS):
        columns = tuple(zip(*rows, strict=True))
        yield {name: list(columns[at]) for name, at in zip(names, places, strict=True)}


# PostgreSQL's names of types, in the language's words.
_TYPES = {
    "int2": "int32",
    "int4": "int32",
    "int8": "int64",
    "float4": "float32",
    "float8": "float64",
    "numeric": "decimal",
    "text": "string",
    "varchar": "string",
    "bpchar": "string",
    "name": "string",
    "bool": "bool",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "json": "json",
    "jsonb": "json",
    "uuid": "uuid",
    "bytea": "bytes",
}


def _found(result: Any) -> tuple[Found, ...]:
    """The columns of a result; SQLite doesn't say of which type they are."""
    described = result.cursor.description or ()
    if result.dialect.name != "postgresql":
        return tuple(Found(item[0]) for item in described)
    return tuple(Found(item[0], _type(item[1])) for item in described)


def _type(oid: int) -> str:
    from psycopg import adapters

    info = adapters.types.get(oid)
    if info is None:  # an enum or a domain of the user's: what it holds decides
        return ""
    name = _TYPES.get(info.name, info.name)
    return f"list<{name}>" if oid == info.array_oid else name
