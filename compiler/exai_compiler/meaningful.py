"""A spec's value as JSON, with only the fields that mean something.

In: a value of a spec. Out: JSON that is the same for all values that mean the same. A field counts
when its declared effect is RETRAIN or more, so a new field needs no line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache, partial
from operator import attrgetter
from typing import Any, cast

from exai_specs.effects import Effect
from exai_specs.frozen import Json
from exai_specs.reading import notes_of
from exai_specs.values import fields, is_dataclass

_LEAST = Effect.RETRAIN
_PLAIN = frozenset({str, int, float, bool, type(None)})


@cache
def _effects_of(kind: type) -> Mapping[str, Effect]:
    """The effect that each field of a spec's dataclass declares."""
    found: dict[str, Effect] = {}
    for name, notes in notes_of(kind).items():
        for note in notes:
            if isinstance(note, Effect):
                found[name] = note
    return found


def meaningful(value: object) -> Json:
    """A spec's value as JSON, with only the fields that mean something.

    Absent and default fields look alike.
    """
    kind = type(value)
    return cast(Json, value) if kind in _PLAIN else _FORMS[kind](value)


class _Forms(dict[type, Callable[[Any], Json]]):
    """How the values of each class become JSON: found out once, for there are many values."""

    def __missing__(self, kind: Any) -> Callable[[Any], Json]:
        found = self[kind] = self._of(kind)
        return found

    def _of(self, kind: Any) -> Callable[[Any], Json]:
        if is_dataclass(kind):
            effects = _effects_of(cast(type, kind))
            names = [f.name for f in fields(kind) if effects.get(f.name, Effect.RETRAIN) >= _LEAST]
            # With the class behind them, twice, the values are a tuple however few they are.
            values = attrgetter(*names, "__class__", "__class__")
            return partial(_fields, tuple(names), values)
        if issubclass(kind, tuple | list):
            return _items
        if issubclass(kind, Mapping):
            return _mapping
        if issubclass(kind, Enum):
            return _of_enum
        return _itself if issubclass(kind, bool | int | float | str) else str


_FORMS = _Forms()


# Most of a tree are leaves: a call for each of them would be half of the time.
def _fields(names: tuple[str, ...], values: Callable[[Any], Any], value: object) -> Json:
    found: dict[str, Json] = dict(zip(names, values(value), strict=False))
    for name, item in found.items():
        if type(item) not in _PLAIN:
            found[name] = _FORMS[type(item)](item)
    return found


def _items(value: Iterable[Any]) -> Json:
    return tuple([v if type(v) in _PLAIN else _FORMS[type(v)](v) for v in value])


def _mapping(value: Mapping[Any, Any]) -> Json:
    return {str(k): v if type(v) in _PLAIN else _FORMS[type(v)](v) for k, v in value.items()}


def _of_enum(value: Enum) -> Json:
    return str(value.value)


def _itself(value: Json) -> Json:
    return value
