"""Check a project's folder again: only what changed since the last time, and what that matters to.

In: a folder. Out: an `Outcome`, the same as that of a whole check. Decision note 0006 says why it
is. Whatever isn't plain (another `exai.yaml`, other Python, a link among the specs, ...) is checked
whole; reads below the folder, and writes nothing but the cache.
"""

from __future__ import annotations

import os
import stat
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from exai_runtime.folder import COMPONENT, ROOT_FILE, SUFFIXES, DiskFolder, unread_file
from exai_runtime.last_check import Kept, OnlyWhole, Stamp, kept_of, reader, stamp_of
from exai_runtime.lock_file import FILE as LOCK
from exai_runtime.lock_file import digest_in
from exai_runtime.packs import digest_of, pack, place_of, unpacked
from exai_specs.diagnostics import Diagnostic
from exai_specs.values import frozen

FEW = 100  # files that are checked as fast without
SUFFIX = "checks"


@frozen
class Outcome:
    """`counts` maps a kind to the number of its documents; `project` is the project's name, None
    if no document is one. The `sources` of what didn't change are read when asked for. `kept` is
    what the next check may know of this one."""

    project: str | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    counts: Mapping[str, int]
    kept: Kept | None = None


def recheck(root: Path, to_compare: bool = False) -> Outcome:
    """Every problem of every document; with all that a comparison goes by, if there is one to come,
    even where no cache is."""
    place = place_of(root, SUFFIX, reader)
    if place is not None and (known := kept_of(unpacked(place))) is not None:
        with suppress(OnlyWhole, OSError):
            return _Again(root, place, known).outcome()
    return _whole(root, place, to_compare)


def _whole(root: Path, place: Path | None, to_compare: bool) -> Outcome:
    from exai_runtime.compiling import check_project
    from exai_runtime.keeping import entries_of, kept
    from exai_runtime.workspace import load

    began = time.time_ns()
    checked = check_project(load(root))
    loaded, project = checked.loaded, checked.project
    found = None
    if (place is not None or to_compare) and len(loaded.files) >= FEW:
        with suppress(OSError):
            entries = entries_of(checked, DiskFolder(root).kind)
            found = kept(checked, entries, began)
            if found is not None and place is not None:
                pack(place, found.plain())
    documents = (*project.all, *project.overlays) if project is not None else ()
    counts = Counter(spec.ref.kind for spec in documents)
    name = project.name if project is not None else None
    return Outcome(name, checked.diagnostics, loaded.sources, counts, found)


class _Again:
    """One look at a folder. Every method raises `OnlyWhole` where that is the only way, and OSError
    where files change meanwhile."""

    def __init__(self, root: Path, place: Path, known: Kept) -> None:
        self._folder = DiskFolder(root)
        self._place = place
        self._known = known
        self._began = time.time_ns()

    def outcome(self) -> Outcome:
        known = self._known
        if digest_in(self._folder) != known.lock:
            raise OnlyWhole
        stamps = self._looked()
        changed: dict[str, bytes] = {}
        files = dict(known.files)
        for path, about in stamps.items():
            before = files.get(path)
            if before is not None and before.stamp == _stamp(about):
                continue
            data = self._folder.read(path)
            if before is None or digest_of(data) != before.digest:
                changed[path] = data
            else:
                files[path] = before._replace(stamp=stamp_of(about, self._began))
        gone = known.files.keys() - stamps.keys()
        python: Mapping[str, str] = {}
        if known.python:
            from exai_runtime.mending import python_texts

            python = python_texts(self._folder, known)
        if changed or gone:
            from exai_runtime.mending import Mending

            mending = Mending(self._folder, self._place, known, self._began)
            now = mending.mended(files, stamps, changed, gone, python)
            return self._told(now, mending.texts)
        if files != known.files:
            known = known._replace(files=files)
            pack(self._place, known.plain())
        return self._told(known, {})

    def _looked(self) -> dict[str, os.stat_result]:
        """The files of specs as they are now; nothing is opened."""
        root = self._folder.root
        found = {ROOT_FILE: os.lstat(root / ROOT_FILE)}
        for entry, kind in self._known.entries:
            # Of an absolute one the paths of files aren't told from it.
            if os.path.isabs(entry):  # noqa: PTH117 - no Path is needed
                raise OnlyWhole
            if not self._folder.inside(entry) or self._folder.kind(entry) != kind:
                raise OnlyWhole
            if kind == "folder":
                found |= _below(str(root / entry), Path(entry).as_posix())
            elif kind == "file":
                found[Path(entry).as_posix()] = os.lstat(root / entry)
        if not all(stat.S_ISREG(about.st_mode) for about in found.values()):
            raise OnlyWhole
        return found

    def _told(self, now: Kept, texts: dict[str, str]) -> Outcome:
        counts = Counter([kind for file in now.files.values() for kind, _ in file.refs])
        others = (*now.python, *((LOCK,) if now.lock is not None else ()))
        sources = _Sources(self._folder, (*now.files, *others), texts)
        return Outcome(now.project, now.found, sources, counts, now)


def _below(place: str, path: str) -> Iterator[tuple[str, os.stat_result]]:
    """As `DiskFolder.spec_files`, with what each file looks like from outside."""
    with os.scandir(place) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            here = name if path == "." else f"{path}/{name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, here)
            elif name == COMPONENT:
                continue
            elif name.endswith(SUFFIXES) and not (entry.is_symlink() and entry.is_dir()):
                yield here, entry.stat(follow_symlinks=False)
            elif unread_file(here, entry.path):
                raise OnlyWhole


def _stamp(about: os.stat_result) -> Stamp:
    return (about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino, about.st_dev)


class _Sources(Mapping[str, str]):
    """The texts of files, read when asked for."""

    def __init__(self, folder: DiskFolder, paths: tuple[str, ...], texts: dict[str, str]) -> None:
        self._folder, self._paths, self._texts = folder, paths, texts

    def __getitem__(self, path: str) -> str:
        if path not in self._texts:
            if path not in self._paths:
                raise KeyError(path)
            try:
                self._texts[path] = self._folder.read(path).decode("utf-8", errors="replace")
            except OSError:
                raise KeyError(path) from None
        return self._texts[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)
