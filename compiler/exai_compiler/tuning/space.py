"""The space that a Tuning searches.

In: its parameters. Out: types, numbers as Katib's texts, how many combinations a grid has, what is
drawn beside a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from exai_specs.kinds.tuning import Choices, Range


def type_of(searched: Range | Choices) -> str:
    """A parameter type of the language: what the trial gets."""
    if isinstance(searched, Range):
        return searched.type
    if any(isinstance(item, str) for item in searched.list):
        return "string"
    return "integer" if all(item == int(item) for item in searched.list) else "double"


def written(value: bool | int | float | str) -> str:
    """A value as the text that Katib takes: no exponent, no `.0` behind a whole number."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if value == int(value):
        return str(int(value))
    return format(Decimal(repr(value)), "f")


def steps(searched: Range | Choices) -> int | None:
    """How many values there are; None for infinitely many."""
    if isinstance(searched, Choices):
        return len(searched.list)
    step = searched.step or (1 if searched.type == "integer" else None)
    if step is None or searched.scale == "log":
        return None
    span = Decimal(repr(searched.max)) - Decimal(repr(searched.min))
    return int(span / Decimal(repr(step))) + 1


def drawn_near(searched: Range, numbers: Iterable[float]) -> tuple[int | float, ...]:
    """Of values in steps (whole numbers are) the first, the last, and those beside each number."""
    low, step = Decimal(repr(searched.min)), Decimal(repr(searched.step or 1))
    last = int((Decimal(repr(searched.max)) - low) / step)
    near = {0, last}
    for number in numbers:
        below = int((Decimal(repr(number)) - low) / step)
        near |= {below - 1, below, below + 1}
    kind = int if searched.type == "integer" else float
    return tuple(kind(low + at * step) for at in sorted(near) if 0 <= at <= last)


def combinations(parameters: Mapping[str, Range | Choices]) -> int | None:
    """How many points a grid has; None where a parameter has infinitely many values."""
    found = 1
    for searched in parameters.values():
        here = steps(searched)
        if here is None:
            return None
        found *= here
    return found
