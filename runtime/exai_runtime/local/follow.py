"""A log as it grows. In: a file, how to know whether its writer goes on. Out: its lines, cleaned as
`log_tail` cleans them, the last ones first that are there already.

Only whole lines are told, but for what stands at the end when the writer has ended. A file that is
replaced or cut short (a run that is repeated) is read from its beginning again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from exai_runtime.local.log_tail import clean, tail

_POLL = 0.1  # seconds between two looks
_CHUNK = 1 << 20


def follow_lines(
    path: Path, lines: int, goes_on: Callable[[], bool], sleep: Callable[[float], None]
) -> Iterator[str]:
    """Ends when `goes_on` says no and everything was told."""
    # Kept open: another file can't get its inode meanwhile, and so is known to be another.
    stream = _open(path)
    held = b""
    try:
        if stream is not None:
            stream.seek(_whole(stream))
            if lines:
                yield from tail(path, lines, stream.tell())
        while True:
            # Asked before the file is read: what a writer wrote before it went is there then.
            more = goes_on()
            if not _same(stream, path):
                if stream is not None:
                    stream.close()
                stream, held = _open(path), b""
            while stream is not None and (data := stream.read(_CHUNK)):
                *whole, held = (held + data).split(b"\n")
                yield from clean(line.decode("utf-8", errors="replace") for line in whole)
            if not more:
                yield from clean([held.decode("utf-8", errors="replace")])
                return
            sleep(_POLL)
    finally:
        if stream is not None:
            stream.close()


def _open(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb", buffering=0)
    except OSError:
        return None


def _same(stream: BinaryIO | None, path: Path) -> bool:
    """Whether the path still leads to what is open, and that wasn't cut short."""
    try:
        there = path.stat()
    except OSError:
        return True  # gone, or not yet there: what is open is all there is
    if stream is None:
        return False
    mine = os.fstat(stream.fileno())
    return os.path.samestat(mine, there) and mine.st_size >= stream.tell()


def _whole(stream: BinaryIO) -> int:
    """Where the last whole line ends."""
    size = os.fstat(stream.fileno()).st_size
    start = max(0, size - _CHUNK)
    stream.seek(start)
    return start + stream.read(size - start).rfind(b"\n") + 1
