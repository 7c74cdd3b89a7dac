"""Check a project's folder again: only what changed since the last time, and what that matters to.

In: a folder. Out: an `Outcome`, the same as that of a whole check. Decision note 0006 says why it
is. Whatever isn't plain (another `exai.yaml`, other Python, a link among the specs, ...) is checked
whole; reads below the folder, and writes nothing but the cache.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from exai_compiler.checks import check
from exai_compiler.neighbours import LeftOut, part
from exai_compiler.policies import UNUSED
from exai_runtime.compiling import check_project
from exai_runtime.folder import COMPONENT, SUFFIXES, DiskFolder, Folder
from exai_runtime.last_check import (
    File,
    Kept,
    Stamp,
    entries_of,
    file_of,
    grouped,
    kept,
    kept_of,
    reader,
    stamp_of,
)
from exai_runtime.packs import digest_of, pack, place_of, unpacked
from exai_runtime.python_files import asked_files, modules_around, read_text
from exai_runtime.workspace import ROOT_FILE, component_catalog, load
from exai_specs.allowances import Allowance, allowances
from exai_specs.diagnostics import MAX_IN_FILE, Diagnostic, has_errors, in_order
from exai_specs.documents import Document, read
from exai_specs.identity import Ref
from exai_specs.parse import Spec, parse_all

FEW = 100  # files that are checked as fast without
SUFFIX = "checks"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`counts` maps a kind to the number of its documents; `project` is the project's name, None
    if no document is one. The `sources` of what didn't change are read when asked for."""

    project: str | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    counts: Mapping[str, int]


class OnlyWhole(Exception):
    """Only a whole check tells."""


def recheck(root: Path) -> Outcome:
    """Every problem of every document."""
    place = place_of(root, SUFFIX, reader())
    if place is not None and (known := kept_of(unpacked(place))) is not None:
        with suppress(OnlyWhole, OSError):
            return _Again(root, place, known).outcome()
    return _whole(root, place)


def _whole(root: Path, place: Path | None) -> Outcome:
    began = time.time_ns()
    checked = check_project(load(root))
    loaded, project = checked.loaded, checked.project
    if place is not None and len(loaded.files) >= FEW:
        with suppress(OSError):
            entries = entries_of(checked, DiskFolder(root).kind)
            if (found := kept(checked, entries, began)) is not None:
                pack(place, found.plain())
    documents = (*project.all, *project.overlays) if project is not None else ()
    counts = Counter(spec.ref.kind for spec in documents)
    name = project.name if project is not None else None
    return Outcome(name, checked.diagnostics, loaded.sources, counts)


class _Again:
    """One look at a folder. Every method raises `OnlyWhole` where that is the only way, and OSError
    where files change meanwhile."""

    def __init__(self, root: Path, place: Path, known: Kept) -> None:
        self._folder = DiskFolder(root)
        self._place = place
        self._known = known
        self._began = time.time_ns()
        self._texts: dict[str, str] = {}
        self._allowed: list[Allowance] = []

    def outcome(self) -> Outcome:
        known = self._known
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
        python = python_texts(self._folder, known)
        if changed or gone:
            return self._mended(files, stamps, changed, gone, python)
        if files != known.files:
            pack(self._place, known._replace(files=files).plain())
        return self._told(known.found, files)

    def _looked(self) -> dict[str, os.stat_result]:
        """The files of specs as they are now; nothing is opened."""
        root = self._folder.root
        found = {ROOT_FILE: os.lstat(root / ROOT_FILE)}
        for entry, kind in self._known.entries:
            if not self._folder.inside(entry) or self._folder.kind(entry) != kind:
                raise OnlyWhole
            if kind == "folder":
                found |= _below(str(root / entry), Path(entry).as_posix())
            elif kind == "file":
                found[Path(entry).as_posix()] = os.lstat(root / entry)
        if not all(stat.S_ISREG(about.st_mode) for about in found.values()):
            raise OnlyWhole
        return found

    def _mended(
        self,
        files: dict[str, File],
        stamps: Mapping[str, os.stat_result],
        changed: Mapping[str, bytes],
        gone: Set[str],
        python: Mapping[str, str],
    ) -> Outcome:
        known = self._known
        old = {path: file for path in (*changed, *gone) if (file := files.pop(path, None))}
        if not known.reusable or any(file.is_everybodys for file in old.values()):
            raise OnlyWhole
        specs, problems = self._parsed(changed)
        for path, data in changed.items():
            mine = [spec for spec in specs if spec.document.path == path]
            asks = [asked for _, _, asked in asked_files(mine)]
            stamp = stamp_of(stamps[path], self._began)
            files[path] = file_of(mine, stamp, digest_of(data), asks)
            if files[path].is_everybodys:
                raise OnlyWhole
        new = {path: files[path] for path in changed}
        if asked(old) != asked(new):
            raise OnlyWhole
        if problems:
            return self._told(in_order(problems), files)
        group = near(known, files, old, new)
        context = {path for path, file in files.items() if file.is_everybodys}
        specs += self._unchanged((group | context) - changed.keys(), files)
        here = group | changed.keys() | gone
        catalog = replace(component_catalog(), files=python, modules=frozenset(known.modules))
        elsewhere = {
            Ref(*ref) for path, file in files.items() if path not in here for ref in file.refs
        }
        project = part(specs, elsewhere, self._allowed)
        if project is None:
            raise OnlyWhole
        try:
            found = check(project, catalog)
        except LeftOut:
            raise OnlyWhole from None
        merged = _merged(known, files, found, here, context, tuple(old.values()))
        if not has_errors(merged):
            self._keep(files, here - gone, gone, merged)
        return self._told(merged, files)

    def _parsed(self, changed: Mapping[str, bytes]) -> tuple[list[Spec], list[Diagnostic]]:
        documents: list[Document] = []
        problems: list[Diagnostic] = []
        for path, data in changed.items():
            some, wrong = read(data, path)
            documents += some
            problems += wrong
            self._texts[path] = data.decode("utf-8", errors="replace")
            problems += self._allowances(self._texts[path], path)
        specs, unread = parse_all(documents)
        return specs, [*problems, *unread]

    def _unchanged(self, paths: Set[str], files: Mapping[str, File]) -> list[Spec]:
        specs = read_again(self._folder, paths, files)
        for path in paths:
            self._allowances(self._folder.read(path).decode("utf-8", errors="replace"), path)
        return specs

    def _allowances(self, text: str, path: str) -> tuple[Diagnostic, ...]:
        found, wrong = allowances(text, path)
        self._allowed += found
        return wrong

    def _keep(
        self,
        files: dict[str, File],
        here: Set[str],
        gone: Set[str],
        found: tuple[Diagnostic, ...],
    ) -> None:
        known = self._known
        numbers = {path: number for path, number in known.groups.items() if path not in gone}
        first = max(known.groups.values(), default=-1) + 1
        regrouped = grouped({path: files[path] for path in here})
        numbers |= {path: first + number for path, number in regrouped.items()}
        pack(self._place, known._replace(files=files, groups=numbers, found=found).plain())

    def _told(self, found: tuple[Diagnostic, ...], files: Mapping[str, File]) -> Outcome:
        counts = Counter(kind for file in files.values() for kind, _ in file.refs)
        sources = _Sources(self._folder, (*files, *self._known.python), self._texts)
        return Outcome(self._known.project, found, sources, counts)


def python_texts(folder: Folder, known: Kept) -> dict[str, str]:
    """The texts of files that specs name, which must be what they were."""
    texts: dict[str, str] = {}
    for path, digest in known.python.items():
        try:
            text = read_text(folder, path)
        except ValueError:
            raise OnlyWhole from None
        if (None if text is None else digest_of(text.encode())) != digest:
            raise OnlyWhole
        if text is not None:
            texts[path] = text
    around = modules_around(folder, [path for path in texts if path.endswith(".py")])
    if tuple(sorted(around)) != known.modules:
        raise OnlyWhole
    return texts


def read_again(folder: Folder, paths: Iterable[str], files: Mapping[str, File]) -> list[Spec]:
    """The documents of files that are what they were."""
    documents: list[Document] = []
    for path in paths:
        data = folder.read(path)
        if digest_of(data) != files[path].digest:
            raise OnlyWhole
        documents += read(data, path)[0]
    return parse_all(documents)[0]


def asked(files: Mapping[str, File]) -> set[str]:
    return {path for file in files.values() for path in file.asks}


def near(
    known: Kept, files: Mapping[str, File], old: Mapping[str, File], new: Mapping[str, File]
) -> set[str]:
    """All files that matter to those that changed, as they were or as they are."""
    numbers = {known.groups[path] for path in old}
    before = {path: file.names for path, file in old.items()}
    come = {
        name
        for path, file in new.items()
        for name in file.names
        if name not in before.get(path, ())
    }
    by_name: dict[str, list[str]] = {}
    for path, file in files.items():
        if path in new or path not in known.groups:
            continue
        for name in file.names:
            by_name.setdefault(name, []).append(path)
        if come and any(f"\n{name}\n" in file.words for name in come):
            numbers.add(known.groups[path])
    said = {word for file in new.values() for word in file.words.split("\n")} | come
    numbers |= {known.groups[path] for word in said for path in by_name.get(word, ())}
    group = {path for path, number in known.groups.items() if number in numbers}
    return group & files.keys()


def _merged(
    known: Kept,
    files: Mapping[str, File],
    found: tuple[Diagnostic, ...],
    here: Set[str],
    context: Set[str],
    old: Iterable[File],
) -> tuple[Diagnostic, ...]:
    """What is found here, with what was found elsewhere."""
    # What matters to all is judged by all: the part must say of it what the whole said.
    shared = {each for each in known.found if each.at.path in context}
    said = {each for each in found if each.at.path not in here}
    if not shared <= said or not all(_used_elsewhere(each, old) for each in said - shared):
        raise OnlyWhole
    found = tuple([each for each in found if each.at.path in here or each in shared])
    others = [each for each in known.found if each.at.path not in here]
    if has_errors(found) and any(_late(each, files[each.at.path]) for each in others):
        raise OnlyWhole
    merged = in_order((*others, *found))
    if len(merged) > MAX_IN_FILE:
        raise OnlyWhole
    return merged


# Words of documents that may use anything: code of the user's own, and names that a run gives.
_ANYTHING = re.compile(r"\n(python|image|import|secret|[^\n]*\.ya?ml)\n")


def _used_elsewhere(found: Diagnostic, old: Iterable[File]) -> bool:
    """Whether something is unused here alone: the whole said before that somebody uses it, and the
    files that changed, as they were, weren't that."""
    if found.code not in ("unused-connection", "unused-secret"):
        return False
    names = re.findall("`(.*?)`", found.message.casefold())
    return bool(names) and not any(
        _ANYTHING.search(file.words) or f"\n{name}\n" in file.words
        for file in old
        for name in names
    )


def _late(found: Diagnostic, file: File) -> bool:
    """Whether this may be told only where nothing is wrong anywhere: what is rendered is judged
    last, and whether a comment silences something."""
    return file.patched or found.code == UNUSED


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
            elif name.endswith(SUFFIXES) and name != COMPONENT:
                yield here, entry.stat(follow_symlinks=False)


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
