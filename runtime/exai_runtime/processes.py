"""A compile's work spread over forked processes, which share what was read until then.

In: a function of values and the values. Out: what it returns for each, in order. A fork costs some
milliseconds, so little work is done here, and so is all of it where a fork isn't safe: beside other
threads, whose locks it would copy, and on systems whose own libraries start threads.

Decision note 0008 says why it is done so, and for what.
"""

from __future__ import annotations

import io
import os
import pickle
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

from exai_compiler.spread import Spread, alone

M = TypeVar("M")
R = TypeVar("R")
T = TypeVar("T")

FEW = 200  # documents: fewer are compiled as fast in one process
MANY = 5_000  # more take memory: what a child looks at is copied
MOST = 4  # processes: each holds a part of the memory again
_SHARES = 64  # at most 256, the numbers that one byte can tell


def spread_for(documents: int) -> Spread:
    """How the work on so many documents is spread: on as many cores as may be used."""
    processes = _processes() if FEW <= documents <= MANY else 1
    return alone if processes < 2 else partial(forked, processes=processes)


def _processes() -> int:
    """How many may be used."""
    if sys.platform != "linux":
        return 1
    try:
        threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208 - those of libraries, too
    except OSError:
        return 1
    return 1 if threads > 1 else min(MOST, len(os.sched_getaffinity(0)))


def forked(
    work: Callable[[T], R], items: Sequence[T], meanwhile: Callable[[], M], processes: int
) -> tuple[list[R], M]:
    """As `alone`, by so many processes. What `work` raises is raised here."""
    size = -(-len(items) // _SHARES) or 1
    shares = range(-(-len(items) // size))

    def done(share: int) -> list[R]:
        return [work(item) for item in items[share * size : (share + 1) * size]]

    # Whoever has time reads the number of the next share: nobody need know which are long.
    waiting, numbers = os.pipe()
    os.write(numbers, bytes(shares))
    os.close(numbers)
    children: list[_Child] = []
    try:
        try:
            for _ in range(processes - 1):
                children.append(_Child(lambda: _taken(waiting, done)))
        except OSError:  # no more processes, or no memory for them
            pass
        other = meanwhile()
        found = _taken(waiting, done)
        for child in children:
            found |= child.result()
    finally:
        os.close(waiting)
        for child in children:
            child.end()
    # A child that was killed has given nothing; what it met, this process meets.
    return [each for share in shares for each in found.get(share) or done(share)], other


def _taken(waiting: int, done: Callable[[int], R]) -> dict[int, R]:
    """What comes of the shares that nobody else takes."""
    found: dict[int, R] = {}
    while number := os.read(waiting, 1):
        found[number[0]] = done(number[0])
    return found


class _Child:
    """A process that does one thing, tells what came of it and is gone."""

    def __init__(self, work: Callable[[], dict[int, Any]]) -> None:
        self._pipe, told = os.pipe()
        try:
            self._process = os.fork()
        except OSError:
            os.close(self._pipe)
            os.close(told)
            raise
        if not self._process:
            _tell(work, told)
        os.close(told)

    def result(self) -> dict[int, Any]:
        """What came of it; nothing if it didn't come to its end."""
        with open(self._pipe, "rb", closefd=False) as pipe:
            data = pipe.read()
        status = self._ended()
        return pickle.loads(data) if status == 0 else {}  # noqa: S301 - see the import

    def end(self) -> None:
        """Whatever it does, it isn't waited for any longer."""
        os.close(self._pipe)
        if self._process:
            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)
            self._ended()

    def _ended(self) -> int:
        """Waits for its end. How that was, nobody knows of one whose end isn't to be told: whoever
        started exai may have let SIGCHLD be ignored."""
        process, self._process = self._process, 0
        try:
            return os.waitpid(process, 0)[1]
        except ChildProcessError:
            return -1


def _tell(work: Callable[[], dict[int, Any]], told: int) -> NoReturn:
    """All that a child does. It leaves nothing to those that would clean up after its parent."""
    status = 1
    try:
        data = io.BytesIO()
        pickler = pickle.Pickler(data, pickle.HIGHEST_PROTOCOL)
        pickler.dispatch_table = {MappingProxyType: _reduced}
        pickler.dump(work())
        with open(told, "wb") as pipe:
            pipe.write(data.getbuffer())
        status = 0
    except BaseException:  # noqa: S110 - its parent meets the same, and can tell it
        pass
    finally:
        os._exit(status)


def _reduced(value: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
    return _read_only, (value.copy(),)


def _read_only(value: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(value)
