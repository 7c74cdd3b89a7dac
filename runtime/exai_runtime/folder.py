"""Where a project's files come from: a folder on the disk, or texts in memory; a revision of
Git elsewhere.

In: paths relative to exai.yaml's folder, with forward slashes. Out: bytes and names. Reads only
what lies below the folder; writes and runs nothing.
"""

from __future__ import annotations

import json
import os
import posixpath
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, Protocol

from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.regexes import regex
from exai_specs.values import frozen
from exai_specs.yaml_text import MAX_BYTES

ROOT_FILE = "exai.yaml"
SUFFIXES = (".yaml", ".yml")
COMPONENT = "component.yaml"
"""A component of Kubeflow Pipelines, which steps name: no file of specs."""
Kind = Literal["file", "folder", "other", "none"]

# Bytes that are no UTF-8, controls, and the marks that reorder text: no report, page or saved build
# can name such a file as it is, and a terminal would show another name.
_NO_TEXT = regex("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def find_root(start: Path) -> Path | None:
    """The nearest folder upwards, `start` included, that holds an exai.yaml."""
    for folder in (start, *start.parents):
        if os.path.isfile(folder / ROOT_FILE):  # noqa: PTH113 - raises where nobody may look
            return folder
    return None


class Folder(Protocol):
    """What a project is read from."""

    def inside(self, path: str) -> bool:
        """Whether a path stays in the project, links followed; a loop of links leads nowhere."""
        ...

    def kind(self, path: str) -> Kind:
        """What stands there, links followed. Raises OSError, for a name that is too long."""
        ...

    def read(self, path: str, most: int = MAX_BYTES) -> bytes:
        """The content of a regular file; nothing else is opened. Of a file with more bytes than
        `most`, no more than one further. Raises OSError."""
        ...

    def size(self, path: str) -> int:
        """Bytes of a file. Raises OSError."""
        ...

    def spec_files(self, path: str, problems: list[Diagnostic]) -> Iterable[str]:
        """The YAML files below a folder, sorted; hidden ones are left out."""
        ...

    def entries(self, path: str) -> Iterable[tuple[str, bool]]:
        """The names in a folder, and whether each is a folder; none where it can't be read."""
        ...


@frozen
class DiskFolder:
    """A folder of this machine."""

    root: Path

    def inside(self, path: str) -> bool:
        return Path(os.path.realpath(self.root / path)).is_relative_to(os.path.realpath(self.root))

    def kind(self, path: str) -> Kind:
        place = self.root / path
        if place.is_file():
            return "file"
        return "folder" if place.is_dir() else "other" if place.exists() else "none"

    def read(self, path: str, most: int = MAX_BYTES) -> bytes:
        # Plain functions: a Path for each of 10,000 files is time.
        place = os.path.join(self.root, path)  # noqa: PTH118
        about = os.stat(place)  # noqa: PTH116
        if not stat.S_ISREG(about.st_mode):
            raise OSError(0, "it is no regular file")
        file = os.open(place, os.O_RDONLY)
        try:
            # More than the bound is refused, whatever it is.
            data = os.read(file, min(about.st_size, most) + 1)
            while about.st_size < len(data) <= most:  # it has grown, or never tells its size
                more = os.read(file, most + 1 - len(data))
                if not more:
                    break
                data += more
            return data
        finally:
            os.close(file)

    def size(self, path: str) -> int:
        return (self.root / path).stat().st_size

    def spec_files(self, path: str, problems: list[Diagnostic]) -> Iterable[str]:
        found: list[str] = []

        def unreadable(error: OSError) -> None:
            which = Path(error.filename).relative_to(self.root).as_posix()
            message = f"can't read the folder: {error.strerror}"
            hint = "allow it, or move what is no spec elsewhere"
            problems.append(Diagnostic("unreadable-file", message, Span(which), hint=hint))

        waiting = [self.root / path]
        while waiting:
            here = waiting.pop()
            above = here.relative_to(self.root).as_posix()
            start = "" if above == "." else f"{above}/"
            try:
                # An entry knows what it is: to ask the disk for each of 10,000 files is time.
                entries = list(os.scandir(here))
            except OSError as error:
                unreadable(error)
                continue
            for entry in entries:
                name = entry.name
                if name.startswith("."):
                    continue
                file = start + name
                if _is_folder(entry):
                    problems += unread_file(file, entry.path)
                    if not entry.is_symlink():
                        waiting.append(here / name)
                elif name == COMPONENT:
                    continue
                elif not name.endswith(SUFFIXES):
                    problems += unread_file(file, entry.path)
                elif entry.is_symlink() and not self.inside(file):
                    problems.append(leads_out(file))
                elif (strange := named_otherwise(file)) is not None:
                    problems.append(strange)
                else:
                    found.append(file)
        return sorted(found)

    def entries(self, path: str) -> Iterable[tuple[str, bool]]:
        try:
            return [(entry.name, _is_folder(entry)) for entry in os.scandir(self.root / path)]
        except OSError:
            return ()


@frozen
class TextFolder:
    """Texts by their paths: a project that was kept in a file."""

    texts: Mapping[str, str]

    def inside(self, path: str) -> bool:
        real = posixpath.normpath(path)
        return not real.startswith("/") and real.split("/")[0] != ".."

    def kind(self, path: str) -> Kind:
        real = posixpath.normpath(path)
        if real in self.texts:
            return "file"
        return "folder" if real == "." or any(self._below(real)) else "none"

    def read(self, path: str, most: int = MAX_BYTES) -> bytes:
        real = posixpath.normpath(path)
        if real not in self.texts:
            raise OSError(0, "it is no regular file")
        return self.texts[real].encode("utf-8", "replace")[: most + 1]

    def size(self, path: str) -> int:
        return len(self.read(path, sys.maxsize - 1))

    def spec_files(self, path: str, problems: list[Diagnostic]) -> Iterable[str]:
        del problems
        real = posixpath.normpath(path)
        start = 0 if real == "." else len(real) + 1
        # Components and what is hidden are there where a step names them.
        return sorted(
            name
            for name in self._below(real)
            if name.endswith(SUFFIXES)
            and posixpath.basename(name) != COMPONENT
            and not any(part.startswith(".") for part in name[start:].split("/"))
        )

    def entries(self, path: str) -> Iterable[tuple[str, bool]]:
        real = posixpath.normpath(path) if path else "."
        start = 0 if real == "." else len(real) + 1
        found = (name[start:].partition("/") for name in self._below(real))
        return sorted({(first, bool(slash)) for first, slash, _ in found})

    def _below(self, folder: str) -> Iterator[str]:
        start = "" if folder == "." else f"{folder}/"
        return (name for name in self.texts if name.startswith(start))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is one, or leads to one; a loop of links does to none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def unread_file(path: str, place: str) -> tuple[Diagnostic, ...]:
    """What somebody may well take for specs, and isn't read; `place` is where it stands."""
    stem, ending = posixpath.splitext(posixpath.basename(path))
    if os.path.isdir(place):  # noqa: PTH112 - no Path is needed
        if not os.path.islink(place):  # noqa: PTH114
            return ()
        message = "a link to a folder isn't followed, and what is in there isn't read"
        hint = "name the folder itself under `specs` of the Project, or put the files here"
    elif ending.lower() in SUFFIXES and ending not in SUFFIXES:
        message = f"this file isn't read: specs are in files that end in {' or '.join(SUFFIXES)}"
        hint = f"rename it to {stem[:200]}{ending.lower()}"
    elif ending == ".json" and _is_spec(place):
        message = "this file isn't read: specs are in files of YAML"
        hint = f"rename it to {stem[:200]}.yaml: what is JSON is YAML, too"
    else:
        return ()
    return (Diagnostic("unread-file", message, Span(path), "warning", hint),)


def _is_spec(place: str) -> bool:
    """Whether a file is a document of exai's language, or a list of such. Many others lie beside
    specs, of which some speak of it: schemas, saved plans, reports.
    """
    try:
        if not os.path.isfile(place):  # noqa: PTH113
            return False
        with open(place, "rb") as file:  # noqa: PTH123
            data = file.read(1 << 16)
            if b'"exai.dev/' not in data:
                return False
            data += file.read(MAX_BYTES)
        found = json.loads(data) if len(data) <= MAX_BYTES else None
    except (OSError, ValueError, RecursionError):
        return False
    documents = found if isinstance(found, list) else [found]
    return bool(documents) and all(
        isinstance(each, dict)
        and str(each.get("apiVersion")).startswith("exai.dev/")
        and "kind" in each
        and "$schema" not in each
        for each in documents
    )


def named_otherwise(path: str) -> Diagnostic | None:
    """A file of specs whose name is no text that people could write; None for any other."""
    if (path.isascii() and path.isprintable()) or not _NO_TEXT.search(path):
        return None
    shown = _NO_TEXT.sub(lambda sign: f"\\u{ord(sign[0]):04x}", path)
    message = f"the name `{shown}` isn't plain text in UTF-8, so the file isn't read"
    return Diagnostic("unreadable-file", message, Span(path), hint="rename it")


def leads_out(path: str) -> Diagnostic:
    """A link among the specs that ends elsewhere."""
    return Diagnostic(
        "path-leaves-project",
        "this link leads out of the project",
        Span(path),
        hint="put the file itself there, or leave it out",
    )
