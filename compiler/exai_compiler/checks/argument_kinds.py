"""What an argument of an expectation may be, and whether a plain value is that.

In: alternatives as `expectations.json` has them, plain values. Out: an answer; words. Never
stricter than Great Expectations, which reads "100" as a number and 1 as true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from exai_specs.frozen import Json
from exai_specs.regexes import regex

Kinds = tuple[Any, ...]
"""Alternatives: null, bool, whole, number, text, strict-text, name, date, moment, mapping, list,
any; or a list of `texts` and those, of `between` and two bounds, of `items` and alternatives."""

_BOOLEANS = frozenset(("0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"))
_DATE = regex(r"\d{4}-\d{1,2}-\d{1,2}$")
_MOMENT = regex(r"\d{4}-\d{1,2}-\d{1,2}[T ]\d")
_SAID: Mapping[str, str] = {
    "bool": "true or false",
    "whole": "a whole number",
    "number": "a number",
    "text": "text",
    "strict-text": "text",
    "name": "text",
    "date": "a date",
    "moment": "a date with its time",
    "mapping": "a mapping",
    "list": "a list",
}


def is_one(value: Json, kinds: Kinds) -> bool:
    """Whether a value is taken as one of the alternatives."""
    return any(_is(value, each) for each in kinds)


def _is(value: Json, kind: Any) -> bool:
    match kind:
        case str():
            return _PLAIN[kind](value)
        case ("texts", *texts):
            return isinstance(value, str) and value in texts
        case ("between", low, high):
            found = number(value)
            return found is not None and low <= found and (high is None or found <= high)
        case ("items", *kinds):
            return isinstance(value, tuple) and all(is_one(each, tuple(kinds)) for each in value)
    raise ValueError(f"{kind} is no kind of argument")


def number(value: Json) -> float | None:
    """The number that a value is read as."""
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        return None


def _is_whole(value: Json) -> bool:
    """Fractions are cut off, but not in a text."""
    try:
        return isinstance(value, str | int | float) and int(value) is not None
    except (ValueError, OverflowError):
        return False


def _is_boolean(value: Json) -> bool:
    if isinstance(value, str):
        return value.lower() in _BOOLEANS
    return isinstance(value, int | float) and value in (0, 1)


def _is_date(value: Json, shape: re.Pattern[str]) -> bool:
    """A number is one, too, in seconds."""
    written = isinstance(value, str) and shape.match(value) is not None
    return written or number(value) is not None


def _is_mapping(value: Json) -> bool:
    """A list of pairs is read as one, and so is an empty text."""
    pairs = isinstance(value, tuple) and all(
        isinstance(each, str | tuple | Mapping) and len(each) == 2 for each in value
    )
    return isinstance(value, Mapping) or pairs or value == ""


_PLAIN: Mapping[str, Callable[[Json], bool]] = {
    "any": lambda _: True,
    "null": lambda value: value is None,
    "strict-text": lambda value: isinstance(value, str),
    "name": lambda value: isinstance(value, str) and value != "",
    "text": lambda value: isinstance(value, str | int | float),
    "bool": _is_boolean,
    "whole": _is_whole,
    "number": lambda value: number(value) is not None,
    "date": lambda value: _is_date(value, _DATE),
    "moment": lambda value: _is_date(value, _MOMENT),
    "list": lambda value: isinstance(value, tuple),
    "mapping": _is_mapping,
}


def described(kinds: Kinds) -> str:
    """`a number, a date or null`. What only `$PARAMETER` needs isn't told where there is more."""
    told = [each for each in kinds if each not in ("mapping", "null")] or list(kinds)
    words = [word for each in told for word in _words(each)]
    if "null" in kinds and told != list(kinds):
        words.append("null")
    *most, last = dict.fromkeys(words)
    return f"{', '.join(most)} or {last}" if most else last


def _words(kind: Any) -> list[str]:
    match kind:
        case str():
            return [_SAID.get(kind, "null")]
        case ("texts", *texts):
            return [f'"{text}"' for text in texts]
        case ("between", low, high):
            bounds = f"of at least {low:g}" if high is None else f"between {low:g} and {high:g}"
            return [f"a number {bounds}"]
    return ["a list of text"]


def texts_of(kinds: Kinds) -> tuple[str, ...]:
    """The texts that one may choose among."""
    return tuple(
        text
        for each in kinds
        if not isinstance(each, str) and each[0] == "texts"
        for text in each[1:]
    )
