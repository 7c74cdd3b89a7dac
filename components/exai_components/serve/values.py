"""Checks one value against the column it is meant for.

In: a column of the signature and a JSON value. Out: the value as the scorer takes it.
Never guesses: a value that isn't of the column's type is `Rejected`, with the column, the row and
what would be right.
"""

import difflib
import math
import struct
from collections.abc import Callable, Sequence
from typing import Any

from exai_components.model_file import BadModel, ModelColumn, Scalar
from exai_components.scores import level_name

Check = Callable[[Any], Scalar]

_INT_RANGE = {"int32": 2**31, "int64": 2**63}
_SHOWN = 10


class Rejected(ValueError):
    """A request that can't be answered; becomes a 400 with `code`, `message`, column and row."""

    def __init__(
        self, code: str, message: str, column: str = "", row: int | None = None, hint: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.column = column
        self.row = row
        self.hint = hint

    def body(self) -> dict[str, Any]:
        """The JSON that the caller gets; `error` is the key that KServe uses too."""
        value: dict[str, Any] = {"error": self.message, "code": self.code}
        if self.column:
            value["column"] = self.column
        if self.row is not None:
            value["row"] = self.row
        if self.hint:
            value["hint"] = self.hint
        return value


class Unavailable(Exception):
    """What an answer needs isn't there for now: a 503, or another 5xx, with code and message."""

    def __init__(self, code: str, message: str, hint: str = "", status: int = 503) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.status = status

    def body(self) -> dict[str, Any]:
        """The JSON that the caller gets."""
        hint = {"hint": self.hint} if self.hint else {}
        return {"error": self.message, "code": self.code, **hint}


class Wrong(ValueError):
    """What is wrong with a value, before anybody has said where it stands."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def check_of(column: ModelColumn, *, text: bool = False) -> Check:
    """The check for a column; `BadModel` for a type that no value on the wire can have.

    With `text`, what JSON has no type of its own for travels as text, whatever it says.
    """
    if column.levels:
        check = _level_of(column)
    elif column.type == "float64":
        check = _double
    elif column.type == "float32":
        check = _single
    elif column.type in _INT_RANGE:
        check = _integer_below(_INT_RANGE[column.type])
    elif column.type == "bool":
        check = _truth
    elif text:
        check = _text
    else:
        raise BadModel(f"column {column.name} of type {column.type} can't be served without levels")
    return _or_null(check, column.nullable)


def shown(value: Any) -> str:
    """The value as a message quotes it: short, on one line."""
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    text = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return text if len(text) <= 60 else text[:57] + "..."


def nearest(name: str, known: Sequence[str]) -> str:
    """`; did you mean "x"?`, or nothing."""
    close = difflib.get_close_matches(name[:200], known, n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def listed(names: Sequence[str]) -> str:
    """`a, b, c`, at most ten of them."""
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _or_null(check: Check, nullable: bool) -> Check:
    def checked(value: Any) -> Scalar:
        if value is None:
            if nullable:
                return None
            raise Wrong("null-value", "it is null, and the column takes no nulls")
        return check(value)

    return checked


def _double(value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise Wrong("ill-typed", f"{shown(value)} is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Wrong("not-finite", "it is not a finite number")
    return number


def _single(value: Any) -> float:
    """Rounded as the training data were, so that a split sees the same number."""
    number = _double(value)
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        raise Wrong("out-of-range", f"{shown(value)} doesn't fit into float32") from None
    return rounded


def _integer_below(limit: int) -> Check:
    def check(value: Any) -> int:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int:
            raise Wrong("ill-typed", f"{shown(value)} is not an integer")
        if not -limit <= value < limit:
            bits = limit.bit_length()
            raise Wrong("out-of-range", f"{shown(value)} doesn't fit into {bits} bits")
        return int(value)

    return check


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise Wrong("ill-typed", f"{shown(value)} is neither true nor false")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Wrong("ill-typed", f"{shown(value)} is not a string")
    return value


_LEVEL_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "bool": ((bool,), "true or false"),
    "int32": ((int, float), "an integer"),
    "int64": ((int, float), "an integer"),
    "float32": ((int, float), "a number"),
    "float64": ((int, float), "a number"),
}


def _level_of(column: ModelColumn) -> Check:
    """A categorical column: the value must have the column's type and spell a known level."""
    types, wanted = _LEVEL_TYPES.get(column.type, ((str,), "a string"))
    known = frozenset(column.levels) | {
        level.lower() for level in column.levels if column.type == "bool"
    }

    def check(value: Any) -> Scalar:
        if type(value) not in types:
            raise Wrong("ill-typed", f"{shown(value)} is not {wanted}")
        level = value if type(value) is str else level_name(value)
        if level not in known:
            hint = nearest(level, column.levels) or f" (known: {listed(column.levels)})"
            raise Wrong("unknown-level", f"{shown(value)} is not a known level{hint}")
        return level

    return check
