"""Rows that somebody pushes to a view: written, or refused as a whole.

In: a file and the columns that the view takes with their types. Out: what was written. Refuses rows
of the future, and rows that contradict the data.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from exai_components.feature_store.online import write_rows
from exai_components.feature_store.pushed_rows import typed_rows
from exai_components.feature_store.rows import (
    contradicted,
    file_rows,
    last_time,
    newest,
    stored_view,
    timed,
    usable,
)
from exai_components.feature_store.view_columns import Columns, columns_of
from exai_components.half_written import half_written
from exai_components.outcome import StepFailure
from exai_components.parquet_file import read_table, write_table

_SKEW = timedelta(minutes=5)  # what the clocks of two machines may differ by


def push(
    store: Any,
    name: str,
    file: Path,
    kinds: Mapping[str, Any],
    offline: Path | None,
    *,
    now: datetime,
    data: Path | None = None,
) -> dict[str, Any]:
    """Write the rows of `file` to the online store, and to `offline` if given.

    `kinds` are the columns of the view's dataset that a row must have. A row of a time after `now`
    is refused, but for what clocks may differ by; so is one that `data`, the rows that are online,
    has with other values. Answers `{"rows", "written", "older", "newest"}`: `older` rows are older
    than what is online, and change nothing there; `newest` is the last time among all.
    """
    view = stored_view(store, name)
    columns = columns_of(view)
    table = typed_rows(file, kinds, columns)
    checked = usable(table, columns, name)
    _past(table, columns, now, file.name)
    new = _beside(table, columns, data, offline, name)
    if offline is not None and new.num_rows:
        _keep(columns, new, offline)
    written = write_rows(store, view, columns, newest(checked.select(columns.all), columns))
    last = _moment(last_time(table, columns.timestamp))
    return {
        "rows": table.num_rows,
        "written": written.rows,
        "older": written.older,
        "newest": last.isoformat(),
    }


def _past(table: Any, columns: Columns, now: datetime, file: str) -> None:
    for number, value in enumerate(table.column(columns.timestamp).to_pylist(), 1):
        if (moment := _moment(value)) > now + _SKEW:
            raise StepFailure(
                "future-timestamp",
                f'{file}, row {number}, column "{columns.timestamp}": {moment.isoformat()} is in '
                "the future",
                "It would hide whatever comes before that time; push it when it is true; nothing "
                "was pushed",
                rows=[{"row": number, "column": columns.timestamp}],
            )


def _beside(
    table: Any, columns: Columns, data: Path | None, offline: Path | None, name: str
) -> Any:
    """The rows that the data doesn't have. None may be there with other values: training would see
    those, and services these.
    """
    if data is None or not data.is_file():
        return table
    import pyarrow as pa

    there = {
        tuple(row[each] for each in columns.identity): row
        for row in file_rows(data, columns).to_pylist()
    }
    # What was pushed before is in the data, and may be corrected by another push.
    for identity in _identities(offline, columns):
        there.pop(identity, None)
    new, wrong = [], []
    for row in timed(table.select(columns.all), columns).to_pylist():
        known = there.get(tuple(row[each] for each in columns.identity))
        new.append(known is None)
        if known is not None and repr(known) != repr(row):
            wrong.append({each: row[each] for each in columns.identity})
    if wrong:
        raise contradicted(name, wrong)
    return table.filter(pa.array(new, pa.bool_()))


def _identities(file: Path | None, columns: Columns) -> set[Any]:
    if file is None or not file.exists():
        return set()
    rows = timed(read_table(str(file), columns.identity).select(columns.identity), columns)
    return {tuple(row.values()) for row in rows.to_pylist()}


def _moment(value: datetime | date) -> datetime:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _keep(columns: Columns, table: Any, offline: Path) -> None:
    """Beside the snapshots, which take it in. What lies in a PostgreSQL can't be kept so: Feast's
    store there takes no rows.
    """
    import pyarrow as pa

    if offline.exists():
        kept = read_table(str(offline), tuple(table.column_names))
        # What is pushed again holds instead of what was pushed before.
        new = {tuple(row.values()) for row in table.select(columns.identity).to_pylist()}
        stays = [
            tuple(row.values()) not in new for row in kept.select(columns.identity).to_pylist()
        ]
        table = pa.concat_tables([kept.filter(pa.array(stays, pa.bool_())), table])
    with half_written(offline.parent) as fresh:
        write_table(table, str(fresh))
        fresh.replace(offline)
