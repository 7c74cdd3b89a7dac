"""Documents that were read before, kept outside the project between commands.

In: the bytes of files. Out: what `exai_specs.documents.read` gives of them. A cache that may be
absent and can't be wrong: an entry is found by the BLAKE2b digest of the bytes alone, and a pack of
entries belongs to one reader (the code that reads, Python, libyaml). Whatever else is found there
(a pack that is cut, changed, of another user, or none at all) is as if nothing were there; nothing
that fails here is told. Decision note 0005 says why `marshal`, and what guards it.

A pack is written whole, under another name, and put in place by a rename: of two writers the last
one wins. It holds what one project's files are now; the packs of all projects are bounded.
"""

from __future__ import annotations

import marshal
import os
import secrets
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import Document, read
from exai_specs.frozen import Json, thaw

VARIABLE = "EXAI_CACHE_DIR"
"""Names another folder than ~/.cache/exai; empty: no cache."""

FEW = 100  # files that are read as fast without
_LARGEST = 256 << 20  # bytes of a pack
_PACKS, _TOTAL = 24, 512 << 20  # of all projects; the oldest go first
_DIGEST = 32
_READERS = ("diagnostics", "documents", "frozen", "yaml_errors", "yaml_nodes", "yaml_scalars")
_OFF: ContextVar[bool] = ContextVar("no_cache", default=False)


@contextmanager
def no_cache() -> Iterator[None]:
    """Nothing inside is read from a cache, or written to one."""
    token = _OFF.set(True)
    try:
        yield
    finally:
        _OFF.reset(token)


class DocumentCache:
    """The documents of one project's files. Use it for one reading of all of them."""

    __slots__ = ("_entries", "_known", "_new", "_place")

    def __init__(self, place: Path | None) -> None:
        self._place = place
        self._known = _load(place) if place is not None else {}
        self._entries: dict[bytes, bytes] = {}
        self._new = False

    def read(self, data: bytes, path: str) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...]]:
        """As `exai_specs.documents.read`. Only files without a problem are kept."""
        if self._place is None:
            return read(data, path)
        key = blake2b(data, digest_size=_DIGEST).digest()
        if (packed := self._known.get(key)) is not None:
            self._entries[key] = packed
            return _unpacked(packed, path), ()
        documents, problems = read(data, path)
        if not problems:
            self._entries[key] = _packed(documents)
            self._new = True
        return documents, problems

    def save(self) -> None:
        """Keeps what was read, if any of it is new."""
        if self._place is None or not self._new or len(self._entries) < FEW:
            return
        with suppress(OSError, ValueError):
            _save(self._place, marshal.dumps(self._entries))
            _prune(self._place.parent)


def opened(root: Path) -> DocumentCache:
    """The cache of the project in a folder; one that keeps nothing where none may be used."""
    folder = None if _OFF.get() else _folder()
    if folder is None:
        return DocumentCache(None)
    name = blake2b(os.fsencode(os.path.realpath(root)), digest_size=16, key=_reader()).hexdigest()
    return DocumentCache(folder / f"{name}.documents")


def _folder() -> Path | None:
    given = os.environ.get(VARIABLE)
    if given is not None:
        return Path(given).absolute() / "documents" if given else None
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        above = Path(base) if base.startswith("/") else Path.home() / ".cache"
    except RuntimeError:  # nobody's home
        return None
    return above / "exai" / "documents"


def _reader() -> bytes:
    """A digest of all that decides what a file's bytes are read as."""
    import yaml

    digest = blake2b(digest_size=_DIGEST)
    libyaml = getattr(getattr(yaml, "_yaml", None), "get_version_string", str)()
    for text in (sys.version, sys.implementation.cache_tag, yaml.__version__, libyaml):
        digest.update(f"{text}\0".encode())
    for module in (*_READERS, "yaml_text"):
        found = find_spec(f"exai_specs.{module}")
        with suppress(OSError, TypeError):
            digest.update(Path(str(found and found.origin)).read_bytes())
    return digest.digest()


def _packed(documents: tuple[Document, ...]) -> bytes:
    return marshal.dumps(
        [(thaw(each.value), each.places, dict(each.written)) for each in documents]
    )


def _unpacked(packed: bytes, path: str) -> tuple[Document, ...]:
    return tuple(
        [
            Document(path, _frozen(value), places, MappingProxyType(written))
            for value, places, written in marshal.loads(packed)  # noqa: S302 - see `_load`
        ]
    )


def _frozen(value: dict[str, Any]) -> Mapping[str, Json]:
    return MappingProxyType({key: _frozen_item(item) for key, item in value.items()})


def _frozen_item(item: Any) -> Json:
    kind = type(item)
    if kind is dict:
        return _frozen(item)
    return tuple([_frozen_item(each) for each in item]) if kind is list else item


def _load(place: Path) -> dict[bytes, bytes]:
    """The entries of a pack that is whole, and nobody else's.

    `marshal` trusts its input, so what it gets was written by this user under a folder and a name
    that only this user can write to, and hasn't changed since: its digest stands before it.
    """
    with suppress(OSError, ValueError, EOFError, TypeError):
        if not _is_private(os.lstat(place.parent), 0o077):
            return {}
        handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(handle, "rb") as file:  # noqa: PTH123 - a descriptor
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode) or not _is_private(about, 0o022):
                return {}
            data = file.read(_LARGEST) if about.st_size <= _LARGEST else b""
        if blake2b(data[_DIGEST:], digest_size=_DIGEST).digest() == data[:_DIGEST]:
            os.utime(place)
            found = marshal.loads(data[_DIGEST:])  # noqa: S302 - as said above
            return found if isinstance(found, dict) else {}
    return {}


def _is_private(about: os.stat_result, forbidden: int) -> bool:
    return about.st_uid == os.geteuid() and not about.st_mode & forbidden


def _save(place: Path, data: bytes) -> None:
    """Raises OSError. A half-written file never has the pack's name."""
    if len(data) + _DIGEST > _LARGEST:
        return
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_private(os.lstat(place.parent), 0o077):
        return
    other = place.with_name(f"{place.name}.{secrets.token_hex(8)}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(other, flags, 0o600), "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(blake2b(data, digest_size=_DIGEST).digest())
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
