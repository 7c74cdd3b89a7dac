"""What is written beside its place and renamed when it is whole.

In: a folder. Out: a file or a folder in it that nobody else can know the name of, gone at the end
unless it was renamed. It is locked by the kernel while its writer lives: by that what a killed
process left is known, and it goes when the next one writes there. Never: another's. Outside of
steps `exai_runtime.whole_file` does the same, for nothing here is imported there.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HALF = re.compile(r"\.exai-[0-9a-f]{16}\.new")


@contextmanager
def half_written(beside: Path, *, folder: bool = False) -> Iterator[Path]:
    """An empty file, or folder, in the folder `beside`."""
    _remove_left(beside)
    half, descriptor = _made(beside, folder)
    try:
        yield half
    finally:
        _remove(half)
        os.close(descriptor)


def _made(beside: Path, folder: bool) -> tuple[Path, int]:
    while True:
        half = beside / f".exai-{os.urandom(8).hex()}.new"
        if folder:
            half.mkdir()
        else:
            half.touch(exist_ok=False)
        try:
            descriptor = _locked(half, fcntl.LOCK_EX)
        except FileNotFoundError:
            continue  # somebody took it for a left one before it was locked
        if half.exists():
            return half, descriptor
        os.close(descriptor)


def _locked(half: Path, how: int) -> int:
    """Raises OSError when it is gone, no file or folder, or another's and `how` doesn't wait."""
    # NFS locks nothing that isn't open for writing; a folder can't be.
    access = os.O_RDONLY if half.is_dir() else os.O_RDWR
    descriptor = os.open(half, access | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, how)
    except OSError:
        # A file system without locks has nothing removed, either.
        if how & fcntl.LOCK_NB:
            os.close(descriptor)
            raise
    return descriptor


def _remove_left(beside: Path) -> None:
    with suppress(OSError):  # a folder that nobody may list is written all the same
        for left in [each for each in beside.iterdir() if _HALF.fullmatch(each.name)]:
            with suppress(OSError):
                descriptor = _locked(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
                try:
                    _remove(left)
                finally:
                    os.close(descriptor)


def _remove(half: Path) -> None:
    if half.is_dir():
        shutil.rmtree(half, ignore_errors=True)
    else:
        half.unlink(missing_ok=True)
