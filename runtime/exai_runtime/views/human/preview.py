"""A preview as text: a line for each column, then the first rows as far as they fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exai_runtime.data_results import ColumnFigures, Preview
from exai_runtime.views.human.paint import Paint, width
from exai_runtime.views.human.table import table
from exai_runtime.views.human.words import count, value_text
from exai_specs.frozen import Json

_LONGEST = 32  # characters of a cell


def lines(preview: Preview, columns: int, paint: Paint) -> Iterator[str]:
    """`columns` is how wide the terminal is: what doesn't fit beside it is named below."""
    if not preview.columns:
        return
    where = preview.where[:1].lower() + preview.where[1:]
    yield f"{paint.bold(f'Dataset/{preview.dataset}')} ({_clean(where)}): {_rows(preview.rows)}"
    yield ""
    headings = ("COLUMN", "DECLARED", "FOUND", "NULLS", "DISTINCT", "RANGE")
    rows = [_figures(one, paint) for one in preview.columns]
    yield from table(headings, rows, paint, right=("NULLS", "DISTINCT"))
    if not preview.sample:
        return
    yield ""
    cells = [[_cell(cell) for cell in row] for row in preview.sample]
    names = [_cut(_clean(column.name)) for column in preview.shown]
    fitting = _fitting(names, cells, columns)
    number = len(preview.sample)
    yield paint.bold("First row" if number == 1 else f"First {number} rows")
    yield from table(names[:fitting], [row[:fitting] for row in cells], paint, indent="  ")
    if fitting < len(names):
        rest = ", ".join(names[fitting:])
        more = count(len(names) - fitting, "more column")
        yield paint.dim(f"  and {more}: {_cut(rest, columns - 22)}")


def _figures(column: ColumnFigures, paint: Paint) -> tuple[str, ...]:
    name = _cut(_clean(column.name))
    found = _cut(_clean(column.found))
    if not column.declared:
        return (name, paint.dim("not declared"), found, "", "", "")
    if not column.there:
        source = f" {_clean(column.source)}" if column.source != column.name else ""
        return (name, column.declared, paint.red(f"no such column{source}"), "", "", "")
    return (
        name,
        column.declared,
        found if column.fits else paint.red(f"{found}, not {column.declared}"),
        str(column.nulls),
        f"{column.distinct}{'+' if column.more else ''}",
        _range(column),
    )


def _range(column: ColumnFigures) -> str:
    if column.masked:
        return "masked"
    if column.least is None or column.most is None:
        return ""
    if column.least == column.most:
        return _cell(column.least)
    return f"{_cell(column.least)} to {_cell(column.most)}"


def _cell(value: Json) -> str:
    match value:
        case None:
            return "-"
        case str():
            return _cut(_clean(value))
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:.10g}" if isinstance(value, float) else str(value)
        case _:
            return _cut(_clean(value_text(value)))


def _clean(text: str) -> str:
    """Line breaks, controls and marks that reorder text as escapes: a cell stays in its line."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )


def _cut(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else text[: max(1, longest - 3)] + "..."


def _fitting(names: Sequence[str], cells: Sequence[Sequence[str]], columns: int) -> int:
    """How many columns stand beside one another; one always does."""
    used = 0
    for at, name in enumerate(names):
        used += 2 + max(width(name), *(width(row[at]) for row in cells))
        if used > columns and at:
            return at
    return len(names)


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"
