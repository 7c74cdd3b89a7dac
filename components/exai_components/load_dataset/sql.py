"""A table or query of a database as columns of raw values."""

from typing import Any

from exai_components.load_dataset.connection import open_engine
from exai_components.load_dataset.places import missing_column
from exai_components.outcome import StepFailure, did_you_mean


def read_sql(sql: dict[str, Any], wanted: tuple[str, ...]) -> dict[str, list[Any]]:
    """The wanted columns of `table` or `query` over `connection`, one list of values each."""
    import sqlalchemy
    from sqlalchemy.exc import DBAPIError

    name = str(sql.get("connection", ""))
    engine = open_engine(name)
    try:
        with engine.connect() as session:
            if sql.get("table"):
                result = session.execute(_select(session, str(sql["table"]), wanted, name))
            else:
                result = session.exec_driver_sql(str(sql.get("query", "")))
                _require(wanted, list(result.keys()), "The query's result")
            places = [list(result.keys()).index(column) for column in wanted]
            columns = tuple(zip(*result.fetchall(), strict=True)) or ((),) * len(result.keys())
            return {column: list(columns[at]) for column, at in zip(wanted, places, strict=True)}
    except DBAPIError as error:
        # An address or a lock may be good in a minute; what the database can't read never will be.
        refused = (
            sqlalchemy.exc.ProgrammingError,
            sqlalchemy.exc.DataError,
            sqlalchemy.exc.NotSupportedError,
        )
        syntax = engine.dialect.name == "sqlite" and "locked" not in str(error.orig)
        raise StepFailure(
            "database-error",
            f"The connection {name} answered: {str(error.orig).splitlines()[0]}",
            "See that the database is up, and that its user may read",
            final=isinstance(error, refused) or syntax,
        ) from None
    finally:
        engine.dispose()


def _select(session: Any, table: str, wanted: tuple[str, ...], connection: str) -> Any:
    """`SELECT wanted FROM table` with raw values: a type that SQL declares decides nothing here."""
    import sqlalchemy

    inspector = sqlalchemy.inspect(session)
    schema, _, bare = table.rpartition(".")
    if not inspector.has_table(bare, schema=schema or None):
        schema, bare = "", table  # a dot may be part of the name
        if not inspector.has_table(bare):
            known = inspector.get_table_names() + inspector.get_view_names()
            raise StepFailure(
                "missing-table",
                f'The connection {connection} has no table "{table}"',
                did_you_mean(table, known),
            )
    present = [column["name"] for column in inspector.get_columns(bare, schema=schema or None)]
    _require(wanted, present, f"The table {table}")
    columns: list[Any] = [sqlalchemy.column(name) for name in wanted]
    return sqlalchemy.select(*columns).select_from(
        sqlalchemy.table(bare, *columns, schema=schema or None)
    )


def _require(wanted: tuple[str, ...], present: list[str], where: str) -> None:
    for name in wanted:
        if name not in present:
            raise missing_column(name, present, where)
