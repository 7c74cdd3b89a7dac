"""Work on each of many things that need nothing of each other: whoever calls a stage says how it is
spread.

In: a function and what it is called with. Out: what it returns, in the same order. Never: processes
or threads; the runtime has them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

M = TypeVar("M")
R = TypeVar("R")
T = TypeVar("T")


class Spread(Protocol):
    """Calls `work` with each of the items, in any order and any number of processes, and
    `meanwhile` once, in this one. What `work` takes and gives is values."""

    def __call__(
        self, work: Callable[[T], R], items: Sequence[T], meanwhile: Callable[[], M]
    ) -> tuple[list[R], M]: ...


def alone(
    work: Callable[[T], R], items: Sequence[T], meanwhile: Callable[[], M]
) -> tuple[list[R], M]:
    """One after the other."""
    return [work(item) for item in items], meanwhile()
