"""Quantities of which Kubernetes takes no fraction: bytes, and devices.

In: plain values. Out: quantities, or problems. Never: a refused value quoted in a message.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from exai_specs import units
from exai_specs.fields import QUANTITY_SCHEMA, Parsed
from exai_specs.types import TypeProblem


def _whole(value: Any, hint: str) -> units.Quantity:
    found = units.parse_quantity(value)
    if found.value != found.value.to_integral_value():
        raise TypeProblem("must be whole, and this is a fraction of one", hint=hint)
    return found


def _bytes(value: Any) -> units.Quantity:
    return _whole(value, "`m` is a thousandth of a byte: write Mi or Gi, for example 512Mi")


def _size(value: Any) -> units.Quantity:
    found = _bytes(value)
    if not found.value:
        raise TypeProblem("must be more than nothing", hint="for example 10Gi")
    return found


def _pieces(value: Any) -> units.Quantity:
    return _whole(value, "Kubernetes shares none of it: write 1")


Bytes: TypeAlias = Annotated[units.Quantity, Parsed(_bytes, QUANTITY_SCHEMA)]
"""Memory (k8s.io/kubernetes, validateBasicResource: a byte has no fraction)."""
Size: TypeAlias = Annotated[units.Quantity, Parsed(_size, QUANTITY_SCHEMA)]
"""What a volume holds: more than nothing (ValidatePositiveQuantityValue of claims)."""
Pieces: TypeAlias = Annotated[units.Quantity, Parsed(_pieces, QUANTITY_SCHEMA)]
"""Extended resources: only whole numbers (ValidateResourceQuantityValue)."""
