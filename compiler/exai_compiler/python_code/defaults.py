"""A parameter's default, as KFP can hold it.

In: the expression of a default, the type of its parameter. Out: a plain value, or `NotPlain`, whose
text goes on after the parameter's name. Never: evaluates anything but literals.
"""

from __future__ import annotations

import ast
import math
from typing import Any

from exai_specs.frozen import Json, freeze
from exai_specs.types import PARAMETER_TYPES, Scalar, mismatch

# KFP holds numbers as doubles; beyond this they have no room for every whole number.
_EXACT = 2**53


class NotPlain(ValueError):
    """Why a default can't be one."""


def plain_default(expression: ast.expr, kind: str) -> Json:
    """The default's value; of an artifact's, any plain one. Raises NotPlain."""
    try:
        value = ast.literal_eval(expression)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise NotPlain("is no plain value") from None
    if value is None:
        return None
    if not _holdable(value):
        raise NotPlain(
            "is nothing that KFP can hold: text, numbers, booleans, lists, dicts by text"
        )
    if kind in PARAMETER_TYPES and (wrong := mismatch(value, Scalar(kind))):
        raise NotPlain(wrong[1])
    return freeze(value)


def _holdable(value: Any) -> bool:
    """JSON without nulls, which KFP's local runner refuses in lists and structs."""
    match value:
        case bool() | str():
            return True
        case int():
            return abs(value) <= _EXACT
        case float():
            return math.isfinite(value)
        case list():
            return all(_holdable(each) for each in value)
        case dict():
            return all(isinstance(key, str) and _holdable(each) for key, each in value.items())
    return False
