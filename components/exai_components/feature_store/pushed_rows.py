"""The rows of a file that somebody pushes: read, and typed as a whole or refused as a whole.

In: a CSV, JSON or Parquet file and the columns that a row has, with their types. Out: an Arrow
table. The first wrong value refuses all, with its row and column.
"""

import csv
import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from exai_components.column_types import TYPE_KEY, BadValue, arrow_type, cast_column
from exai_components.feature_store.view_columns import Columns
from exai_components.outcome import StepFailure, did_you_mean

_TEXTUAL = ("timestamp", "date", "decimal", "uuid")


def typed_rows(file: Path, kinds: Mapping[str, Any], columns: Columns) -> Any:
    """The rows of `file` in the types of `kinds`, which has every column that a row has."""
    return _typed(_read(file), kinds, columns, file.name)


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
    raise StepFailure(
        "unreadable-file",
        f"{file.name} is no .csv, .json, .jsonl or .parquet file",
        "Its name tells how it is read",
    )


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
