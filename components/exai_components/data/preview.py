"""The first rows of a dataset, and figures of each declared column, in one pass over the data.

In: a Dataset as load-dataset gets it, how many rows to show, the columns to mask. Out: plain
values for JSON. Keeps one piece of the data at a time; of a column that nobody declared it says
that it is there, and reads nothing of it. Of a masked column no value leaves this module.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from exai_components.column_types import BadValue, cast_column, declared_type
from exai_components.load_dataset.declared import Column, read_declared
from exai_components.load_dataset.drift import fits, type_name
from exai_components.load_dataset.sources import open_source

COUNTED = 10_000  # distinct values; of more it is only said that there are more
MASK = "***"
_LONGEST = 200  # characters of a text
_PIECE = 1 << 16  # rows that are looked at in one go


@dataclass(slots=True)
class _Figures:
    """What is known of a column so far. Mutable: it sees one piece after another."""

    nulls: int = 0
    distinct: set[Any] = field(default_factory=set)
    least: Any = None
    most: Any = None
    types: dict[str, None] = field(default_factory=dict)
    ranged: bool = True


def preview(
    dataset: dict[str, Any], rows: int, masked: tuple[str, ...], seconds: float | None
) -> dict[str, Any]:
    """`{"where", "rows", "columns": [...], "sample": [[cell, ...]]}`; columns that aren't there
    and columns that nobody declared are among `columns`.
    """
    declared = read_declared(dataset)
    with open_source(declared.source, guess=True, seconds=seconds) as source:
        there = {column.name: column.type for column in source.columns}
        shown = [column for column in declared.columns if column.source in there]
        figures = {column.name: _Figures() for column in shown}
        names = tuple(dict.fromkeys(column.source for column in shown))
        sample: list[list[Any]] = []
        total = 0
        # Without a single declared column the rows are counted all the same.
        for chunk in source.chunks(names or source.names[:1]):
            total += len(next(iter(chunk.values())))
            arrays = {column.name: _array(chunk[column.source]) for column in shown}
            for column in shown:
                _take(figures[column.name], arrays[column.name])
            missing = rows - len(sample)
            if missing > 0:
                sample += _rows(arrays, shown, masked, missing)
        columns = [
            _told(column, figures.get(column.name), there.get(column.source), column.name in masked)
            for column in declared.columns
        ]
        used = {column.source for column in declared.columns}
        columns += [
            {"name": name, "declared": "", "source": "", "found": kind, "there": True}
            for name, kind in there.items()
            if name not in used
        ]
        return {"where": source.where, "rows": total, "columns": columns, "sample": sample}


def _array(values: Any) -> Any:
    """Arrow's array of raw values; as text where they are of several types (SQLite)."""
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        return values
    if not isinstance(values, pa.Array):
        try:
            values = pa.array(values)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            values = pa.array([None if one is None else str(one) for one in values], pa.string())
    return pa.chunked_array([values])


def _take(figures: _Figures, values: Any) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    figures.nulls += values.null_count
    if pa.types.is_floating(values.type):
        nan = pc.is_nan(values)
        figures.nulls += pc.sum(nan).as_py() or 0
        values = pc.if_else(nan, pa.scalar(None, values.type), values)
    if pa.types.is_null(values.type) or values.null_count == len(values):
        return
    figures.types[declared_type(pa.field("", values.type))] = None
    plain = not pa.types.is_nested(values.type)
    if plain and figures.ranged and not pa.types.is_boolean(values.type):
        _widen(figures, values)
    for start in range(0, len(values), _PIECE):
        if len(figures.distinct) > COUNTED:
            break
        piece = values.slice(start, _PIECE)
        ones = pc.unique(piece).to_pylist() if plain else map(str, piece.to_pylist())
        figures.distinct.update(one for one in ones if one is not None)


def _widen(figures: _Figures, values: Any) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        least, most = pc.min_max(values).as_py().values()
        figures.least = least if figures.least is None else min(least, figures.least)
        figures.most = most if figures.most is None else max(most, figures.most)
    except (pa.ArrowException, TypeError):  # of such a type, or of several, there is no range
        figures.ranged, figures.least, figures.most = False, None, None


def _rows(
    arrays: dict[str, Any], shown: list[Column], masked: tuple[str, ...], many: int
) -> list[list[Any]]:
    cells = [
        [MASK] * len(arrays[column.name][:many])
        if column.name in masked
        else [plain(one) for one in arrays[column.name][:many].to_pylist()]
        for column in shown
    ]
    return [list(row) for row in zip(*cells, strict=True)]


def _told(
    column: Column, figures: _Figures | None, found: str | None, masked: bool
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": column.name,
        "declared": type_name(column.type),
        "source": column.source,
        "there": figures is not None,
        "found": found or (" or ".join(figures.types) if figures is not None else ""),
        "masked": masked,
    }
    if figures is None:
        return told
    hidden = masked or not figures.ranged
    return told | {
        "fits": fits(column.type, found or "") and _castable(column, figures),
        "nulls": figures.nulls,
        "distinct": min(len(figures.distinct), COUNTED),
        "more": len(figures.distinct) > COUNTED,
        "least": None if hidden else plain(figures.least),
        "most": None if hidden else plain(figures.most),
    }


def _castable(column: Column, figures: _Figures) -> bool:
    """Whether the smallest and largest value can become the declared type; CSV and SQLite say no
    more.
    """
    ends = [one for one in (figures.least, figures.most) if one is not None]
    try:
        cast_column(ends, column.type)
    except BadValue:
        return False
    return True


def plain(value: Any) -> Any:
    """A value for JSON: what JSON has none for is text."""
    match value:
        case None | bool() | int():
            return value if value is None or -(2**53) <= value <= 2**53 else str(value)
        case float():
            return value if value - value == 0 else None
        case str():
            return value if len(value) <= _LONGEST else value[:_LONGEST] + "..."
        case bytes():
            return f"<{len(value)} bytes>"
        case datetime() | date():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
        case dict():
            return {str(key): plain(one) for key, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
    return plain(str(value))
