"""The language's column types as Arrow types, and the cast of a value to one of them.

In: a type as a spec writes it (`int64`, `{"list": "string"}`), and values from a file or database.
Out: Arrow types, cast columns, or `BadValue` with the row's place.
Never loses anything on the way: a cast that would cut or guess is refused.
"""

from collections.abc import Sequence
from decimal import InvalidOperation
from functools import partial
from typing import Any

from exai_components.column_values import CONVERT, nested

# Field metadata in Parquet: the type as the spec has it, where Arrow alone can't tell (json, uuid).
TYPE_KEY = b"exai.type"
NULLABLE_KEY = b"exai.nullable"

_NARROW = ("int32", "int64", "float32", "decimal")


class BadValue(Exception):
    """A value that its declared type can't hold; `at` is its row, counted from 0."""

    def __init__(self, at: int, value: Any) -> None:
        super().__init__(f"row {at}: {value!r}")
        self.at = at
        self.value = value


def arrow_type(kind: Any) -> Any:
    """The Arrow type of a declared column type; `ValueError` for one that doesn't exist."""
    import pyarrow as pa

    if isinstance(kind, dict) and len(kind) == 1:
        (shape, inner), *_ = kind.items()
        if shape == "list":
            return pa.list_(arrow_type(inner))
        if shape == "map":
            return pa.map_(pa.string(), arrow_type(inner))
        if shape == "struct":
            return pa.struct([pa.field(name, arrow_type(item)) for name, item in inner.items()])
    plain = {
        "bool": pa.bool_(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "float32": pa.float32(),
        "float64": pa.float64(),
        "string": pa.string(),
        "bytes": pa.binary(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "date": pa.date32(),
        "decimal": pa.decimal128(38, 18),
        "json": pa.string(),
        "uuid": pa.string(),
    }
    if not isinstance(kind, str) or kind not in plain:
        raise ValueError(f"{kind!r} is not a column type")
    return plain[kind]


def declared_type(field: Any) -> str:
    """The spec's name for an Arrow field's type; Arrow's own name for one the language lacks."""
    import pyarrow.types as t

    metadata = field.metadata or {}
    if TYPE_KEY in metadata:
        return str(metadata[TYPE_KEY].decode())
    kind = field.type
    if t.is_dictionary(kind):
        kind = kind.value_type
    if t.is_large_string(kind) or t.is_string(kind):
        return "string"
    if t.is_int8(kind) or t.is_int16(kind) or t.is_uint8(kind) or t.is_uint16(kind):
        return "int32"
    if t.is_uint32(kind) or t.is_uint64(kind):
        return "int64"
    if t.is_timestamp(kind):
        return "timestamp"
    if t.is_date(kind):
        return "date"
    if t.is_decimal(kind):
        return "decimal"
    return {"double": "float64", "float": "float32", "halffloat": "float32", "binary": "bytes"}.get(
        str(kind), str(kind)
    )


def declared_nullable(field: Any) -> bool:
    """May the column lack values? Only a spec's `nullable: false` says no."""
    return bool(field.nullable) and (field.metadata or {}).get(NULLABLE_KEY) != b"false"


def cast_column(values: Any, kind: Any) -> Any:
    """An Arrow array of the declared type from an Arrow array of text or a list of values.

    First as a whole; only a column with something unusual in it is walked value by value.
    """
    import pyarrow as pa

    target = arrow_type(kind)
    whole = _cast_arrow if isinstance(values, pa.Array | pa.ChunkedArray) else _cast_list
    column = None
    if getattr(values, "type", None) == target and kind not in ("json", "uuid"):
        return _nan_is_missing(values, target)
    if kind not in ("json", "uuid") and isinstance(kind, str):
        try:
            column = whole(values, target)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            column = None
    if column is None:
        arrow = isinstance(values, pa.Array | pa.ChunkedArray)
        column = _cast_each(_python(values) if arrow else values, kind, target)
    return _nan_is_missing(column, target)


def _cast_text(values: Any, target: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(
        target
    ):  # with and without offset: one by one, so that none is guessed
        raise ValueError
    return pc.cast(values, target)


def _cast_list(values: Sequence[Any], target: Any) -> Any:
    import pyarrow as pa

    # Given a type, Arrow cuts 1.5 to 1 without a word; a safe cast of what it infers doesn't.
    return _cast_arrow(pa.array(values), target)


def _cast_arrow(values: Any, target: Any) -> Any:
    """Only where Arrow means what we mean: it takes whole numbers for times, too."""
    import pyarrow as pa
    import pyarrow.compute as pc

    t = pa.types
    if t.is_dictionary(values.type):
        values = pc.cast(values, values.type.value_type)
    if t.is_string(values.type) or t.is_large_string(values.type) or t.is_string_view(values.type):
        return _cast_text(values, target)
    same = values.type == target or t.is_null(values.type)
    # A double as a decimal would show all its digits: 0.1 is meant as it is written.
    exact = not (t.is_floating(values.type) and t.is_decimal(target))
    numbers = _is_number(values.type) and _is_number(target) and exact
    times = t.is_timestamp(values.type) and t.is_timestamp(target)  # without a zone it is UTC
    if same or numbers or times:
        return pc.cast(values, target)
    raise ValueError


def _is_number(kind: Any) -> bool:
    import pyarrow.types as t

    return bool(t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind))


def _python(values: Any) -> Sequence[Any]:
    """Python's values; times as text where Python's own can't hold them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(values.type) and values.type.unit == "ns":
        whole = pc.cast(values, pa.timestamp("us", tz=values.type.tz), safe=False)
        if pc.all(pc.equal(pc.cast(whole, values.type), values)).as_py() is False:
            return [
                None if item is None else f"{item} ns"
                for item in pc.cast(values, pa.int64()).to_pylist()
            ]
        values = whole
    plain: list[Any] = values.to_pylist()
    return plain


def _cast_each(rows: Sequence[Any], kind: Any, target: Any) -> Any:
    import pyarrow as pa

    convert = CONVERT.get(kind) if isinstance(kind, str) else partial(nested, kind)
    cast: list[Any] = []
    for at, value in enumerate(rows):
        try:
            cast.append(None if value is None or convert is None else convert(value))
            if not isinstance(kind, str) or kind in _NARROW:
                pa.array(cast[-1:], type=target)
        except (ValueError, TypeError, OverflowError, InvalidOperation, pa.ArrowException):
            raise BadValue(at, value) from None
    return pa.array(cast, type=target)


def _nan_is_missing(column: Any, target: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_floating(target):
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(None, type=target), column)
