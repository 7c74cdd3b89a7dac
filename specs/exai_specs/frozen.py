"""Read-only trees of plain values, and the one way they become bytes.

In: what YAML and JSON can hold. Out: tuples and read-only mappings, or canonical JSON and its
hash. Never: files, or values that JSON has no word for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

Json: TypeAlias = "bool | int | float | str | tuple[Json, ...] | Mapping[str, Json] | None"

_SCALARS = frozenset({str, int, float, bool, type(None)})


def empty() -> Mapping[str, Any]:
    """A read-only mapping without items, as a default."""
    return MappingProxyType({})


def freeze(value: Any) -> Json:
    """Lists become tuples, mappings read-only copies in the same order, all the way down."""
    kind = type(value)
    if kind in _SCALARS:
        return value  # type: ignore[no-any-return]
    if isinstance(value, Mapping):
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple([freeze(item) for item in value])
    raise TypeError(f"{kind.__name__} is no plain value")


def thaw(value: Json) -> Any:
    """Plain dictionaries and lists, all of them new: what libraries expect and may change."""
    if type(value) in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    raise TypeError(f"{type(value).__name__} is no plain value")


def canonical(value: Json) -> bytes:
    """Canonical JSON: keys sorted, no spaces, UTF-8. Raises ValueError for NaN and infinity."""
    text = json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_plain,
    )
    return text.encode()


def digest(value: Json) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _plain(value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no plain value")
