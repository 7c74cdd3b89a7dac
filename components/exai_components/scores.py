"""Rows and what a model says of them, for any format.

In: nothing. Out: the values that scorers take and give. Never loads a model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exai_components.model_file import Scalar

Row = Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Scores:
    """One prediction a row; `probabilities` in the order of the signature's classes, or None for a
    regression and for a classifier that gives none."""

    predictions: tuple[str | float, ...]
    probabilities: tuple[tuple[float, ...], ...] | None


def level_name(value: Any) -> str:
    """How a value is spelt as a level or a class: `true`, `7`, `red`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
