"""Work on many things that don't depend on each other: in turn, or as whoever calls has it done.

In: a function and its arguments. Out: what it gives for each of them, in their order. Never: how
else than in turn, which is for who knows the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Spread(Protocol):
    """A way to do it. It may begin when it is entered, and be at work meanwhile; it ends when it is
    left. `work` changes nothing that anybody sees, since it may be done in another process.
    """

    def __call__(
        self, work: Callable[[T], R], items: Sequence[T]
    ) -> AbstractContextManager[Iterator[R]]: ...


def in_turn(work: Callable[[T], R], items: Sequence[T]) -> AbstractContextManager[Iterator[R]]:
    """One after the other, each when it is asked for."""
    return nullcontext(map(work, items))
