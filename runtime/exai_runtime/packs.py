"""Packs: what commands keep for each other outside the project, one file each.

In: a name, plain values. Out: those values again, or None. A pack may be absent, and what comes
back is what this user's exai wrote: whatever else is found (cut, changed, of another user) is as if
nothing were there, and nothing that fails here is told. Decision note 0005 says why `marshal`, and
what guards it.

A pack is written whole, under another name, and put in place by a rename: of two writers the last
one wins. The packs of all projects are bounded.
"""

from __future__ import annotations

import marshal
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any

VARIABLE = "EXAI_CACHE_DIR"
"""Names another folder than ~/.cache/exai; empty: no cache."""

_LARGEST = 256 << 20  # bytes of a pack
_PACKS, _TOTAL = 24, 512 << 20  # in one folder; the oldest go first
_DIGEST = 32
_OFF: ContextVar[bool] = ContextVar("no_cache", default=False)


@contextmanager
def no_cache() -> Iterator[None]:
    """Nothing inside is read from a cache, or written to one."""
    token = _OFF.set(True)
    try:
        yield
    finally:
        _OFF.reset(token)


def place_of(root: Path, suffix: str, reader: Callable[[], bytes]) -> Path | None:
    """Where the pack of a project's folder is, for one reader; None where none may be used."""
    folder = None if _OFF.get() else _folder()
    if folder is None:
        return None
    name = blake2b(os.fsencode(os.path.realpath(root)), digest_size=16, key=reader()).hexdigest()
    return folder / suffix / f"{name}.{suffix}"


def sources(package: str, endings: tuple[str, ...]) -> Iterator[str]:
    """The files of a package whose names end so, in order: of what a reader is made."""
    found = find_spec(package)
    for place in found.submodule_search_locations or () if found else ():
        for here, folders, files in os.walk(place):
            folders.sort()
            yield from (f"{here}/{name}" for name in sorted(files) if name.endswith(endings))


def digest_of(data: bytes) -> bytes:
    """What contents are told apart by."""
    return blake2b(data, digest_size=_DIGEST).digest()


def _folder() -> Path | None:
    given = os.environ.get(VARIABLE)
    if given is not None:
        return Path(given).absolute() if given else None
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        above = Path(base) if base.startswith("/") else Path.home() / ".cache"
    except RuntimeError:  # nobody's home
        return None
    return above / "exai"


def unpacked(place: Path) -> Any:
    """What a pack that is whole, and nobody else's, holds; None without one.

    `marshal` trusts its input, so what it gets was written by this user under a folder and a name
    that only this user can write to, and hasn't changed since: its digest stands before it.
    """
    with suppress(OSError, ValueError, EOFError, TypeError):
        if not _is_private(os.lstat(place.parent), 0o077):
            return None
        # A pipe would wait for a writer.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        handle = os.open(place, flags)
        with open(handle, "rb") as file:  # noqa: PTH123 - a descriptor
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode) or not _is_private(about, 0o022):
                return None
            data = file.read(_LARGEST) if about.st_size <= _LARGEST else b""
        if digest_of(data[_DIGEST:]) == data[:_DIGEST]:
            os.utime(place)
            return marshal.loads(data[_DIGEST:])  # noqa: S302 - as said above
    return None


def _is_private(about: os.stat_result, forbidden: int) -> bool:
    return about.st_uid == os.geteuid() and not about.st_mode & forbidden


def pack(place: Path, value: Any) -> None:
    """Keeps plain values there, and lets the oldest packs go."""
    with suppress(OSError, ValueError):
        _save(place, marshal.dumps(value))
        _prune(place.parent)


def _save(place: Path, data: bytes) -> None:
    """Raises OSError. A half-written file never has the pack's name."""
    if len(data) + _DIGEST > _LARGEST:
        return
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_private(os.lstat(place.parent), 0o077):
        return
    other = place.with_name(f"{place.name}.{os.urandom(8).hex()}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(other, flags, 0o600), "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(digest_of(data))
            file.write(data)
        other.replace(place)
    finally:
        other.unlink(missing_ok=True)


def _prune(folder: Path) -> None:
    """The oldest packs go, and what a killed writer left."""
    found = sorted(
        ((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in os.scandir(folder)),
        reverse=True,
    )
    total = 0
    for number, (_, size, path) in enumerate(found):
        total += size
        if number >= _PACKS or total > _TOTAL:
            Path(path).unlink(missing_ok=True)
