"""Documents that were read before, kept outside the project between commands.

In: the bytes of files. Out: what `exai_specs.documents.read` gives of them. A cache that may be
absent and can't be wrong: an entry is found by the BLAKE2b digest of the bytes alone, and a pack of
entries belongs to one reader (the code that reads, Python, libyaml). It holds what one project's
files are now.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from typing import TypeAlias

from exai_runtime.packs import digest_of, pack, place_of, sources, unpacked
from exai_runtime.two_processes import spread_over
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import Document, read

File: TypeAlias = tuple[str, bytes]
"""A path and the content."""
Read: TypeAlias = tuple[tuple[Document, ...], tuple[Diagnostic, ...]]

FEW = 100  # files that are read as fast without


class DocumentCache:
    """The documents of one project's files. Use it for one reading of all of them."""

    __slots__ = ("_entries", "_known", "_new", "_place")

    def __init__(self, place: Path | None) -> None:
        self._place = place
        self._known = _entries(place) if place is not None else {}
        self._entries: dict[bytes, bytes] = {}
        self._new = False

    def read(self, files: Sequence[File]) -> Iterator[Read]:
        """What `exai_specs.documents.read` gives of each of these files, in their order. Only those
        without a problem are kept."""
        keys = [b"" if self._place is None else digest_of(data) for _, data in files]
        new = [file for key, file in zip(keys, files, strict=True) if key not in self._known]
        with spread_over(len(new))(_read, new) as found:
            for key, (path, data) in zip(keys, files, strict=True):
                if (packed := self._known.get(key)) is not None:
                    self._entries[key] = packed
                    yield _unpacked(packed, path, data.decode()), ()
                    continue
                documents, problems = next(found)
                if self._place is not None and not problems:
                    self._entries[key] = _packed(documents)
                    self._new = True
                yield documents, problems

    def save(self) -> None:
        """Keeps what was read, if any of it is new."""
        if self._place is None or not self._new or len(self._entries) < FEW:
            return
        pack(self._place, self._entries)


def _read(file: File) -> Read:
    path, data = file
    return read(data, path)


def opened(root: Path) -> DocumentCache:
    """The cache of the project in a folder; one that keeps nothing where none may be used."""
    return DocumentCache(place_of(root, "documents", _reader))


def _entries(place: Path) -> dict[bytes, bytes]:
    found = unpacked(place)
    return found if isinstance(found, dict) else {}


def _reader() -> bytes:
    """A digest of all that decides what a file's bytes are read as."""
    digest = blake2b(digest_size=32)
    for text in (sys.version, sys.implementation.cache_tag, sys.byteorder, *_yaml()):
        digest.update(f"{text}\0".encode())
    # All of it: a list of those that take part in `read` would leave one out some day.
    for path in sources("exai_specs", (".py",)):
        digest.update(f"{path}\0".encode())
        digest.update(Path(path).read_bytes())
    return digest.digest()


def _yaml() -> Iterator[str]:
    """PyYAML with its libyaml, as it is installed: most projects are read without importing it."""
    found = find_spec("yaml")
    for folder in found.submodule_search_locations or () if found else ():
        yield folder
        with suppress(OSError), os.scandir(folder) as files:  # it may be in an archive
            for file in sorted(files, key=attrgetter("name")):
                if file.is_file():
                    about = file.stat()
                    yield f"{file.name} {about.st_size} {about.st_mtime_ns}"


def _packed(documents: tuple[Document, ...]) -> bytes:
    return marshal.dumps([(each.thawed, each.places) for each in documents])


def _unpacked(packed: bytes, path: str, text: str) -> tuple[Document, ...]:
    return tuple(
        [
            Document.unfrozen(path, value, text, places)
            for value, places in marshal.loads(packed)  # noqa: S302 - see `packs.unpacked`
        ]
    )
