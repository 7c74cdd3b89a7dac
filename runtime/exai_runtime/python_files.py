"""The files that steps, trials and views name, Python and components, as texts, and modules around
them.

In: a project's folder, its specs. Out: texts by path from exai.yaml's folder, the names of
modules that lie beside them, and what is wrong. Reads only files below the folder; imports and runs
nothing.
"""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from exai_compiler.named_files import asked_files
from exai_runtime.folder import Folder
from exai_specs.diagnostics import Diagnostic
from exai_specs.parse import Spec
from exai_specs.values import frozen

_INSIDE = "only files below the folder of exai.yaml are read: move it there, not a link to it"
_MOST = 256  # files of a folder; each takes half a kilobyte at least of the 90 that fit
_LARGEST = 1 << 20  # bytes; a function that is embedded may have a sixteenth of it
_LARGEST_NOTEBOOK = 1 << 24  # bytes; most of them are pictures among its outputs, which don't count


class Unreadable(ValueError):
    """Why a file can't be read, and what next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@frozen
class PythonFiles:
    """`refused` are paths that a diagnostic speaks of already; `modules` are top-level names that
    an `import` would find in the project.
    """

    texts: Mapping[str, str]
    modules: frozenset[str]
    refused: frozenset[str]
    problems: tuple[Diagnostic, ...]


NO_FILES = PythonFiles(MappingProxyType({}), frozenset(), frozenset(), ())


def python_files(folder: Folder, specs: Iterable[Spec]) -> PythonFiles:
    """All of them, each read once. A file that isn't there is the checks' to tell."""
    texts: dict[str, str] = {}
    refused: dict[str, Diagnostic] = {}
    for spec, place, asked in asked_files(specs):
        for path in _each(folder, asked) if place[-1] == "embed" else (asked,):
            if path in texts or path in refused:
                continue
            try:
                text = read_text(folder, path)
            except Unreadable as error:
                code = "path-leaves-project" if "leads out" in str(error) else "unreadable-file"
                refused[path] = Diagnostic(code, str(error), spec.at(*place), hint=error.hint)
                continue
            if text is not None:
                texts[path] = text
    python = [path for path in texts if path.endswith(".py")]
    return PythonFiles(
        MappingProxyType(texts),
        modules_around(folder, python),
        frozenset(refused),
        tuple(refused.values()),
    )


def _each(folder: Folder, path: str) -> Iterator[str]:
    """A file, or all files of a folder at any depth but hidden and compiled ones. A few more than
    may be embedded are looked at, so that the checks see that they are too many."""
    if not folder.inside(path) or folder.kind(path) != "folder":
        yield path
        return
    waiting, count, looked = [path], 0, 0
    while waiting and (looked := looked + 1) <= _MOST:  # links may lead round
        here = waiting.pop()
        for name, is_folder in sorted(folder.entries(here)):
            if name.startswith(".") or name == "__pycache__":
                continue
            inner = posixpath.normpath(posixpath.join(here, name))
            if is_folder:
                waiting.append(inner)
            elif (count := count + 1) <= _MOST:
                yield inner


def read_text(folder: Folder, path: str) -> str | None:
    """None when it isn't there. Raises Unreadable."""
    if not folder.inside(path):
        raise Unreadable(f"`{path}` leads out of the project", _INSIDE)
    most = _LARGEST_NOTEBOOK if path.endswith(".ipynb") else _LARGEST
    try:
        kind = folder.kind(path)
        if kind == "none":
            return None
        if kind == "folder":
            raise Unreadable(f"`{path}` is a folder, not a file", "name a file in it")
        if kind != "file":
            raise Unreadable(f"`{path}` is no regular file", "a pipe or a device isn't read")
        data = folder.read(path, most) if folder.size(path) <= most else None
    except OSError as error:  # a name that is too long is one, too
        raise Unreadable(f"can't read the file: {error.strerror}") from None
    if data is None:
        hint = "put data into a Dataset, and code into a package that pip.packages names"
        if path.endswith(".ipynb"):
            hint = "clear its outputs and save it: only the code of its cells counts"
        raise Unreadable(f"`{path}` has more than {most >> 20} MiB", hint)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(f"`{path}` isn't UTF-8", "save it as UTF-8") from None


def modules_around(folder: Folder, python: Iterable[str]) -> frozenset[str]:
    """The names of modules that lie beside these files; none where there are none."""
    paths = tuple(python)
    return frozenset(_modules(folder, paths)) if paths else frozenset()


def _modules(folder: Folder, paths: Iterable[str]) -> Iterator[str]:
    """Names of Python files and packages in the root and in the folders of these files.

    Not those of the standard library, which an import finds everywhere.
    """
    for place in sorted({"", *(posixpath.dirname(path) for path in paths)}):
        for entry, is_folder in folder.entries(place):
            name, suffix = posixpath.splitext(entry)
            if name in sys.stdlib_module_names:
                continue
            if suffix == ".py" and name.isidentifier():
                yield name
            elif is_folder and entry.isidentifier():
                inner = folder.entries(posixpath.join(place, entry))
                # A package, with or without an `__init__.py`.
                if any(posixpath.splitext(file)[1] == ".py" for file, _ in inner):
                    yield entry
