"""Calls that have to come to an end, whatever is at their other end.

In: seconds, calls. Out: what they come to. A server that goes on sending is never silent for long
enough to be given up by a socket's timeout, and a name is looked up without one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, ask: Callable[[], T]) -> T:
    """Raises what the call does, and TimeoutError; then the call is left to itself, and ends with
    the process."""
    found: list[T] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(ask())
        except BaseException as error:
            failed.append(error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError(f"it didn't come to an end in {seconds:g} seconds")
    return found[0]


_AT_ONCE = 16


def side_by_side(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What each of them comes to, in their order; sixteen at most are under way at once. Raises the
    first failure among them, when all have ended."""
    found: dict[int, T] = {}
    failed: dict[int, BaseException] = {}

    def work(start: int) -> None:
        for index in range(start, len(calls), _AT_ONCE):
            try:
                found[index] = calls[index]()
            except BaseException as error:
                failed[index] = error

    threads = [
        Thread(target=work, args=(n,), daemon=True) for n in range(min(_AT_ONCE, len(calls)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[min(failed)]
    return [found[index] for index in range(len(calls))]
