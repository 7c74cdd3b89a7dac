"""What another revision changes, and what that matters to: the parts of both that are compared.

In: the working tree's folder, with what its check has kept, and the other revision's. Out: two
projects that hold the same of each, or None where only the whole tells. What is left out is the
same on both sides, so no plan speaks of it (decision note 0006).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from exai_compiler.catalog import Catalog
from exai_compiler.checks import check
from exai_compiler.named_files import asked_files
from exai_compiler.neighbours import LeftOut, part
from exai_compiler.project import Project
from exai_runtime.folder import ROOT_FILE, DiskFolder, Folder
from exai_runtime.git_commands import RevisionError
from exai_runtime.git_objects import GitFolder
from exai_runtime.keeping import file_of, is_everybodys
from exai_runtime.last_check import File, Kept, OnlyWhole, reader
from exai_runtime.lock_file import FILE as LOCK
from exai_runtime.lock_file import digest_in, read_lock
from exai_runtime.mending import asked, near, python_texts, read_again
from exai_runtime.packs import digest_of, pack, place_of, unpacked
from exai_runtime.workspace import component_catalog
from exai_specs.allowances import Allowance, allowances
from exai_specs.diagnostics import Diagnostic, has_errors
from exai_specs.documents import Document, read
from exai_specs.identity import Ref
from exai_specs.parse import Spec, parse_all
from exai_specs.values import frozen, replace

# Kinds that the feature repository is made of: one object for the whole project.
_FEATURES = frozenset({"Entity", "FeatureService", "FeatureView"})


@frozen
class Parts:
    """The old and the new project, as far as they can differ."""

    base: Project
    head: Project
    catalog: Catalog


BLOBS = "blobs"
"""Packs of what git's hashes of files mean: the digests of their contents."""


def parts(root: Path, revision: GitFolder, known: Kept) -> Parts | None:
    """Of a working tree whose documents can all be read."""
    if not known.reusable:
        return None
    with suppress(OnlyWhole, OSError, LeftOut, RevisionError):
        revision = revision.holding((LOCK, *known.python))
        digests, revision = _digests(root, revision, _listed(revision, known))
        if digests[ROOT_FILE] != known.files[ROOT_FILE].digest:
            return None
        return _parts(DiskFolder(root), revision, known, digests)
    return None


def _digests(
    root: Path, revision: GitFolder, paths: Iterable[str]
) -> tuple[Mapping[str, bytes], GitFolder]:
    """The digests of these files, and the revision with what had to be read. A hash of git's means
    one content for ever, so what was read of it once needn't be read again."""
    place = place_of(root, BLOBS, reader)
    known: Mapping[str, bytes] = (unpacked(place) if place is not None else None) or {}
    objects = {path: revision.object_of(path) for path in paths}
    unknown = [path for path, object_ in objects.items() if object_ not in known]
    revision = revision.holding(unknown)
    read_ = {objects[path]: digest_of(revision.read(path)) for path in unknown}
    found = {
        path: read_[object_] if object_ in read_ else known[object_]
        for path, object_ in objects.items()
    }
    if read_ and place is not None:
        pack(place, {object_: found[path] for path, object_ in objects.items()})
    return found, revision


def _parts(
    disk: DiskFolder, revision: GitFolder, known: Kept, data: Mapping[str, bytes]
) -> Parts | None:
    new = known.files
    paths = [path for path, told in data.items() if path not in new or new[path].digest != told]
    revision = revision.holding(paths)
    changed = {path: revision.read(path) for path in paths}
    texts = python_texts(revision, known)
    specs, allowed = _read(changed)
    old: dict[str, File] = {}
    for path, content in changed.items():
        mine = [spec for spec in specs if spec.document.path == path]
        asks = [file for _, _, file in asked_files(mine)]
        old[path] = file_of(mine, None, digest_of(content), asks)
    touched = {path: new[path] for path in new if path in changed or path not in data}
    everything = (*old.values(), *touched.values())
    if digest_in(revision) != known.lock:
        return None
    if any(is_everybodys(file) for file in everything) or asked(old) != asked(touched):
        return None
    group = near(known, {**new, **old}, touched, old)
    context = {path for path in new.keys() - known.groups.keys() if is_everybodys(new[path])}
    shared = read_again(disk, (group | context) - touched.keys() - old.keys(), new)
    here = group | touched.keys() | context
    refs = {Ref(*ref) for path, file in new.items() if path not in here for ref in file.refs}
    head = part((*shared, *read_again(disk, touched.keys(), new)), refs)
    base = part((*shared, *specs), refs, allowed)
    lock = read_lock(disk).lock
    if head is None or base is None or (lock is None and known.lock is not None):
        return None
    head, base = replace(head, lock=lock), replace(base, lock=lock)
    if not _same_repository(base, head, refs):
        return None
    catalog = replace(component_catalog(), files=texts, modules=frozenset(known.modules))
    if has_errors(check(base, catalog)):
        return None
    return Parts(base, head, catalog)


def _listed(revision: Folder, known: Kept) -> list[str]:
    """The files of specs of the revision, if its `exai.yaml` is the same."""
    found = {ROOT_FILE: None}
    problems: list[Diagnostic] = []
    for entry, kind in known.entries:
        if not revision.inside(entry) or revision.kind(entry) != kind:
            raise OnlyWhole
        if kind == "folder":
            found |= dict.fromkeys(revision.spec_files(entry, problems))
        elif kind == "file":
            found[Path(entry).as_posix()] = None
    if problems:
        raise OnlyWhole
    return list(found)


def _read(changed: Mapping[str, bytes]) -> tuple[list[Spec], list[Allowance]]:
    """Their documents without a problem, and what comments in them allow."""
    documents: list[Document] = []
    allowed: list[Allowance] = []
    for path, content in changed.items():
        some, problems = read(content, path)
        found, wrong = allowances(content.decode("utf-8", errors="replace"), path)
        if problems or wrong:
            raise OnlyWhole
        documents += some
        allowed += found
    specs, unread = parse_all(documents)
    if unread:
        raise OnlyWhole
    return specs, allowed


def _same_repository(base: Project, head: Project, elsewhere: Iterable[Ref]) -> bool:
    """Whether the feature repositories of the parts differ as those of the wholes do: they hold
    things by name, and there is one where there is a view."""
    kinds = [{ref.kind for ref in project.specs} & _FEATURES for project in (base, head)]
    views = ["FeatureView" in each for each in kinds]
    if views[0] != views[1]:
        return False
    others = any(ref.kind == "FeatureView" for ref in elsewhere)
    return views[0] or not any(kinds) or not others
