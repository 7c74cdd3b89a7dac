"""Work on many things by two processes: this one, and a copy of it on another core.

In: a function and its arguments. Out: what it gives for each of them, in their order. Never: work
that anybody would miss: what the copy doesn't do, or can't hand over, is done here.

The copy is a fork: it knows all that was read without being told, and shares its memory until one
of both writes there. Both take part after part of the work from one pipe, so that on a busy core
less is done. What the copy made comes back through memory without a name.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

from exai_compiler.spread import Spread, in_turn

T = TypeVar("T")
R = TypeVar("R")

MANY = 1000
"""Documents of a project for which a copy of the process is worth its making."""

_PARTS = 128  # a part's number is a byte: of a pipe, one reader alone gets it
_LENGTH = 4  # bytes that say how long a part is
_ASKED_TO_END = (signal.SIGINT, signal.SIGTERM)


def spread_over(documents: int) -> Spread:
    """How work on a project of so many documents is done here."""
    return in_two if documents >= MANY and _may_fork() else in_turn


def _may_fork() -> bool:
    """Whether there is a second core, and no thread that might hold a lock, which nobody would
    release in the copy. Where it isn't Linux, libraries of the system start threads of their own.
    """
    if not sys.platform.startswith("linux") or len(os.sched_getaffinity(0)) < 2:
        return False
    try:
        return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - no Path is needed
    except OSError:
        return False


@contextmanager
def in_two(work: Callable[[T], R], items: Sequence[T]) -> Iterator[Iterator[R]]:
    """The copy begins at once; this process joins in when the first result is asked for."""
    import pickle  # here: the copy would have to import it for itself

    size = max(1, -(-len(items) // _PARTS))
    parts = [items[start : start + size] for start in range(0, len(items), size)]
    tokens, end = os.pipe()
    os.write(end, bytes(range(len(parts))))
    os.close(end)
    done, is_done = os.pipe()
    made = os.memfd_create("exai")
    # Until the copy has a life of its own, a signal would be told to both as to this process.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _ASKED_TO_END)
    copy = _forked()
    if copy == 0:
        _live_as_copy(work, parts, tokens, made, is_done, mask)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(is_done)
        yield _results(work, parts, tokens, made, done, pickle.loads)
    finally:
        if copy is not None:
            os.kill(copy, signal.SIGKILL)  # whatever it is at: its number is its own until here
            os.waitpid(copy, 0)
        for each in (tokens, done, made):
            os.close(each)


def _forked() -> int | None:
    """The copy's number, 0 in the copy; None where the system has no room for one."""
    try:
        return os.fork()
    except OSError:
        return None


def _live_as_copy(
    work: Callable[[T], R],
    parts: Sequence[Sequence[T]],
    tokens: int,
    made: int,
    is_done: int,
    mask: Iterable[int],
) -> NoReturn:
    """Hands over part after part, and ends, whatever happens, without a word: what goes wrong here
    goes wrong there as well."""
    try:
        for each in _ASKED_TO_END:
            signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        whose = os.getppid()
        while (token := os.read(tokens, 1)) and os.getppid() == whose:
            try:
                text = _handed([work(item) for item in parts[token[0]]])
            except Exception:  # noqa: S112 - it is done again, where it is told
                continue
            os.writev(made, [token, len(text).to_bytes(_LENGTH), text])
        os.close(is_done)  # to free the memory takes longer
    finally:
        os._exit(0)


def _results(
    work: Callable[[T], R],
    parts: Sequence[Sequence[T]],
    tokens: int,
    made: int,
    done: int,
    read: Callable[[memoryview], list[R]],
) -> Iterator[R]:
    mine: dict[int, list[R]] = {}
    while token := os.read(tokens, 1):
        mine[token[0]] = [work(item) for item in parts[token[0]]]
    os.read(done, 1)  # nothing is ever written there: the copy has closed it, or has ended
    texts = memoryview(os.pread(made, os.fstat(made).st_size, 0))
    theirs = _by_number(texts)
    for number, part in enumerate(parts):
        if number in mine:
            yield from mine.pop(number)
        elif number in theirs:
            yield from read(theirs[number])  # which this very process wrote, as its copy
        else:
            yield from map(work, part)


def _by_number(texts: memoryview) -> Mapping[int, memoryview]:
    """The parts that the copy handed over whole."""
    found: dict[int, memoryview] = {}
    at, head = 0, 1 + _LENGTH
    while at + head <= len(texts):
        start = at + head
        end = start + int.from_bytes(texts[at + 1 : start])
        if end <= len(texts):
            found[texts[at]] = texts[start:end]
        at = end
    return found


def _handed(values: list[Any]) -> bytes:
    """What several of them share is written once."""
    import copyreg
    import pickle

    to = io.BytesIO()
    pickler = pickle.Pickler(to, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {**copyreg.dispatch_table, MappingProxyType: _read_only}
    pickler.dump(values)
    return to.getvalue()


def _read_only(mapping: MappingProxyType[Any, Any]) -> tuple[Callable[..., Any], tuple[Any]]:
    return _again_read_only, (mapping.copy(),)


def _again_read_only(mapping: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(mapping)
