"""Work on many things by two processes: this one, and a copy of it on another core.

In: a function and its arguments. Out: what it gives for each of them, in their order. Never: work
that anybody would miss: what the copy doesn't do, or can't hand over, is done here.

The copy is a fork: it knows all that was read without being told, and shares its memory until one
of both writes there. Both take part after part of the work from one pipe, so that on a busy core
less is done. What the copy made comes back through memory without a name.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO, FileIO
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

from exai_compiler.spread import Spread, in_turn

T = TypeVar("T")
R = TypeVar("R")

MANY = 1000
"""Files, documents or objects for which a copy of the process is worth its making."""

_PARTS = 128  # a part's number is a byte: of a pipe, one reader alone gets it
_LENGTH = 4  # bytes that say how long a part is
_ASKED_TO_END = (signal.SIGINT, signal.SIGTERM)


def spread_over(count: int) -> Spread:
    """How work on so many files, documents or objects is done here."""
    return in_two if count >= MANY and _may_fork() else in_turn


def _may_fork() -> bool:
    """Whether there is a second core, nobody who waits for all processes that end, and no thread
    that might hold a lock, which nobody would release in the copy. Where it isn't Linux, libraries
    of the system start threads of their own.
    """
    if not sys.platform.startswith("linux") or not hasattr(os, "memfd_create"):
        return False  # which a Python that is built for old systems lacks
    if len(os.sched_getaffinity(0)) < 2 or signal.getsignal(signal.SIGCHLD) != signal.SIG_DFL:
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
    with ExitStack() as at_the_end:
        found: Iterator[R] = map(work, items)
        # Where there is no room for a process, a pipe or a file, it is done without them.
        with suppress(OSError):
            found = _results(work, parts, *_begun(work, parts, at_the_end), pickle.loads)
        yield found


def _begun(
    work: Callable[[T], R], parts: Sequence[Sequence[T]], at_the_end: ExitStack
) -> tuple[FileIO, _Copy]:
    """The pipe of all parts that nobody has taken yet, and the copy, which takes the first."""

    def pipe() -> tuple[FileIO, FileIO]:
        read, write = os.pipe()
        return at_the_end.enter_context(FileIO(read)), at_the_end.enter_context(FileIO(write, "w"))

    tokens, end = pipe()
    end.write(bytes(range(len(parts))))
    end.close()
    numbers, number = pipe()
    texts = at_the_end.enter_context(FileIO(os.memfd_create("exai"), "r+"))
    # Until the copy has a life of its own, a signal would be told to both as to this process.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _ASKED_TO_END)
    try:
        copy = os.fork()
        if copy == 0:
            _live_as_copy(work, parts, tokens, texts, number, mask)
        at_the_end.callback(_ended, copy)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    number.close()
    return tokens, _Copy(texts, numbers)


def _ended(copy: int) -> None:
    os.kill(copy, signal.SIGKILL)  # whatever it is at: its number is its own until here
    os.waitpid(copy, 0)


def _live_as_copy(
    work: Callable[[T], R],
    parts: Sequence[Sequence[T]],
    tokens: FileIO,
    texts: FileIO,
    number: FileIO,
    mask: Iterable[int],
) -> NoReturn:
    """Hands over part after part, and ends, whatever happens, without a word: what goes wrong here
    goes wrong there as well."""
    try:
        for each in _ASKED_TO_END:
            signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        whose = os.getppid()
        while (token := tokens.read(1)) and os.getppid() == whose:
            try:
                text = _handed([work(item) for item in parts[token[0]]])
            except Exception:  # noqa: S112 - it is done again, where it is told
                continue
            if os.writev(texts.fileno(), [len(text).to_bytes(_LENGTH), text]) < _LENGTH + len(text):
                break  # no room for more
            number.write(token)
        number.close()  # to free the memory takes longer
    finally:
        os._exit(0)


def _results(
    work: Callable[[T], R],
    parts: Sequence[Sequence[T]],
    tokens: FileIO,
    copy: _Copy,
    read: Callable[[bytes], list[R]],
) -> Iterator[R]:
    """Part by part, as early as it is there: what is made of results is made while the copy goes
    on."""
    mine: dict[int, list[R]] = {}
    for number, part in enumerate(parts):
        while number not in mine and not copy.has(number):
            if token := tokens.read(1):
                mine[token[0]] = [work(item) for item in parts[token[0]]]
            elif not copy.goes_on():
                break
        if number in mine:
            yield from mine.pop(number)
        elif copy.has(number):
            yield from read(copy.made(number))  # which this very process wrote, as its copy
        else:
            yield from map(work, part)


class _Copy:
    """What the other process hands over: texts in a file without a name, and the number of each as
    a byte in a pipe, when it is whole."""

    __slots__ = ("_end", "_numbers", "_places", "_texts")

    def __init__(self, texts: FileIO, numbers: FileIO) -> None:
        self._texts = texts
        self._numbers = numbers
        self._places: dict[int, tuple[int, int]] = {}
        self._end = 0

    def has(self, number: int) -> bool:
        """Whether it has handed over this part by now."""
        os.set_blocking(self._numbers.fileno(), False)
        self._take(self._numbers.read(_PARTS) or b"")
        return number in self._places

    def goes_on(self) -> bool:
        """Whether it hands over another part, for which this waits; not when it has ended."""
        os.set_blocking(self._numbers.fileno(), True)
        found = self._numbers.read(_PARTS) or b""
        self._take(found)
        return bool(found)

    def _take(self, numbers: bytes) -> None:
        for number in numbers:
            start = self._end + _LENGTH
            length = int.from_bytes(os.pread(self._texts.fileno(), _LENGTH, self._end))
            self._places[number] = (start, length)
            self._end = start + length

    def made(self, number: int) -> bytes:
        """The text of a part, once."""
        start, length = self._places.pop(number)
        return os.pread(self._texts.fileno(), length, start)


def _handed(values: list[Any]) -> bytes:
    """What several of them share is written once."""
    import copyreg
    import pickle

    to = BytesIO()
    pickler = pickle.Pickler(to, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {**copyreg.dispatch_table, MappingProxyType: _read_only}
    pickler.dump(values)
    return to.getvalue()


def _read_only(mapping: MappingProxyType[Any, Any]) -> tuple[Callable[..., Any], tuple[Any]]:
    return _again_read_only, (mapping.copy(),)


def _again_read_only(mapping: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(mapping)
