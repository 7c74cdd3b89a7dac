"""Feast's types as the language's column types, and a column's values in Feast's own wrapping.

In: a `feast.types` type, an Arrow column. Out: `int64`, `{"list": "string"}`; Feast's values. Never
loses a digit on the way: no column passes through a float that isn't one.
"""

from datetime import UTC, date, datetime
from typing import Any

from exai_components.outcome import StepFailure

_NAMES = {
    "BOOL": "bool",
    "INT32": "int32",
    "INT64": "int64",
    "FLOAT32": "float32",
    "FLOAT64": "float64",
    "STRING": "string",
    "BYTES": "bytes",
    "UNIX_TIMESTAMP": "timestamp",
    "DECIMAL": "decimal",
    "JSON": "json",
    "UUID": "uuid",
}


def kind_of(dtype: Any) -> Any:
    """The column type of a Feast type; a final failure for one that the language lacks."""
    inner = getattr(dtype, "base_type", None)
    if inner is not None and type(dtype).__name__ == "Array":
        return {"list": kind_of(inner)}
    if type(dtype).__name__ == "Struct":
        return {"struct": {name: kind_of(item) for name, item in dtype.fields.items()}}
    name = getattr(dtype, "name", str(dtype))
    if name not in _NAMES:
        raise StepFailure(
            "unsupported-type",
            f"There is no column type for Feast's {dtype}",
            "Take another type in the file under features.files that defines it",
        )
    return _NAMES[name]


def wrapped(column: Any, dtype: Any) -> list[Any]:
    """Feast's values of an Arrow column, or of a list; an empty one where a value is missing."""
    from feast.type_map import python_values_to_proto_values

    values = column if isinstance(column, list) else column.to_pylist()
    if getattr(dtype, "name", "") == "MAP":  # Arrow's maps are lists of pairs
        values = [None if value is None else dict(value) for value in values]
    # Feast has no type for a date: it is the first moment of that day.
    values = [_moment(value) if type(value) is date else value for value in values]
    return list(python_values_to_proto_values(values, dtype.to_value_type()))


def unwrapped(value: Any) -> Any:
    """A Python value, None for an empty one."""
    from feast.type_map import feast_value_type_to_python_type

    return feast_value_type_to_python_type(value)


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
