"""Ranges of versions, such as `>=0.4,<0.5`: which releases of exai a project is for.

In: text. Out: comparisons, all of which must hold. Never: pre-releases, which no range can name; a
version counts by its numbers, and what is missing is 0.
"""

from __future__ import annotations

import re
from itertools import zip_longest

CLAUSE = r"(>=|<=|==|!=|>|<)[0-9]+(\.[0-9]+)*"
PATTERN = rf"^{CLAUSE}(, ?{CLAUSE})*$"

Clause = tuple[str, tuple[int, ...]]


def parse_range(text: str) -> tuple[Clause, ...]:
    """Raises ValueError for text of another form."""
    if not re.fullmatch(PATTERN, text):
        raise ValueError("must be comparisons with commas between them, such as >=0.4,<0.5")
    parts = (part.strip() for part in text.split(","))
    return tuple((part.rstrip("0123456789."), _numbers(part.lstrip("<>=!"))) for part in parts)


def fits(version: str, range_: tuple[Clause, ...]) -> bool:
    """Whether a version, such as `0.4.1`, is in the range."""
    found = re.match(r"[0-9]+(\.[0-9]+)*", version)
    return found is not None and all(
        _holds(_compared(_numbers(found.group()), other), sign) for sign, other in range_
    )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _compared(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """-1, 0 or 1."""
    for mine, theirs in zip_longest(one, other, fillvalue=0):
        if mine != theirs:
            return 1 if mine > theirs else -1
    return 0


def _holds(order: int, sign: str) -> bool:
    match sign:
        case ">=":
            return order >= 0
        case "<=":
            return order <= 0
        case "==":
            return order == 0
        case "!=":
            return order != 0
        case ">":
            return order > 0
        case _:
            return order < 0
