"""A project's folder as specs.

In: the folder of an exai.yaml. Out: a linked `Project`, the texts, and what is wrong with them.
Reads only files below the folder, runs nothing, writes nothing.
"""

from __future__ import annotations

import gc
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from exai_compiler.catalog import Catalog, catalog
from exai_compiler.project import Project, link
from exai_runtime.python_files import NO_FILES, PythonFiles, python_files
from exai_specs.diagnostics import Diagnostic, Span, in_order
from exai_specs.documents import read
from exai_specs.kinds import ProjectSpec
from exai_specs.parse import Spec, parse

ROOT_FILE = "exai.yaml"
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Loaded:
    """`project` is None when there is no readable Project document.

    `sources` holds the text of every file read, by path; `python` the users' own Python among them.
    """

    root: Path
    project: Project | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    python: PythonFiles = NO_FILES


def find_root(start: Path) -> Path | None:
    """The nearest folder upwards, `start` included, that holds an exai.yaml."""
    for folder in (start, *start.parents):
        if (folder / ROOT_FILE).is_file():
            return folder
    return None


def load(root: Path) -> Loaded:
    """Every spec of the project.

    All problems of all files are collected; none stops the reading of the next file.
    """
    specs: list[Spec] = []
    problems: list[Diagnostic] = []
    sources: dict[str, str] = {}
    with _collector_off():
        _read_file(root, ROOT_FILE, specs, problems, sources)
        project_spec = next((s for s in specs if isinstance(s.body, ProjectSpec)), None)
        if project_spec is None:
            if not problems:
                problems.append(_no_project())
            return Loaded(root, None, in_order(problems), MappingProxyType(sources))
        more_documents = len(specs) > 1
        for path in _spec_files(root, project_spec, more_documents, problems):
            if path not in sources:
                _read_file(root, path, specs, problems, sources)
    python = python_files(root, specs)
    problems += python.problems
    sources.update(python.texts)
    return Loaded(root, link(specs), in_order(problems), MappingProxyType(sources), python)


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


@contextmanager
def _collector_off() -> Iterator[None]:
    # Thousands of node trees make the cyclic collector slow, and nothing here makes cycles.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read_file(
    root: Path,
    path: str,
    specs: list[Spec],
    problems: list[Diagnostic],
    sources: dict[str, str],
) -> None:
    try:
        data = _bytes(os.path.join(root, path))  # noqa: PTH118 - a Path for each of 10,000 files
    except OSError as error:
        reason = error.strerror or str(error)
        message, hint = f"can't read the file: {reason}", "specs are plain files that you may read"
        problems.append(Diagnostic("unreadable-file", message, Span(path), hint=hint))
        return
    sources[path] = data.decode("utf-8", errors="replace")
    documents, diagnostics = read(data, path)
    problems.extend(diagnostics)
    for document in documents:
        parsed = parse(document)
        if isinstance(parsed, Spec):
            specs.append(parsed)
        else:
            problems.extend(parsed)


def _bytes(place: str) -> bytes:
    """The content of a regular file; nothing else is opened."""
    if not stat.S_ISREG(os.stat(place).st_mode):  # noqa: PTH116
        raise OSError(0, "it is no regular file")
    with open(place, "rb", buffering=0) as file:  # noqa: PTH123
        return file.read()


def _spec_files(
    root: Path, spec: Spec, more_documents: bool, problems: list[Diagnostic]
) -> Iterator[str]:
    """The files that `spec.specs` names, in the order of their paths; hidden folders are left
    out."""
    body = spec.body
    if not isinstance(body, ProjectSpec):
        return
    declared = spec.document.at(("spec", "specs")) != spec.document.at(("spec",))
    for index, entry in enumerate(body.specs):
        at = spec.at("spec", "specs", index)
        place = root / entry
        if not _inside(root, place):
            problems.append(
                Diagnostic(
                    "path-leaves-project",
                    f"`{entry}` leads out of the project",
                    at,
                    hint="specs live below the folder of exai.yaml; move them there",
                )
            )
        elif place.is_file():
            yield Path(entry).as_posix()
        elif place.is_dir():
            yield from _walk(root, place, problems)
        elif declared:
            problems.append(
                Diagnostic(
                    "missing-spec-folder",
                    f"there is no file or folder `{entry}`",
                    at,
                    "warning" if more_documents else "error",
                    "make it, or leave the line out: documents may stand in exai.yaml, too",
                )
            )


def _walk(root: Path, folder: Path, problems: list[Diagnostic]) -> Iterable[str]:
    found: list[str] = []

    def unreadable(error: OSError) -> None:
        path = Path(error.filename).relative_to(root).as_posix()
        message = f"can't read the folder: {error.strerror}"
        hint = "allow it, or move what is no spec elsewhere"
        problems.append(Diagnostic("unreadable-file", message, Span(path), hint=hint))

    for here, folders, files in os.walk(folder, onerror=unreadable, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        place = Path(here)
        above = place.relative_to(root).as_posix()
        for name in files:
            if name.startswith(".") or not name.endswith(SUFFIXES):
                continue
            path = name if above == "." else f"{above}/{name}"
            file = f"{here}/{name}"
            if os.path.islink(file) and not _inside(root, place / name):  # noqa: PTH114
                problems.append(
                    Diagnostic(
                        "path-leaves-project",
                        "this link leads out of the project",
                        Span(path),
                        hint="put the file itself there, or leave it out",
                    )
                )
            else:
                found.append(path)
    return sorted(found)


def _inside(root: Path, place: Path) -> bool:
    """Whether a path stays in the project, links followed; a loop of links leads nowhere."""
    return Path(os.path.realpath(place)).is_relative_to(os.path.realpath(root))


def _no_project() -> Diagnostic:
    return Diagnostic(
        "no-project",
        "there is no Project document in this file",
        Span(ROOT_FILE),
        hint="add one with kind: Project, metadata: {name: ...} and spec: {}",
    )
