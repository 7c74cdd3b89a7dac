"""A value that is known, or one that waits for something that hasn't happened yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar, Union

from exai_specs.identity import Ref

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A value."""

    value: T


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that will be there once `waits_for` has happened; `reason` is for people."""

    waits_for: Ref
    reason: str


Maybe = Known[T] | Unknown

# JSON any leaf of which may be Unknown: the body of a rendered object.
Tree = Union[None, bool, int, float, str, Unknown, "tuple[Tree, ...]", "Mapping[str, Tree]"]


def unknowns(tree: Tree) -> Iterator[Unknown]:
    """Every open leaf of a tree, from left to right."""
    if isinstance(tree, Unknown):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from unknowns(value)
    elif isinstance(tree, tuple):
        for value in tree:
            yield from unknowns(value)
