"""Claims that are to hold less than they do.

Kubernetes refuses that, and takes growing as an ordinary update (k8s.io/kubernetes,
pkg/apis/core/validation: ValidatePersistentVolumeClaimUpdate).

In: a field of an object, before and after. Out: whether only a new object can have it so.
"""

from __future__ import annotations

from exai_compiler.changes import FieldChange
from exai_compiler.maybe import Known, Maybe
from exai_specs.frozen import Json
from exai_specs.units import Quantity, parse_quantity

CLAIM = "PersistentVolumeClaim"
_REQUESTED = ("spec", "resources", "requests", "storage")


def shrinks(kind: str, field: FieldChange) -> bool:
    """False where either side isn't known, or is no quantity."""
    if kind != CLAIM or field.path != _REQUESTED:
        return False
    old, new = _amount(field.old), _amount(field.new)
    return old is not None and new is not None and new.value < old.value


def _amount(side: Maybe[Json]) -> Quantity | None:
    try:
        return parse_quantity(side.value) if isinstance(side, Known) else None
    except ValueError:
        return None
