"""What an unquoted YAML word means: the core schema of YAML 1.2, less what people get wrong.

In: the text of a plain scalar. Out: a string, number, boolean or null; or why it is refused.
Never: YAML 1.1's `yes`, `no`, sexagesimals and dates, which are plain strings here, nor its octals
with a leading zero, which are refused. Source of the rules: yaml.org/spec/1.2.2, section 10.3.2;
LANGUAGE section 1 for what is refused.
"""

from __future__ import annotations

import math
import sys
from functools import lru_cache
from typing import NamedTuple

from exai_specs.regexes import regex

Scalar = bool | int | float | str | None

_WORDS: dict[str, Scalar] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NUMBER_STARTS = frozenset("0123456789+-.")
_INTEGER = regex(r"[-+]?[0-9]+")
_ZERO_FIRST = regex(r"[-+]?0[0-9]+")
_OCTAL = regex(r"0o[0-7]+")
_HEXADECIMAL = regex(r"0x[0-9a-fA-F]+")
_DECIMAL = regex(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)")
_EXPONENT = regex(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+")
_NOT_FINITE = regex(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INT64 = range(-(2**63), 2**63)
_LONGEST = (
    400  # characters; more than any number that means something, less than Python's own limit
)


class Refused(NamedTuple):
    """A number that exai doesn't take. It isn't quoted, for it may be a password by mistake."""

    message: str
    hint: str


_TOO_LARGE = Refused("a number that doesn't fit 64 bits", "quote it if it is text")

_ZEROES = Refused(
    "a whole number that begins with a zero, which other readers of YAML take as octal",
    "leave the zero out, or quote it if it is text",
)


def plain(text: str) -> Scalar | Refused:
    """The value of an unquoted scalar. Integers fit 64 bits; decimals are finite."""
    if text[:1] not in _NUMBER_STARTS:
        return _WORDS.get(text, text)
    if not text:
        return None
    if len(text) > _LONGEST:
        return _TOO_LARGE if _DECIMAL.fullmatch(text) else text
    if _INTEGER.fullmatch(text):
        if _ZERO_FIRST.fullmatch(text):
            return _ZEROES
        return _whole(text, 10)
    if _OCTAL.fullmatch(text):
        return _whole(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return _whole(text[2:], 16)
    if _DECIMAL.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else _TOO_LARGE
    if _EXPONENT.fullmatch(text):
        return Refused(
            "a number with an exponent",
            "write the number out, or quote it if it is text",
        )
    if _NOT_FINITE.fullmatch(text):
        return Refused(
            "not a number that can be compared",
            "leave the field out, or quote it if it is text",
        )
    return text


scalar_of = lru_cache(maxsize=4096)(plain)


@lru_cache(maxsize=4096)
def plain_key(text: str) -> str | None:
    """A plain scalar as the key that it is, if nothing can be wrong with it: the same few words
    stand in every document."""
    odd = text == "<<" or "{" in text or "[" in text or ":" in text
    fine = type(plain(text)) is str and not odd
    return sys.intern(text) if fine else None


def _whole(digits: str, radix: int) -> Scalar | Refused:
    number = int(digits, radix)
    return number if number in _INT64 else _TOO_LARGE
