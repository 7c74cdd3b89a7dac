"""The rows of a view at its source, and what must hold for them.

In: a Feast view. Out: an Arrow table of its keys, timestamps and features, in full types. Never
guesses which of two rows holds: two of one entity at one time are a failure that names them.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from exai_components.feature_store.kinds import kind_of
from exai_components.feature_store.view_columns import Columns, columns_of
from exai_components.outcome import StepFailure

_SHOWN = 10


def stored_views(store: Any) -> dict[str, Any]:
    """The views by name whose values are kept: Feast keeps those with a stream apart."""
    views = (*store.list_feature_views(), *store.list_stream_feature_views())
    return {view.name: view for view in views}


def stored_view(store: Any, name: str) -> Any:
    """One of them. Feast's FeatureViewNotFoundException when there is none."""
    found = stored_views(store)
    return found[name] if name in found else store.get_feature_view(name)


def view_rows(store: Any, view: Any, wanted: Columns | None = None) -> Any:
    """All that the source has now of the view's columns, or of those that are `wanted`."""
    from feast.infra.offline_stores.file_source import FileSource

    source, columns = view.batch_source, wanted or columns_of(view)
    if isinstance(source, FileSource):
        path = FileSource.get_uri_for_file_path(
            repo_path=store.config.repo_path, uri=source.file_options.uri
        )
        return file_rows(Path(path), columns)
    from exai_components.feature_store.postgres import source_rows

    fields = (*view.entity_columns, *view.features)
    kinds = {field.name: kind_of(field.dtype) for field in fields}
    return source_rows(store.config, source, columns, kinds)


def file_rows(path: Path, columns: Columns) -> Any:
    """The rows of a Parquet snapshot."""
    from exai_components.parquet_file import read_table

    return timed(read_table(str(path.resolve()), columns.all).select(columns.all), columns)


def timed(table: Any, columns: Columns) -> Any:
    """The table with times where its Dataset has dates: a day begins at midnight, UTC."""
    import pyarrow as pa

    from exai_components.column_types import arrow_type

    for name in filter(None, (columns.timestamp, columns.created)):
        if pa.types.is_date(table.schema.field(name).type):
            at = table.schema.get_field_index(name)
            table = table.set_column(at, name, table.column(name).cast(arrow_type("timestamp")))
    return table


def usable(table: Any, columns: Columns, name: str, pushed: Path | None = None) -> Any:
    """Rows of some entity; a final failure when one has no time, or two have the same.

    A row without its whole key is nobody's, and left out. `pushed` is the file of pushed rows that
    are among them, if there is one.
    """
    import pyarrow.compute as pc

    table = timed(table, columns)
    for key in columns.keys:
        table = table.filter(pc.is_valid(table.column(key)))
    if untimed := _keys_where(table, columns.keys, pc.is_null(table.column(columns.timestamp))):
        raise StepFailure(
            "missing-timestamp",
            f"{name}: {_shown(untimed)} has no {columns.timestamp}",
            "A feature needs the time at which it was true",
            rows=untimed,
        )
    if twice := _twice(table, columns):
        if foreign := _pushed_among(twice, pushed, columns):
            raise contradicted(name, foreign, kept=True)
        twice = list(map(_plain_row, twice))
        raise StepFailure(
            "duplicate-timestamp",
            f"{name}: {_shown(twice)} comes more than once, so which value holds isn't known",
            "Keep one row for each entity and time, or give the Dataset `created`: then the one "
            "that was written last holds"
            if not columns.created
            else f"Keep one row for each entity, {columns.timestamp} and {columns.created}",
            rows=twice,
        )
    return table


def contradicted(name: str, rows: Iterable[dict[str, Any]], *, kept: bool = False) -> StepFailure:
    """Rows that are to be pushed, or were and are `kept`, and that the data has otherwise."""
    told = list(map(_plain_row, rows))
    if not kept:
        return StepFailure(
            "pushed-conflict",
            f"{name}: the data has {_shown(told)} with other values",
            "A correction has a later timestamp, or is made where the data comes from; nothing was "
            "pushed",
            rows=told,
        )
    return StepFailure(
        "pushed-conflict",
        f"{name}: {_shown(told)} was pushed with other values than the data has",
        "Push it with the data's values, which replaces what was pushed before, or mend the data",
        rows=told,
    )


def newest(table: Any, columns: Columns) -> Any:
    """The row of each entity that holds at the end: the last by time, then by when it was
    written."""
    order = [columns.timestamp, *((columns.created,) if columns.created else ())]
    frame = table.select(list(dict.fromkeys((*columns.keys, *order)))).to_pandas()
    kept = frame.sort_values(order, kind="stable", na_position="first").drop_duplicates(
        list(columns.keys), keep="last"
    )
    return table.take(kept.index.to_numpy())


def last_time(table: Any, timestamp: str) -> Any:
    """The newest timestamp; None when there is no row."""
    import pyarrow.compute as pc

    return pc.max(table.column(timestamp)).as_py() if table.num_rows else None


def _twice(table: Any, columns: Columns) -> list[dict[str, Any]]:
    """The identities of rows that come more than once, the first few."""
    identity = list(columns.identity)
    frame = table.select(identity).to_pandas()
    double = frame.duplicated(identity, keep="first")
    shown = frame[double].drop_duplicates().head(_SHOWN)
    return [dict(row) for row in shown.to_dict("records")]


def _pushed_among(
    rows: list[dict[str, Any]], pushed: Path | None, columns: Columns
) -> list[dict[str, Any]]:
    if pushed is None or not pushed.exists():
        return []
    from exai_components.parquet_file import read_table

    identity = tuple(rows[0])
    known = timed(read_table(str(pushed), identity).select(identity), columns).to_pandas()
    there = {tuple(row.values()) for row in known.to_dict("records")}
    return [row for row in rows if tuple(row.values()) in there]


def _plain_row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items()}


def _keys_where(table: Any, keys: Sequence[str], mask: Any) -> list[dict[str, Any]]:
    return list(table.filter(mask).select(list(keys)).slice(0, _SHOWN).to_pylist())


def _shown(rows: Sequence[dict[str, Any]]) -> str:
    first = ", ".join(f"{name} {value}" for name, value in rows[0].items())
    return first if len(rows) == 1 else f"{first} (and {len(rows) - 1} more)"


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
