"""The arithmetic of CEL, and what it makes of text (see `cel`).

In: values of an object. Out: numbers; of durations their seconds. What has no answer for the API
server is a CelFault in the words of its own library (cel-go); what can't be told here is one of
Python's own errors, which `cel_values` knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import inf, isinf
from typing import Any

from exai_compiler.crds.cel_errors import CelFault

_LENGTHS = {
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ns": 1e-9,
}
_LONGEST = 64  # characters of a duration; Go prints the longest with fewer
_DURATION = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ms|us|µs|μs|ns|h|m|s)")  # Go knows both letters
_MOST_SECONDS = 2**63 / 1e9
_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_READ = 400  # characters of a number; what is longer isn't judged


def seconds_of(text: str) -> float:
    """As Go reads a duration (time.ParseDuration)."""
    if len(text) > _LONGEST:
        raise ValueError("no duration is so long")
    signed = text.startswith(("+", "-"))
    amounts = text[1:] if signed else text
    found = _DURATION.findall(amounts)
    read = "".join(amount + unit for amount, unit in found) == amounts or amounts == "0"
    seconds = sum((float(amount) * _LENGTHS[unit] for amount, unit in found), 0.0)
    if not read or not amounts or seconds > _MOST_SECONDS:
        raise _no_conversion("string", "google.protobuf.Duration")
    return -seconds if text.startswith("-") else seconds


def double(value: Any) -> float:
    """As Go reads a number; it reads digits to the base of sixteen, too, which isn't done here."""
    if not isinstance(value, str):
        return float(value)
    if _doubtful(value):
        raise ValueError("it isn't told which number that is")
    found = float(value) if _DECIMAL.fullmatch(value) else inf
    if isinf(found):
        raise _no_conversion("string", "double")
    return found


def _doubtful(text: str) -> bool:
    """Too long, to the base of sixteen, infinite, or none."""
    start = text.lstrip("+-").lower()
    return len(text) > _READ or start.startswith(("0x", "inf", "nan"))


def whole(value: Any) -> int:
    """As Go reads one; of one with a fraction the part before it."""
    if isinstance(value, str):
        if len(value) > _READ:
            raise ValueError("no number is so long")
        if not _WHOLE.fullmatch(value) or not _fits(int(value)):
            raise _no_conversion("string", "int")
    found = int(value)
    if isinstance(value, float) and not _fits(found):
        raise CelFault("integer overflow")
    return found


def _no_conversion(given: str, wanted: str) -> CelFault:
    return CelFault(f"type conversion error from '{given}' to '{wanted}'")


def _fits(number: object) -> bool:
    return not isinstance(number, int) or -(2**63) <= number < 2**63


def _counted(how: Callable[..., Any]) -> Callable[..., Any]:
    """Arithmetic: whole numbers have 64 bits."""

    def compute(*given: Any) -> Any:
        if any(isinstance(each, bool) for each in given):
            raise TypeError("true and false are no numbers")
        found = how(*given)
        if all(map(_fits, given)) and not _fits(found):
            raise CelFault("integer overflow")
        return found

    return compute


def _multiplied(left: Any, right: Any) -> Any:
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        raise TypeError("only numbers are multiplied")  # Python repeats a text
    return left * right


def _divided(left: Any, right: Any) -> Any:
    """Towards zero where both are whole."""
    if not isinstance(left, int) or not isinstance(right, int):
        if right == 0:
            raise ValueError("it is infinite, or none")
        return left / right
    if right == 0:
        raise CelFault("division by zero")
    found = abs(left) // abs(right)
    return found if (left < 0) == (right < 0) else -found


def _rest(left: Any, right: Any) -> int:
    """With the sign of what is divided. There is none of numbers with fractions."""
    if not isinstance(left, int) or not isinstance(right, int):
        raise TypeError("only whole numbers leave a rest")
    if right == 0:
        raise CelFault("modulus by zero")
    found = abs(left) % abs(right)
    return -found if left < 0 else found


negative = _counted(lambda number: -number)
SUMS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": _counted(lambda left, right: left + right),
    "-": _counted(lambda left, right: left - right),
}
PRODUCTS: Mapping[str, Callable[[Any, Any], Any]] = {
    "*": _counted(_multiplied),
    "/": _counted(_divided),
    "%": _counted(_rest),
}
