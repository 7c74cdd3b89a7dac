"""Claims that are to hold less than they do.

Kubernetes refuses that, and takes growing as an ordinary update (k8s.io/kubernetes,
pkg/apis/core/validation: ValidatePersistentVolumeClaimUpdate).

In: an object, a field of it, before and after. Out: whether only a new object can have it so.
"""

from __future__ import annotations

from exai_compiler.changes import FieldChange, ObjectId
from exai_compiler.maybe import Known, Maybe
from exai_specs.frozen import Json
from exai_specs.units import Quantity, parse_quantity

_CLAIM = ("v1", "PersistentVolumeClaim")
_REQUESTED = ("spec", "resources", "requests", "storage")


def shrinks(which: ObjectId, field: FieldChange) -> bool:
    """False where either side isn't known, or is no quantity."""
    if (which.api, which.kind) != _CLAIM or field.path != _REQUESTED:
        return False
    old, new = _amount(field.old), _amount(field.new)
    return old is not None and new is not None and new.value < old.value


def _amount(side: Maybe[Json]) -> Quantity | None:
    try:
        return parse_quantity(side.value) if isinstance(side, Known) else None
    except ValueError:
        return None
