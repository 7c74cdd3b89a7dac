"""The last result, mended: what changed, and what that matters to, is checked again.

In: what was kept, the contents that changed. Out: every problem of the project, as a whole check
tells them; `OnlyWhole` where only that can. Decision note 0006 says why it is the same.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from pathlib import Path

from exai_compiler.checks import check
from exai_compiler.named_files import asked_files
from exai_compiler.neighbours import LeftOut, part
from exai_compiler.policies import UNUSED
from exai_runtime.folder import DiskFolder, Folder
from exai_runtime.keeping import file_of, grouped, is_everybodys
from exai_runtime.last_check import File, Kept, OnlyWhole, stamp_of
from exai_runtime.lock_file import read_lock
from exai_runtime.packs import digest_of, pack
from exai_runtime.python_files import modules_around, read_text
from exai_runtime.workspace import component_catalog
from exai_specs.allowances import Allowance, allowances
from exai_specs.diagnostics import MAX_IN_FILE, MORE, Diagnostic, has_errors, in_order
from exai_specs.documents import Document, read
from exai_specs.identity import Ref
from exai_specs.parse import Spec, parse_all
from exai_specs.regexes import regex
from exai_specs.values import replace


class Mending:
    """One look at what changed; `texts` are those of the files that it read. It raises `OnlyWhole`
    where that is the only way, and OSError where files change meanwhile."""

    def __init__(self, folder: DiskFolder, place: Path, known: Kept, began: int) -> None:
        self._folder = folder
        self._place = place
        self._known = known
        self._began = began
        self.texts: dict[str, str] = {}
        self._allowed: list[Allowance] = []

    def mended(
        self,
        files: dict[str, File],
        stamps: Mapping[str, os.stat_result],
        changed: Mapping[str, bytes],
        gone: Set[str],
        python: Mapping[str, str],
    ) -> Kept:
        """What there is now, with every problem. `files` becomes that."""
        known = self._known
        old = {path: file for path in (*changed, *gone) if (file := files.pop(path, None))}
        if not known.reusable or any(is_everybodys(file) for file in old.values()):
            raise OnlyWhole
        specs, problems = self._parsed(changed)
        for path, data in changed.items():
            mine = [spec for spec in specs if spec.document.path == path]
            asks = [asked for _, _, asked in asked_files(mine)]
            stamp = stamp_of(stamps[path], self._began)
            files[path] = file_of(mine, stamp, digest_of(data), asks)
            if is_everybodys(files[path]):
                raise OnlyWhole
        new = {path: files[path] for path in changed}
        if asked(old) != asked(new):
            raise OnlyWhole
        if problems:  # what waits for a document that can't be read, the whole tells
            raise OnlyWhole
        group = near(known, files, old, new)
        # What matters to all is in no group.
        alone = files.keys() - known.groups.keys()
        context = {path for path in alone if is_everybodys(files[path])}
        specs += self._unchanged((group | context) - changed.keys(), files)
        here = group | changed.keys() | gone
        catalog = replace(component_catalog(), files=python, modules=frozenset(known.modules))
        elsewhere = {
            Ref(*ref) for path, file in files.items() if path not in here for ref in file.refs
        }
        project = part(specs, elsewhere, self._allowed)
        if project is None:
            raise OnlyWhole
        project = replace(project, lock=read_lock(self._folder).lock)
        try:
            found = check(project, catalog)
        except LeftOut:
            raise OnlyWhole from None
        merged = _merged(known, files, found, here, context, tuple(old.values()))
        now = self._now(files, here - gone, gone, merged)
        if not has_errors(merged):
            pack(self._place, now.plain())
        return now

    def _parsed(self, changed: Mapping[str, bytes]) -> tuple[list[Spec], list[Diagnostic]]:
        documents: list[Document] = []
        problems: list[Diagnostic] = []
        for path, data in changed.items():
            some, wrong = read(data, path)
            documents += some
            problems += wrong
            self.texts[path] = data.decode("utf-8", errors="replace")
            problems += self._allowances(self.texts[path], path)
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

    def _now(
        self,
        files: dict[str, File],
        here: Set[str],
        gone: Set[str],
        found: tuple[Diagnostic, ...],
    ) -> Kept:
        known = self._known
        numbers = {path: number for path, number in known.groups.items() if path not in gone}
        first = max(known.groups.values(), default=-1) + 1
        regrouped = grouped({path: files[path] for path in here})
        numbers |= {path: first + number for path, number in regrouped.items()}
        return known._replace(files=files, groups=numbers, found=found)


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
    said = {word for file in new.values() for word in file.words.split("\n")} | come
    words = [f"\n{name}\n" for name in come]
    for path, file in files.items():
        if said.isdisjoint(file.names) and not (words and any(map(file.words.__contains__, words))):
            continue
        if path not in new and path in known.groups:
            numbers.add(known.groups[path])
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
    if any(each.code == MORE for each in found) or (
        len(merged) > MAX_IN_FILE and not _as_before(merged, known.found)
    ):
        raise OnlyWhole
    return merged


def _as_before(now: Iterable[Diagnostic], before: Iterable[Diagnostic]) -> bool:
    """Whether all of it was told before, wherever: of a thousand and more that are told, a rule may
    have any number, and one more may be too many for its list."""
    told = Counter([(each.code, each.message) for each in before])
    return Counter([(each.code, each.message) for each in now]) <= told


# Words of documents that may use anything: code of the user's own, and names that a run gives.
_ANYTHING = regex(r"\n(python|image|import|secret|[^\n]*\.ya?ml)\n")


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
