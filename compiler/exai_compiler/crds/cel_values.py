"""What the operators, functions and macros of CEL do with values (see `cel`).

In: values of an object: text, numbers, truths, tuples, mappings. Out: values. What has no answer is
a CelError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from exai_compiler.crds.patterns import python_pattern
from exai_compiler.maybe import Unknown

# A field that is called as a word of the language is written between underscores.
_ESCAPED = re.compile(r"^__(\w+)__$")
_LENGTHS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_LONGEST = 64  # characters of a duration; Go prints the longest with fewer
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|us|ns|h|m|s)")
_WRONG = (TypeError, ValueError, AttributeError, LookupError, OverflowError, re.error)


class CelError(Exception):
    """It can't be told whether a rule holds, or it can't be read."""


def called(how: Callable[..., Any], given: Sequence[Any]) -> Any:
    try:
        return how(*given)
    except _WRONG as error:
        raise CelError(str(error)) from None


def known(value: Any) -> Any:
    if isinstance(value, Unknown):
        raise CelError("it isn't known yet")
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise CelError(f"{type(value).__name__} has no fields")
    return value


def truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise CelError(f"{type(value).__name__} is neither true nor false")
    return value


def field_of(name: str) -> str:
    escaped = _ESCAPED.match(name)
    return escaped.group(1) if escaped else name


def item(of: Any, key: Any) -> Any:
    return known(of[key])


Said = Sequence[tuple[Any, Any]]
"""Each item with what is said of it, an error where that can't be told."""


def _decided(said: Said, by: bool) -> bool:
    """Whether one is so; the others don't matter then, and what can't be told of them."""
    if any(each is by for _, each in said):
        return by
    _told(said)
    return not by


def _told(said: Said) -> Said:
    for _, each in said:
        if isinstance(each, CelError):
            raise each
    return said


MACROS: Mapping[str, Callable[[Said], Any]] = {
    "all": lambda said: _decided(said, False),
    "exists": lambda said: _decided(said, True),
    "exists_one": lambda said: sum(each is True for _, each in _told(said)) == 1,
    "filter": lambda said: tuple(one for one, each in _told(said) if each is True),
    "map": lambda said: tuple(each for _, each in _told(said)),
}


def _equal(left: Any, right: Any) -> bool:
    if _is_open(left) or _is_open(right):
        raise CelError("it isn't known yet")
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _is_open(value: Any) -> bool:
    """Whether something in it isn't known yet."""
    if isinstance(value, Mapping):
        return any(map(_is_open, value.values()))
    return any(map(_is_open, value)) if isinstance(value, tuple) else isinstance(value, Unknown)


def _in(one: Any, of: Any) -> bool:
    if isinstance(of, Mapping):
        return one in of
    if any(not _is_open(each) and _equal(one, each) for each in of):
        return True
    if _is_open(of):
        raise CelError("it isn't known yet")
    return False


def _matches(text: str, pattern: str) -> bool:
    return re.search(python_pattern(pattern), text) is not None


def _seconds(text: str) -> float:
    if len(text) > _LONGEST:
        raise ValueError("no duration is so long")
    found = _DURATION.findall(text)
    if (text != "0" and "".join(amount + unit for amount, unit in found) != text) or not text:
        raise ValueError(f"{text} is no duration")
    return sum((float(amount) * _LENGTHS[unit] for amount, unit in found), 0.0)


COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<=": lambda left, right: bool(left <= right),
    ">=": lambda left, right: bool(left >= right),
    "<": lambda left, right: bool(left < right),
    ">": lambda left, right: bool(left > right),
    "in": _in,
}
SUMS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
}
METHODS: Mapping[str, Callable[..., Any]] = {
    "size": len,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": lambda text, part: part in text,
    "matches": _matches,
    "split": str.split,
    "getScheme": lambda address: address.scheme,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "size": len,
    "double": float,
    "int": int,
    "string": str,
    "duration": _seconds,
    "url": urlsplit,
}
