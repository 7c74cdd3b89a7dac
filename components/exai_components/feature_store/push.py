"""Rows that somebody pushes to a view: typed as a whole, then written, or refused as a whole.

In: a CSV, JSON or Parquet file and the columns that the view takes with their types. Out: what was
written. The first wrong value refuses all, with its row and column.
"""

import csv
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from exai_components.column_types import TYPE_KEY, BadValue, arrow_type, cast_column
from exai_components.feature_store.online import write_rows
from exai_components.feature_store.rows import (
    Columns,
    columns_of,
    conflicting,
    file_rows,
    last_time,
    newest,
    stored_view,
    usable,
)
from exai_components.outcome import StepFailure, did_you_mean
from exai_components.parquet_file import read_table, write_table

_SKEW = timedelta(minutes=5)  # what the clocks of two machines may differ by
_TEXTUAL = ("timestamp", "date", "decimal", "uuid")


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
    table = _typed(_read(file), kinds, columns, file.name)
    checked = usable(table, columns, name)
    _past(table, columns, now, file.name)
    _agreeing(table, columns, data, offline, name)
    if offline is not None:
        _keep(store, view, columns, table, offline)
    written = write_rows(store, view, columns, newest(checked.select(columns.all), columns))
    last = _moment(last_time(table, columns.timestamp))
    return {
        "rows": table.num_rows,
        "written": written.rows,
        "older": written.older,
        "newest": last.isoformat(),
    }


def _read(file: Path) -> tuple[list[dict[str, Any]], bool]:
    """The rows, and whether their values are text that stands for something else."""
    suffix = file.suffix.lower()
    try:
        if suffix == ".csv":
            with file.open(encoding="utf-8-sig", newline="") as stream:
                rows = [
                    {key: value if value != "" else None for key, value in row.items()}
                    for row in csv.DictReader(stream, strict=True)
                ]
            return rows, True
        if suffix == ".parquet":
            import pyarrow.parquet as pq

            return pq.read_table(file).to_pylist(), False
        if suffix in (".json", ".jsonl", ".ndjson"):
            text = file.read_text(encoding="utf-8")
            lines = suffix != ".json"
            value = (
                [json.loads(line) for line in text.splitlines() if line.strip()]
                if lines
                else (json.loads(text))
            )
            rows = value if isinstance(value, list) else [value]
            if all(isinstance(row, dict) for row in rows):
                return rows, False
            raise ValueError("it is no list of objects")
    except (OSError, ValueError, csv.Error) as error:
        raise StepFailure(
            "unreadable-file", f"{file.name} can't be read: {error}", "It must hold rows by column"
        ) from None
    raise StepFailure("unreadable-file", f"{file.name} is no .csv, .json, .jsonl or .parquet file")


def _typed(
    read: tuple[list[dict[str, Any]], bool], kinds: Mapping[str, Any], columns: Columns, file: str
) -> Any:
    import pyarrow as pa

    rows, text = read
    if not rows:
        raise StepFailure("empty-table", f"{file} has no rows", "Push at least one")
    for number, row in enumerate(rows, 1):
        _named(row, kinds, number, file)
    arrays, fields = [], []
    for name, kind in kinds.items():
        values = [row[name] for row in rows]
        for number, value in enumerate(values, 1):
            needed = name in (*columns.keys, columns.timestamp)
            if value is None and needed:
                raise _refused(file, number, name, "is missing", kind)
            if value is not None and not (text or _fits(value, kind)):
                raise _refused(file, number, name, f"{_shown(value)} is no {_called(kind)}", kind)
        try:
            arrays.append(cast_column(values, kind).cast(arrow_type(kind)))
        except BadValue as bad:
            wrong = f"{_shown(bad.value)} is no {_called(kind)}"
            raise _refused(file, bad.at + 1, name, wrong, kind) from None
        metadata = {TYPE_KEY: kind.encode()} if isinstance(kind, str) else {}
        fields.append(pa.field(name, arrow_type(kind), metadata=metadata))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


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


def _agreeing(
    table: Any, columns: Columns, data: Path | None, offline: Path | None, name: str
) -> None:
    """No row that the data has with other values: training would see those, and services these."""
    if data is None or not data.is_file():
        return
    there = {
        tuple(row[each] for each in columns.identity): row
        for row in file_rows(data, columns).to_pylist()
    }
    # What was pushed before is in the data, and may be corrected by another push.
    kept = _identities(offline, columns)
    wrong = []
    for row in table.select(columns.all).to_pylist():
        identity = tuple(row[each] for each in columns.identity)
        known = there.get(identity)
        if known is not None and identity not in kept and repr(known) != repr(row):
            wrong.append({each: row[each] for each in columns.identity})
    if wrong:
        raise conflicting(name, wrong)


def _identities(file: Path | None, columns: Columns) -> set[Any]:
    if file is None or not file.exists():
        return set()
    rows = read_table(str(file), columns.identity).select(columns.identity).to_pylist()
    return {tuple(row.values()) for row in rows}


def _moment(value: datetime | date) -> datetime:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _named(row: Mapping[str, Any], kinds: Mapping[str, Any], number: int, file: str) -> None:
    """Every row has every column, and no other."""
    for name in row:
        if name not in kinds:
            raise StepFailure(
                "unknown-column",
                f'{file}, row {number}: there is no column "{name}" in the view\'s dataset',
                did_you_mean(str(name), kinds),
                rows=[{"row": number}],
            )
    for name in kinds:
        if name not in row:
            raise StepFailure(
                "missing-column",
                f'{file}, row {number}: the column "{name}" is missing',
                f"A row has all of {', '.join(kinds)}",
                rows=[{"row": number}],
            )


def _fits(value: Any, kind: Any) -> bool:
    """Is a value, as JSON or Parquet types it, one of this kind? Text is never taken for a number,
    nor the other way round.
    """
    match kind:
        case "bool":
            return isinstance(value, bool)
        case "int32" | "int64":
            whole = isinstance(value, float) and value.is_integer()
            return (isinstance(value, int) or whole) and not isinstance(value, bool)
        case "float32" | "float64":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case str() if kind in _TEXTUAL:
            return isinstance(value, str | datetime | date) or not isinstance(
                value, bool | int | float | list | dict
            )
    return True


def _keep(store: Any, view: Any, columns: Columns, table: Any, offline: Path) -> None:
    """To the offline store: with Parquet files beside the snapshots, which take it in; else by
    Feast's own store.
    """
    from feast.infra.offline_stores.file_source import FileSource

    if not isinstance(view.batch_source, FileSource):
        store.write_to_offline_store(view.name, table.to_pandas())
        return
    import pyarrow as pa

    if offline.exists():
        kept = read_table(str(offline), tuple(table.column_names))
        # What is pushed again holds instead of what was pushed before.
        new = {tuple(row.values()) for row in table.select(columns.identity).to_pylist()}
        stays = [
            tuple(row.values()) not in new for row in kept.select(columns.identity).to_pylist()
        ]
        table = pa.concat_tables([kept.filter(pa.array(stays, pa.bool_())), table])
    fresh = offline.with_name(f".{offline.name}.new")
    write_table(table, str(fresh))
    fresh.replace(offline)


def _refused(file: str, number: int, name: str, wrong: str, kind: Any) -> StepFailure:
    return StepFailure(
        "ill-typed-value",
        f'{file}, row {number}, column "{name}": {wrong}',
        f"{name} is of type {_called(kind)}; nothing was pushed",
        rows=[{"row": number, "column": name}],
    )


def _called(kind: Any) -> str:
    return kind if isinstance(kind, str) else json.dumps(kind)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
