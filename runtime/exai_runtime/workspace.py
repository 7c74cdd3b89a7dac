"""A project's folder as specs.

In: the folder of an exai.yaml. Out: a linked `Project`, the texts, and what is wrong with them.
Reads only files below the folder, runs nothing, writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from exai_compiler.catalog import Catalog, catalog
from exai_compiler.environments import (
    AS_THE_BASE,
    Wrong,
    environments,
    wrong_in_halves,
    wrong_patches,
)
from exai_compiler.project import Project, link
from exai_runtime.cli.version import VERSION
from exai_runtime.collector import collector_off
from exai_runtime.document_cache import DocumentCache, opened
from exai_runtime.folder import ROOT_FILE, DiskFolder, Folder
from exai_runtime.lock_file import FILE as LOCK
from exai_runtime.lock_file import ReadLock, read_lock
from exai_runtime.python_files import NO_FILES, PythonFiles, python_files
from exai_runtime.spec_files import SpecFiles, read_specs
from exai_specs.diagnostics import Diagnostic, has_errors, in_order, secrets_alone
from exai_specs.documents import Document
from exai_specs.frozen import empty
from exai_specs.parse import Spec
from exai_specs.values import field, frozen, replace
from exai_specs.version_ranges import fits, parse_range

if TYPE_CHECKING:
    from exai_compiler.unread import Unread


@frozen
class Judged:
    """A project with what is left of documents that can't be read. `overlaid` has that of each
    environment with overlays, `patched` the documents that those change, and `wrong` says where
    they break one."""

    project: Project
    overlaid: Mapping[str, Project]
    patched: tuple[Spec, ...]
    wrong: Wrong


@frozen
class Loaded:
    """`project` is None when there is no readable Project document.

    `overlaid` has the project of each environment with overlays; in the others it is `project`.
    `sources` holds the text of every file read, by path; `python` the users' own Python among them,
    `files` the paths of the others. `patched` are those of the diagnostics that are of documents as
    overlays make them, and `wrong` says where. `unread` is what is known
    of documents that can't be read; None if it can't be said what depends on them, or if something
    is wrong that isn't a document's. `supposed` is the project where its Project can't be
    read, with one that says nothing. `judged` is what is checked where something can be said of
    documents that can't be read.
    """

    root: Path
    project: Project | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    python: PythonFiles = NO_FILES
    overlaid: Mapping[str, Project] = field(default_factory=empty)
    files: tuple[str, ...] = ()
    patched: tuple[Diagnostic, ...] = ()
    wrong: Wrong = field(default_factory=empty)
    unread: tuple[Unread, ...] | None = ()
    supposed: Project | None = None
    judged: Judged | None = None

    def project_in(self, environment: str) -> Project | None:
        """The project as it is in an environment."""
        return self.overlaid.get(environment, self.project)


def load(root: Path, cache: DocumentCache | None = None) -> Loaded:
    """Every spec of the project in a folder of this machine."""
    cache = cache or opened(root)
    loaded = load_from(DiskFolder(root), root, cache, VERSION)
    cache.save()
    return loaded


def load_from(
    folder: Folder, root: Path, cache: DocumentCache, version: str | None = None
) -> Loaded:
    """Every spec of a project, wherever its files are; `root` is the folder that they belong to.

    A project for other versions of exai than `version` has that problem alone: what else is wrong
    may come of it. Otherwise all problems of all files are collected; none stops the reading of the
    next file.
    """
    with collector_off():
        read_ = read_specs(folder, cache)
        if version is not None and (other := _other_version(read_.documents, version)) is not None:
            return Loaded(root, None, (other,), MappingProxyType(read_.sources))
        specs = read_.specs
        problems = [*read_.problems, *read_.elsewhere, *read_.unparsed]
        if not read_.has_root and read_.supposed is None:
            told = in_order(secrets_alone(problems))
            return Loaded(root, None, told, MappingProxyType(read_.sources))
        problems += read_.allowed_badly
        if read_.supposed is not None:
            return _supposing(root, folder, read_, read_.supposed, problems)
        project = link(specs, read_.allowed)
        locked = read_lock(folder)
        problems += locked.problems
        lock = locked.readable if locked.lock is None else locked.lock
        if project is not None and lock is not None:
            project = replace(project, lock=lock)
        there = environments(project) if project is not None else AS_THE_BASE
        if project is not None and read_.unparsed:
            parsed = {id(spec.document) for spec in specs}
            hidden = (each for each in read_.documents if id(each) not in parsed)
            problems += wrong_patches(project, hidden)
        if project is not None and read_.mended:
            left = [each.spec for each in read_.mended]
            problems += wrong_in_halves(project, left, (*problems, *there.problems))
        judged = _judged(read_, locked)
        python = python_files(folder, (*specs, *there.patched, *_more(read_, judged)))
        problems = secrets_alone((*problems, *there.problems, *python.problems))
        own = {} if locked.text is None else {LOCK: locked.text}
        sources = MappingProxyType({**read_.sources, **python.texts, **own})
        return Loaded(
            root,
            project,
            in_order(problems),
            sources,
            python,
            there.projects,
            tuple(read_.sources),
            there.problems,
            there.wrong,
            _unread(read_, locked.problems),
            judged=judged,
        )


def _judged(read_: SpecFiles, locked: ReadLock) -> Judged | None:
    """The project with what is left of documents, if anything is left of one."""
    left = [each.spec for each in read_.mended]
    known = read_.has_root or any(spec.ref.kind == "Project" for spec in left)
    if not known and read_.supposed is not None:
        left.append(read_.supposed)
    project = link((*read_.specs, *left), read_.allowed) if read_.mended else None
    if project is None:
        return None
    lock = locked.readable if locked.lock is None else locked.lock
    project = project if lock is None else replace(project, lock=lock)
    there = environments(project)
    return Judged(project, there.projects, there.patched, there.wrong)


def _more(read_: SpecFiles, judged: Judged | None) -> Iterable[Spec]:
    """The documents that are only judged."""
    return () if judged is None else (*(each.spec for each in read_.mended), *judged.patched)


def _supposing(
    root: Path, folder: Folder, read_: SpecFiles, supposed: Spec, problems: list[Diagnostic]
) -> Loaded:
    """What there is without a Project that can be read."""
    from exai_compiler.unread import UNREAD_PROJECT

    locked = read_lock(folder)
    judged = _judged(read_, locked)
    python = python_files(folder, (*read_.specs, *_more(read_, judged)))
    patches = _wrong_patches(read_)
    told = in_order(secrets_alone((*problems, *patches, *locked.problems, *python.problems)))
    unread = _unread(read_, locked.problems)
    own = {} if locked.text is None else {LOCK: locked.text}
    if unread is not None and not any(each.spec.ref.kind == "Project" for each in read_.mended):
        unread = (*unread, UNREAD_PROJECT)
    return Loaded(
        root,
        None,
        told,
        MappingProxyType({**read_.sources, **python.texts, **own}),
        python,
        files=tuple(read_.sources),
        unread=unread,
        supposed=link((*read_.specs, supposed), read_.allowed),
        judged=judged,
    )


def _wrong_patches(read_: SpecFiles) -> Iterable[Diagnostic]:
    """What is wrong with overlays where enough of the Project is left to know its environments."""
    left = [each.spec for each in read_.mended if each.spec.ref.kind == "Project"]
    project = link((*read_.specs, *left), read_.allowed)
    if project is None:
        return ()
    parsed = {id(spec.document) for spec in read_.specs}
    hidden = (each for each in read_.documents if id(each) not in parsed)
    return (*environments(project).problems, *wrong_patches(project, hidden))


def _unread(read_: SpecFiles, lock: Iterable[Diagnostic]) -> tuple[Unread, ...] | None:
    """What is known of the documents that can't be read, if that is all that is wrong beside what
    is in the lock. A file that a step names and nobody can read is to the rules one that isn't
    there: they tell nothing that it would decide."""
    if has_errors((*read_.allowed_badly, *read_.elsewhere)):
        return None
    wrong_paths = {each.at.path for each in read_.problems if _hides(each, read_)}
    lock_is_wrong = has_errors(lock)
    if not (wrong_paths or lock_is_wrong or read_.unparsed):
        return ()
    from exai_compiler.unread import UNREAD_LOCK, unread_document, unread_text

    found: list[Unread | None] = []
    by_file: dict[str, list[Document]] = {}
    known = {id(document) for document in read_.documents}
    hurt = [each for each in read_.mended if id(each.document) not in known]
    for document in (*read_.documents, *(each.document for each in hurt)):
        by_file.setdefault(document.path, []).append(document)
    found += (unread_document(each.document, read_.problems, each) for each in hurt)
    known_paths = {each.document.path for each in hurt}
    for path in sorted(wrong_paths):
        text = read_.sources.get(path)
        parts = [] if text is None else list(unread_text(path, text, by_file.get(path, ())))
        found += parts if parts or path in known_paths else [None]
    left = {id(each.document): each for each in read_.mended}
    parsed = {id(spec.document) for spec in read_.specs}
    if read_.supposed is not None:  # who judges with what is left of it has to know what isn't
        parsed |= {id(read_.supposed.document)} - left.keys()
    wrong: dict[str, list[Diagnostic]] = {}
    for problem in read_.unparsed:
        wrong.setdefault(problem.at.path, []).append(problem)
    for document in read_.documents:
        if document.path in wrong and id(document) not in parsed:
            mended = left.get(id(document))
            found.append(unread_document(document, wrong[document.path], mended))
    found += [UNREAD_LOCK] if lock_is_wrong else []
    said = [each for each in found if each is not None]
    return tuple(said) if len(said) == len(found) else None


def _hides(problem: Diagnostic, read_: SpecFiles) -> bool:
    """Whether there is a document without this problem: one with a secret is read all the same, and
    so is a file with a byte order mark."""
    if problem.code in ("byte-order-mark", "not-utf8"):
        return not any(each.path == problem.at.path for each in read_.documents)
    return problem.severity == "error" and problem.code != "secret-in-spec"


def _other_version(documents: Iterable[Document], version: str) -> Diagnostic | None:
    """What a Project says against this version of exai, whether or not it can read the rest."""
    for document in documents:
        if document.path != ROOT_FILE:
            continue
        value = document.value
        spec = value.get("spec") if isinstance(value, Mapping) else None
        range_ = spec.get("exai") if isinstance(spec, Mapping) else None
        if not isinstance(range_, str):
            continue
        try:
            if fits(version, parse_range(range_)):
                continue
        except ValueError:
            continue  # which the parser says
        message = f"this project is for exai {range_}, and this is exai {version}"
        hint = f"install exai {range_}, or change the range here once its plan has been looked at"
        return Diagnostic("other-version", message, document.at(("spec", "exai")), hint=hint)
    return None


def component_catalog() -> Catalog:
    """Exai's own components.

    Found as files, never imported: they belong to another environment.
    """
    found = find_spec("exai_components")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("exai_components isn't installed beside exai")
    folder = Path(next(iter(found.submodule_search_locations)))
    files = sorted(folder.glob("*/component.yaml"))
    return catalog({f"{file.parent.name}/{file.name}": file.read_text("utf-8") for file in files})
