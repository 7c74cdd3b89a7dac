"""A log as it grows. In: a file, how to know whether its writer goes on. Out: its lines, cleaned as
`log_tail` cleans them, the last ones first that are there already.

Only whole lines are told, but for what stands at the end when the writer has ended. A file that is
replaced or cut short (a run that is repeated) is read from its beginning again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from exai_runtime.local.log_tail import clean, tail

_POLL = 0.1  # seconds between two looks
_CHUNK = 1 << 20


def follow_lines(
    path: Path, lines: int, goes_on: Callable[[], bool], sleep: Callable[[float], None]
) -> Iterator[str]:
    """Ends when `goes_on` says no and everything was told."""
    offset = _whole(path)
    inode = _inode(path)
    held = b""
    if lines:
        yield from tail(path, lines, offset)
    while True:
        # Asked before the file is read: what a writer wrote before it went is there then.
        more = goes_on()
        if _inode(path) != inode or _size(path) < offset:
            offset, inode, held = 0, _inode(path), b""
        while data := _read(path, offset):
            offset += len(data)
            *whole, held = (held + data).split(b"\n")
            yield from clean(line.decode("utf-8", errors="replace") for line in whole)
        if not more:
            yield from clean([held.decode("utf-8", errors="replace")])
            return
        sleep(_POLL)


def _whole(path: Path) -> int:
    """Where the last whole line ends."""
    size = _size(path)
    start = max(0, size - _CHUNK)
    data = _read(path, start)[: size - start]
    return start + data.rfind(b"\n") + 1


def _read(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            return stream.read(_CHUNK)
    except OSError:
        return b""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0
