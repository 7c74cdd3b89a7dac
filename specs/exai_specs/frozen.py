"""Read-only trees of plain values, and the one way they become bytes.

In: what YAML and JSON can hold. Out: tuples and read-only mappings, or canonical JSON and its
hash. Never: files, or values that JSON has no word for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from itertools import repeat
from json.encoder import encode_basestring
from types import MappingProxyType
from typing import Any, TypeAlias

from exai_specs.values import frozen

Json: TypeAlias = "bool | int | float | str | tuple[Json, ...] | Mapping[str, Json] | None"

_SCALARS = frozenset({str, int, float, bool, type(None)})
_PLAIN = _SCALARS | {list, tuple}

empty: Callable[[], Mapping[str, Any]] = repeat(MappingProxyType[str, Any]({})).__next__
"""The read-only mapping without items, as a default: most fields that are mappings are asked for
it in every document, so no line of Python is run."""


def freeze(value: Any) -> Json:
    """Lists become tuples, mappings read-only copies in the same order, all the way down.

    A read-only mapping comes back as it is: nobody makes one of what isn't frozen.
    """
    kind = type(value)
    if kind in _SCALARS or kind is MappingProxyType:
        return value  # type: ignore[no-any-return]
    if kind is not dict and isinstance(value, list | tuple):
        return tuple([v if type(v) in _SCALARS else freeze(v) for v in value])
    if kind is dict or isinstance(value, Mapping):  # the latter asks an abstract class: the last
        # Most of a tree are leaves: all are copied at once, and only the others looked into.
        found = value.copy() if kind is dict else dict(value)
        for key, inner in found.items():
            if type(inner) not in _SCALARS:
                found[key] = freeze(inner)
        return MappingProxyType(found)
    raise TypeError(f"{kind.__name__} is no plain value")


def thaw(value: Json) -> Any:
    """Plain dictionaries and lists, all of them new: what libraries expect and may change."""
    kind = type(value)
    if kind is MappingProxyType or (kind not in _PLAIN and isinstance(value, Mapping)):
        # Copied at once; `dict` would ask a read-only mapping for one key after the other.
        found: dict[str, Any] = value.copy() if kind is MappingProxyType else dict(value)  # type: ignore[union-attr,arg-type]
        for key, inner in found.items():
            if type(inner) not in _SCALARS:
                found[key] = thaw(inner)
        return found
    if kind in _SCALARS:
        return value
    if isinstance(value, list | tuple):
        return [v if type(v) in _SCALARS else thaw(v) for v in value]
    raise TypeError(f"{type(value).__name__} is no plain value")


@frozen
class Encoded:
    """A read-only tree with its canonical JSON: what is part of many trees is encoded once."""

    tree: Json
    text: str

    @property
    def digest(self) -> str:
        """As `digest` of the tree."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def encoded(value: Json) -> Encoded:
    """A tree by itself. Raises ValueError for NaN and infinity."""
    return Encoded(freeze(value), _text(value))


def mapping(parts: Mapping[str, Encoded]) -> Encoded:
    """A mapping of these, in their order."""
    texts = ",".join([f"{encode_basestring(key)}:{parts[key].text}" for key in sorted(parts)])
    return Encoded(MappingProxyType({k: part.tree for k, part in parts.items()}), f"{{{texts}}}")


def canonical(value: Json) -> bytes:
    """Canonical JSON: keys sorted, no spaces, UTF-8. Raises ValueError for NaN and infinity."""
    return _text(value).encode()


def digest(value: Json) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _text(value: Json) -> str:
    try:
        return _FROZEN(value)
    except TypeError:
        return _CANONICAL(value)


def _plain(value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no plain value")


def _encoder(default: Callable[[Any], Any]) -> Callable[[Any], str]:
    made = json.JSONEncoder(
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        check_circular=False,  # a value that is made of finished ones holds none that holds it
        default=default,
    )
    in_c = getattr(json.encoder, "c_make_encoder", None)
    if in_c is None:
        return made.encode
    # The very one that `made.encode` makes anew for each value: as long as a small one takes.
    chunks = in_c(None, default, encode_basestring, None, ":", ",", True, False, False)
    return lambda value: "".join(chunks(value, 0))


_CANONICAL = _encoder(_plain)
# For what `freeze` gives no line of Python is run.
_FROZEN = _encoder(MappingProxyType.copy)
