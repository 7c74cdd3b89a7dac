"""On-demand features of a table: one way for training and for a look-up.

In: a Feast on-demand view and the columns that it declares as its sources. Out: its features, in
their declared types. A function sees its own sources and nothing else, in training as in serving.
"""

from collections.abc import Mapping
from typing import Any

from exai_components.column_types import BadValue, arrow_type, cast_column
from exai_components.feature_store.kinds import kind_of
from exai_components.outcome import StepFailure


def wanted_of(transform: Any) -> dict[str, tuple[str, ...]]:
    """The features of each view that a transform takes."""
    return {
        projection.name: tuple(field.name for field in projection.features)
        for projection in transform.source_feature_view_projections.values()
    }


def request_of(transform: Any) -> dict[str, Any]:
    """The columns that a transform takes of the request, and their types."""
    return {
        field.name: kind_of(field.dtype)
        for source in transform.source_request_sources.values()
        for field in source.schema
    }


def computed(transform: Any, columns: Mapping[str, Any], rows: int) -> dict[str, Any]:
    """The features of `transform` as Arrow columns, from Arrow columns of its sources."""
    import pyarrow as pa

    taken = {
        field.name: (columns[field.name], kind_of(field.dtype))
        for projection in transform.source_feature_view_projections.values()
        for field in projection.features
    }
    for name, kind in request_of(transform).items():
        taken[name] = (columns[name], kind)
    table = pa.table(
        {name: pa.chunked_array([_flat(c).cast(arrow_type(k))]) for name, (c, k) in taken.items()}
    )
    try:
        made = transform.transform_arrow(table)
    except Exception as error:
        raise StepFailure(
            "failed-transform",
            f"The transform {transform.name} raised {type(error).__name__}: {error}",
            "It gets missing values, too: see that it can",
        ) from None
    return {field.name: _feature(transform.name, made, field, rows) for field in transform.features}


def _feature(transform: str, made: Any, field: Any, rows: int) -> Any:
    if field.name not in made.column_names:
        raise StepFailure(
            "failed-transform",
            f"The transform {transform} made no {field.name}, but {', '.join(made.column_names)}",
            "It has to return every feature of its schema",
        )
    if made.num_rows != rows:
        raise StepFailure(
            "failed-transform",
            f"The transform {transform} made {made.num_rows} rows of {rows}",
            "It has to return one row for each that it gets, in their order",
        )
    kind = kind_of(field.dtype)
    try:
        return cast_column(made.column(field.name).to_pylist(), kind)
    except BadValue as bad:
        raise StepFailure(
            "failed-transform",
            f"The transform {transform} made {bad.value!r} for {field.name}, which is no {kind}",
            "Mend the function, or the feature's type",
        ) from None


def _flat(column: Any) -> Any:
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column
