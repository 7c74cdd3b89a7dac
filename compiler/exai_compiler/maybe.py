"""A value that is known, or one that waits for something that hasn't happened yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Generic, TypeVar, Union, cast

from exai_specs.identity import Ref
from exai_specs.values import frozen

T = TypeVar("T")


@frozen
class Known(Generic[T]):
    """A value."""

    value: T


@frozen
class Unknown:
    """A value that will be there once `waits_for` has happened; `reason` is for people."""

    waits_for: Ref
    reason: str


Maybe = Known[T] | Unknown

# JSON any leaf of which may be Unknown: the body of a rendered object.
Tree = Union[None, bool, int, float, str, Unknown, "tuple[Tree, ...]", "Mapping[str, Tree]"]


_LEAVES = frozenset({str, int, float, bool, type(None)})


def unknowns(tree: Tree) -> Iterator[Unknown]:
    """Every open leaf of a tree, from left to right."""
    # One loop, and types by identity: every value of every rendered object passes here.
    stack: list[Tree] = [tree]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind in _LEAVES:
            continue
        if kind is Unknown:
            yield cast(Unknown, node)
        elif isinstance(node, tuple):
            if not _LEAVES.issuperset(map(type, node)):
                stack += [item for item in reversed(node) if type(item) not in _LEAVES]
        elif kind is MappingProxyType or isinstance(node, Mapping):
            values = cast("Mapping[str, Tree]", node).values()
            if not _LEAVES.issuperset(map(type, values)):
                stack += [item for item in reversed([*values]) if type(item) not in _LEAVES]
