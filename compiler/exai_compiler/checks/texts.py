"""Texts and paths of plain values. In: values as documents hold them. Out: texts, with paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from exai_specs.frozen import Json

Path = tuple[str | int, ...]

NUMBERS = frozenset({bool, int, float, type(None)})
LEAVES = NUMBERS | {str}
_MAPPINGS = frozenset({MappingProxyType, dict})
_LISTS = frozenset({tuple, list})


def under_with(step: Path, *path: str | int) -> Path:
    """The path of an input's value, from the path of its step."""
    return (*step, "with", *path)


def strings(value: Json, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a value, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from strings(item, (*path, index))
    elif value.__class__ not in NUMBERS and isinstance(value, Mapping):
        for key, item in value.items():
            yield from strings(item, (*path, key))


def entries(value: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every key and every item in a value, at any depth: its path, and what stands there."""
    pairs: Iterable[tuple[str | int, Json]] = ()
    if isinstance(value, tuple):
        pairs = enumerate(value)
    elif isinstance(value, Mapping):
        pairs = value.items()
    for key, item in pairs:
        yield (*path, key), item
        if item.__class__ not in LEAVES:
            yield from entries(item, (*path, key))


Trail: TypeAlias = "tuple[Trail, str | int] | None"
"""A path from its end: the trail to what is around, and the last part."""


def texts_with(mark: str, value: Json) -> Iterator[tuple[Path, str]]:
    """Every text below a mapping or list that holds `mark`, with its path."""
    return ((path, text) for path, text, is_key in words_with(mark, value) if not is_key)


def words_with(mark: str, value: Any) -> Iterator[tuple[Path, str, bool]]:
    """Every text and key of a frozen value, or of one that isn't, that holds `mark`, with its path,
    and whether it is a key.

    Every text of most documents passes here, so a path is only worked out for a hit.
    """
    stack: list[tuple[Any, Trail]] = [(value, None)]
    while stack:
        node, trail = stack.pop()
        pairs: Iterable[tuple[str | int, Any]] = ()
        if type(node) in _MAPPINGS:
            pairs = node.items()
            for name in node:
                if mark in name:
                    yield _path((trail, name)), name, True
        elif type(node) in _LISTS:
            pairs = enumerate(node)
        for key, item in pairs:
            if type(item) is str:
                if mark in item:
                    yield _path((trail, key)), item, False
            elif type(item) not in NUMBERS:
                stack.append((item, (trail, key)))


def _path(trail: Trail) -> Path:
    path: list[str | int] = []
    while trail is not None:
        trail, part = trail
        path.append(part)
    path.reverse()
    return tuple(path)


def value_at(value: Json, path: Path) -> Json:
    """What stands at a path; None where there is nothing."""
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(str(part))
        elif isinstance(value, tuple) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value
