"""Rows under headings, aligned. Columns in which every cell is empty are left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exai_runtime.views.human.paint import Paint, pad, width


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    paint: Paint,
    indent: str = "",
    right: Sequence[str] = (),
) -> Iterator[str]:
    """The lines of a table; the columns whose heading is in `right` align to the right."""
    used = [i for i in range(len(headings)) if any(row[i] for row in rows)]
    widths = {i: max(width(headings[i]), *(width(row[i]) for row in rows)) for i in used}

    def line(cells: Sequence[str], dim: bool = False) -> str:
        filled = [
            " " * (widths[i] - width(cells[i])) + cells[i]
            if headings[i] in right
            else pad(cells[i], widths[i])
            for i in used
        ]
        text = "  ".join(filled).rstrip()
        return indent + (paint.dim(text) if dim else text)

    if rows:
        yield line(headings, dim=True)
    yield from (line(row) for row in rows)
