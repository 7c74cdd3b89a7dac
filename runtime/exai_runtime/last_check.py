"""What the last check of a project's folder found, and all that it depends on.

In: a pack. Out: a `Kept`, made of plain values, so that a pack of 10,000 files is read at once.
Judges nothing, and imports nothing of the language: `keeping` makes one, `rechecking` says when it
still holds.
"""

from __future__ import annotations

import functools
import os
import sys
from contextlib import suppress
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from exai_runtime.folder import ROOT_FILE
from exai_runtime.packs import sources
from exai_specs.diagnostics import Diagnostic, Severity, Span

Stamp = tuple[int, int, int, int, int]
"""Size, times of content and of status, number and device: what changes when a file does."""

_JUST_NOW = 2_000_000_000  # nanoseconds; a coarse clock of a disk may give two contents one time


class OnlyWhole(Exception):
    """Only a whole check tells."""


class File(NamedTuple):
    """One file of specs. `words` are joined by line ends; `asks` are other files that it names."""

    stamp: Stamp | None
    digest: bytes
    refs: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    words: str
    asks: tuple[str, ...]
    patched: bool


class Kept(NamedTuple):
    """`entries` are what `spec.specs` names, with what stands there; `groups` number the files that
    matter to each other (`neighbours`); `python` are the digests of the files that specs name, None
    where there is none. A `reusable` one can be mended where files changed; any holds as long as
    nothing did. `lock` is the digest of `exai.lock`.
    """

    project: str
    entries: tuple[tuple[str, str], ...]
    files: dict[str, File]
    groups: dict[str, int]
    found: tuple[Diagnostic, ...]
    python: dict[str, bytes | None]
    modules: tuple[str, ...]
    reusable: bool
    lock: bytes | None = None

    def plain(self) -> tuple[object, ...]:
        """As a pack has it."""
        files = {path: tuple(file) for path, file in self.files.items()}
        found = tuple([_plain(each) for each in self.found])
        return (*self[:2], files, self.groups, found, *self[5:])


def kept_of(plain: Any) -> Kept | None:
    """What a pack holds. Its reader wrote it, so its shape is known."""
    if plain is None:
        return None
    project, entries, files, numbers, found, python, modules, reusable, lock = plain
    return Kept(
        project,
        entries,
        {path: File._make(file) for path, file in files.items()},
        numbers,
        tuple([_diagnostic(*each) for each in found]),
        python,
        modules,
        reusable,
        lock,
    )


def stamp_of(about: os.stat_result, began: int) -> Stamp | None:
    """What a file looks like from outside; None while that tells nothing: it changed just before
    its content was read (which began at this time), or may have since."""
    if max(about.st_mtime_ns, about.st_ctime_ns) > began - _JUST_NOW:
        return None
    return (about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino, about.st_dev)


@functools.cache
def reader() -> bytes:
    """A digest of all that decides what a project's files mean: exai itself, and the libraries."""
    digest = blake2b(digest_size=32)
    digest.update(f"{sys.version}\0{ROOT_FILE}\0".encode())
    for package, endings in (
        ("exai_specs", (".py",)),
        ("exai_compiler", (".py", ".json")),
        ("exai_runtime", (".py",)),
        ("exai_components", ("component.yaml",)),
    ):
        for path in sources(package, endings):
            digest.update(f"{path}\0".encode())
            digest.update(Path(path).read_bytes())
    for library in ("yaml", "pydantic", "pydantic_core"):
        found = find_spec(library)
        with suppress(OSError, TypeError):
            about = os.stat(str(found and found.origin))  # noqa: PTH116 - no Path is needed
            stamp = (about.st_size, about.st_mtime_ns, about.st_ino)
            digest.update(f"{library}\0{found and found.origin}\0{stamp}\0".encode())
    return digest.digest()


def _plain(each: Diagnostic) -> tuple[object, ...]:
    related = tuple([(text, _place(at)) for text, at in each.related])
    return (
        each.code,
        each.message,
        _place(each.at),
        each.severity,
        each.hint,
        related,
        each.environments,
    )


def _place(at: Span) -> tuple[str, int, int]:
    return (at.path, at.line, at.column)


def _diagnostic(
    code: str,
    message: str,
    at: tuple[str, int, int],
    severity: Severity,
    hint: str,
    related: Any,
    environments: tuple[str, ...],
) -> Diagnostic:
    around = tuple([(text, Span(*place)) for text, place in related])
    return Diagnostic(code, message, Span(*at), severity, hint, around, environments)
