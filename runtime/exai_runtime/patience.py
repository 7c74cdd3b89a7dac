"""A call that has to come to an end, whatever is at its other end.

In: seconds, a call. Out: what it comes to. A server that goes on sending is never silent for long
enough to be given up by a socket's timeout.
"""

from __future__ import annotations

from collections.abc import Callable
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
