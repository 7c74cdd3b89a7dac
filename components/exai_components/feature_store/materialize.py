"""The newest values of a view to the online store, up to the newest timestamp of its data.

In: the view's name, the file of its rows, the files that were brought there before. Out: what is
there now. An entity of which nothing was added, changed or taken away isn't touched; so rows that
come late reach the store however old they are. Of what was begun and never finished nobody knows
how far it came: whatever differs from it is written, too, and what it alone had is emptied.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exai_components.feature_store.marks import is_marked, mark
from exai_components.feature_store.online import write_rows
from exai_components.feature_store.rows import (
    file_rows,
    last_time,
    newest,
    stored_view,
    usable,
    view_rows,
)
from exai_components.feature_store.view_columns import Columns, columns_of
from exai_components.outcome import StepFailure


def materialize(
    store: Any,
    name: str,
    before: Path | None,
    *,
    rows: Path | None = None,
    begun: Sequence[Path] = (),
    pushed: Path | None = None,
    changed: bool = False,
    everything: bool = False,
) -> dict[str, Any]:
    """Bring `name` up to date with `rows`, a file; without one, with what its source has.

    `before` is the file that is online now, `begun` are those that may be in part. `pushed` is the
    file of the pushed rows among the rows. `changed` says that the view means something else since,
    so that nothing that is online may stay. `everything` compares each entity with what is online,
    and writes what differs; so it is for a store that has lost something.

    Answers `{"rows": entities that have a row, "written", "older", "newest", "lost"}`; `lost` is a
    store that doesn't have what was brought there before, if anything was.
    """
    view = stored_view(store, name)
    columns = columns_of(view)
    source = file_rows(rows, columns) if rows is not None else view_rows(store, view)
    table = usable(source, columns, name, pushed)
    last = newest(table, columns)
    lost = not is_marked(store, name)
    finished = _earlier(before, columns)
    earlier = [found for file in (before, *begun) if (found := _earlier(file, columns)) is not None]
    # Only beside what is online as a whole a part of the rows is enough.
    known = finished is not None and _whole(finished, columns)
    touched, gone, start = _difference(columns, table, last, earlier)
    if not known or changed or everything or lost:
        touched, start = last, _first_time(table, columns)
    how: dict[str, Any] = {"gone": gone, "always": changed, "compare": everything or lost}
    written = write_rows(store, view, columns, touched, **how)
    emptied = write_rows(store, view, columns, _emptied(columns, last, earlier), there=True, **how)
    mark(store, name)
    until = last_time(table, columns.timestamp)
    if (written.rows or emptied.rows) and until is not None and start is not None:
        store.registry.apply_materialization(view, store.project, min(start, until), until)
    return {
        "rows": last.num_rows,
        "written": written.rows + emptied.rows,
        "older": written.older + emptied.older,
        "newest": until.astimezone(UTC).isoformat() if until is not None else "",
        "lost": lost,
    }


def _earlier(file: Path | None, columns: Columns) -> Any:
    """What was brought online before; of a view that took other columns then, whose it was and
    when. None when it isn't known any more.
    """
    if file is None or not file.is_file():
        return None
    for wanted in (columns, Columns(columns.keys, columns.timestamp, columns.created, ())):
        try:
            return file_rows(file, wanted)
        except StepFailure:
            continue
    return None


def _whole(old: Any, columns: Columns) -> bool:
    return set(columns.all) <= set(old.column_names)


def _difference(
    columns: Columns, table: Any, last: Any, earlier: Sequence[Any]
) -> tuple[Any, frozenset[Any], Any]:
    """The newest rows of entities of which some row is new or gone, beside any of the `earlier`
    tables; the rows that are gone, by key and time; the earliest time among them all.
    """
    import numpy as np
    import pyarrow.compute as pc

    now = _hashes(table)
    keys: set[Any] = set()
    gone: set[Any] = set()
    times = []
    for old in earlier:
        if _whole(old, columns):
            then = _hashes(old)
            added, removed = table.filter(~np.isin(now, then)), old.filter(~np.isin(then, now))
        else:
            added, removed = table, old
        lost = _keys(removed, columns)
        keys |= {*_keys(added, columns), *lost}
        gone |= set(zip(lost, _moments(removed, columns), strict=True))
        times += [part.column(columns.timestamp) for part in (added, removed) if part.num_rows]
    touched = last.filter(_mask(key in keys for key in _keys(last, columns)))
    start = min((pc.min(part).as_py() for part in times), default=None)
    return touched, frozenset(gone), start


def _emptied(columns: Columns, last: Any, earlier: Sequence[Any]) -> Any:
    """A row of nothing for each entity that had rows and has none any more: what training sees of
    it, too.
    """
    import pyarrow as pa

    left = set(_keys(last, columns))
    identity = list(columns.identity)
    types = pa.schema([last.schema.field(name) for name in identity])
    known = [types.empty_table(), *(old.select(identity).cast(types) for old in earlier)]
    before = newest(pa.concat_tables(known), columns)
    rest = before.filter(_mask(key not in left for key in _keys(before, columns)))
    empty = [
        rest.column(field.name) if field.name in identity else pa.nulls(rest.num_rows, field.type)
        for field in last.schema
    ]
    return pa.Table.from_arrays(empty, schema=last.schema)


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


def _moments(table: Any, columns: Columns) -> list[datetime]:
    return list(map(_utc, table.column(columns.timestamp).to_pylist()))


def _first_time(table: Any, columns: Columns) -> Any:
    import pyarrow.compute as pc

    return pc.min(table.column(columns.timestamp)).as_py()


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
