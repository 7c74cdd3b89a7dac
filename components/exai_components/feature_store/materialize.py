"""The newest values of a view to the online store, up to the newest timestamp of its data.

In: the view's name and the snapshot that was brought there before, if any. Out: what is there now.
An entity of which nothing was added, changed or taken away isn't touched; so rows that come late
reach the store however old they are, and a repetition after a kill, of the same data, writes the
same again. Live tables have no snapshot to compare with: what is gone there stays online.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exai_components.feature_store.online import write_rows
from exai_components.feature_store.rows import (
    Columns,
    columns_of,
    file_rows,
    last_time,
    newest,
    usable,
    view_rows,
)
from exai_components.outcome import StepFailure


def materialize(
    store: Any, name: str, before: Path | None, *, changed: bool, everything: bool = False
) -> dict[str, Any]:
    """Bring `name` up to date. `before` is the snapshot that is online now; `changed` says that
    the view means something else since, so that nothing that is online may stay; `everything`
    touches every entity, for a store that may have lost some.

    Answers `{"rows": entities that have a row, "written", "older", "newest"}`.
    """
    view = store.get_feature_view(name)
    columns = columns_of(view)
    table = usable(view_rows(store, view), columns, name)
    last = newest(table, columns)
    old = _earlier(before, columns)
    if old is None:
        touched, gone, start = last, frozenset[Any](), _first_time(table, columns)
    else:
        touched, gone, start = _difference(columns, table, last, old)
        if changed or everything:
            touched = last
    touched = _with_emptied(columns, touched, last, old)
    written = write_rows(store, view, columns, touched, gone=gone, always=changed)
    until = last_time(table, columns.timestamp)
    if written.rows and until is not None and start is not None:
        store.registry.apply_materialization(view, store.project, min(start, until), until)
    return {
        "rows": last.num_rows,
        "written": written.rows,
        "older": written.older,
        "newest": until.astimezone(UTC).isoformat() if until is not None else "",
    }


def _earlier(before: Path | None, columns: Columns) -> Any:
    """What was brought online before; None when it isn't known any more, or is of another form."""
    if before is None or not before.is_file():
        return None
    try:
        return file_rows(before, columns)
    except StepFailure:
        return None


def _difference(
    columns: Columns, table: Any, last: Any, old: Any
) -> tuple[Any, frozenset[Any], Any]:
    """The newest rows of entities of which some row is new or gone; the rows that are gone, by key
    and time; the earliest time among them all.
    """
    now, then = _hashes(table), _hashes(old)
    import numpy as np
    import pyarrow.compute as pc

    added = table.filter(~np.isin(now, then))
    removed = old.filter(~np.isin(then, now))
    keys = {*_keys(added, columns), *_keys(removed, columns)}
    touched = last.filter(_mask(key in keys for key in _keys(last, columns)))
    times = [part.column(columns.timestamp) for part in (added, removed) if part.num_rows]
    start = min((pc.min(part).as_py() for part in times), default=None)
    moments = removed.column(columns.timestamp).to_pylist()
    gone = frozenset(zip(_keys(removed, columns), map(_utc, moments), strict=True))
    return touched, gone, start


def _with_emptied(columns: Columns, touched: Any, last: Any, old: Any) -> Any:
    """And a row of nothing for each entity that had rows and has none any more: what training sees
    of it, too.
    """
    if old is None or not old.num_rows:
        return touched
    import pyarrow as pa

    left = set(_keys(last, columns))
    before = newest(old, columns)
    rest = before.filter(_mask(key not in left for key in _keys(before, columns)))
    empty = [
        rest.column(field.name).cast(field.type)
        if field.name in (*columns.keys, columns.timestamp, columns.created)
        else pa.nulls(rest.num_rows, field.type)
        for field in touched.schema
    ]
    return pa.concat_tables([touched, pa.Table.from_arrays(empty, schema=touched.schema)])


def _mask(flags: Iterable[bool]) -> Any:
    import pyarrow as pa

    return pa.array(list(flags), pa.bool_())


def _hashes(table: Any) -> Any:
    """A number for each row: equal rows have equal ones (64 bits: two others practically never)."""
    import pandas as pd

    frame = table.to_pandas()
    for name in frame.columns:
        if frame[name].dtype == object:
            frame[name] = frame[name].map(repr)
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()


def _keys(table: Any, columns: Columns) -> list[tuple[Any, ...]]:
    if not table.num_rows:
        return []
    return list(zip(*(table.column(key).to_pylist() for key in columns.keys), strict=True))


def _first_time(table: Any, columns: Columns) -> Any:
    import pyarrow.compute as pc

    return pc.min(table.column(columns.timestamp)).as_py()


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
