"""A preview as JSON: figures of each column, and the first rows as objects."""

from __future__ import annotations

from exai_runtime.data_results import ColumnFigures, Preview
from exai_runtime.views.json.values import Plain
from exai_specs.frozen import thaw


def result(preview: Preview) -> Plain | None:
    """The `result` of the envelope."""
    if preview.exit_code:
        return None
    names = [column.name for column in preview.shown]
    return {
        "dataset": preview.dataset,
        "environment": preview.environment,
        "source": preview.where,
        "rows": preview.rows,
        "columns": [_column(column) for column in preview.columns],
        "sample": [
            dict(zip(names, (thaw(cell) for cell in row), strict=True)) for row in preview.sample
        ],
        "seconds": round(preview.seconds, 3),
    }


def _column(column: ColumnFigures) -> Plain:
    read = bool(column.declared) and column.there
    return {
        "name": column.name,
        "source": column.source or None,
        "declared": column.declared or None,
        "found": column.found or None,
        "there": column.there,
        "fits": column.fits if read else None,
        "masked": column.masked,
        "nulls": column.nulls if read else None,
        "distinct": column.distinct if read else None,
        "moreDistinct": column.more if read else None,
        "min": thaw(column.least),
        "max": thaw(column.most),
    }
