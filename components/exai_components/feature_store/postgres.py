"""A view's rows in a live PostgreSQL table or query, in full types.

In: Feast's configuration with a `postgres` offline store, its source, a view's columns. Out: an
Arrow table. Reads in one transaction that can't write; times without a zone are UTC.
"""

from typing import Any

from exai_components.column_types import BadValue, arrow_type, cast_column
from exai_components.feature_store.view_columns import Columns
from exai_components.outcome import StepFailure


def source_rows(config: Any, source: Any, columns: Columns, kinds: dict[str, Any]) -> Any:
    """All rows of `source`; `kinds` are the types of keys and features."""
    import pyarrow as pa
    from feast.infra.utils.postgres.connection_utils import _get_conn
    from psycopg import sql

    names = sql.SQL(", ").join(map(sql.Identifier, columns.all))
    # Feast's own text of a table or query, as all of its statements have it.
    place = sql.SQL(source.get_table_query_string())
    statement = sql.SQL("SELECT {} FROM {} AS rows").format(names, place)
    with _get_conn(config.offline_store) as connection, connection.cursor() as cursor:
        connection.read_only = True
        cursor.execute(statement)
        rows = cursor.fetchall()
    values = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns.all]
    arrays = {}
    for name, column in zip(columns.all, values, strict=True):
        kind = kinds.get(name, "timestamp")
        try:
            arrays[name] = cast_column(column, kind).cast(arrow_type(kind))
        except BadValue as bad:
            raise StepFailure(
                "ill-typed-value",
                f'{source.name}: column "{name}": {bad.value!r} is no {kind}',
                "Mend the source, or the column's type in the Dataset",
            ) from None
    return pa.table(arrays)
