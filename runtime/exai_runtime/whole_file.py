"""A file that is there whole or not at all.

In: a place and a text. Out: the file, by rename. Never: through a link that lies beside it, which
anybody who wrote the folder may have put there. A half-written file is locked by the kernel while
its writer lives: by that what a killed process left is known, and it goes with the next writing. In
steps `exai_components.half_written` does the same.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_HALF = re.compile(r"\.exai-[0-9a-f]{16}\.new")


def write_whole(place: Path, text: str, mode: int | None = None) -> Path:
    """Raises OSError, and leaves nothing then."""
    remove_halves(place.parent)
    return write_beside(place, text.encode(), mode)


def write_beside(place: Path, data: bytes, mode: int | None = None) -> Path:
    """As `write_whole`, for who writes many files and calls `remove_halves` once."""
    fresh, stream = _opened(place.parent)
    try:
        with stream:
            if mode is not None:
                os.fchmod(stream.fileno(), mode)
            stream.write(data)
            stream.flush()
            return fresh.replace(place)
    finally:
        fresh.unlink(missing_ok=True)  # it is there no longer, unless something came between


def remove_halves(folder: Path) -> None:
    """What processes that were killed while they wrote have left in this folder."""
    with suppress(OSError):
        for half in [each for each in folder.iterdir() if _HALF.fullmatch(each.name)]:
            with suppress(OSError):
                _remove(half)


def _remove(half: Path) -> None:
    """Raises OSError when its writer lives, and for what is no file."""
    descriptor = os.open(half, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        half.unlink()
    finally:
        os.close(descriptor)


def _opened(folder: Path) -> tuple[Path, BinaryIO]:
    """A file of this process alone, under its lock."""
    while True:
        fresh = folder / f".exai-{os.urandom(8).hex()}.new"
        stream = fresh.open("xb")  # follows no link, and takes no file
        with suppress(OSError):  # a file system without locks removes nothing, either
            fcntl.flock(stream, fcntl.LOCK_EX)
        if os.fstat(stream.fileno()).st_nlink:
            return fresh, stream
        stream.close()  # somebody took it for a left one before it was locked
