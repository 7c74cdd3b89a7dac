"""A project as another revision of its repository has it, read as objects alone.

In: the project's folder and the name of a revision. Out: a `Folder` over the revision's tree.
Never: the index, the working tree, the users' code.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from exai_runtime.folder import COMPONENT, SUFFIXES, Kind, leads_out, named_otherwise
from exai_runtime.git_commands import LARGEST, ask, commit_of, contents_of, unreadable
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.values import frozen, replace
from exai_specs.yaml_text import MAX_BYTES

_LINK, _SUBMODULE = "120000 ", "160000 "
_HOPS = 40  # links to links, as many as Linux follows
_HASH = len("100644 blob ")  # where it stands in what git lists; `commit` is as long + 2


@frozen
class GitFolder:
    """The project's folder in a commit. `tree` has what git lists of every file (mode, type and
    hash) by its path from there, `folders` the names in each folder and whether each is one,
    `blobs` the content of links, and of what is at hand; anything else is read, one by one. `name`
    is what the revision is asked for by.
    """

    repository: Path
    name: str
    commit: str
    tree: Mapping[str, str]
    folders: Mapping[str, Mapping[str, bool]]
    blobs: Mapping[str, bytes]

    def whole(self) -> GitFolder:
        """The same with all files at hand that are read as a matter of course. Raises
        RevisionError."""
        found = _blobs(self.repository, self.name, self.tree, (*SUFFIXES, ".py"))
        return replace(self, blobs=MappingProxyType({**self.blobs, **found}))

    def holding(self, paths: Iterable[str]) -> GitFolder:
        """The same with these at hand, where they are there. Raises RevisionError."""
        wanted = {each for path in paths if (each := self.object_of(path))} - self.blobs.keys()
        if not wanted:
            return self
        found = contents_of(self.repository, sorted(wanted))
        return replace(self, blobs=MappingProxyType({**self.blobs, **found}))

    def object_of(self, path: str) -> str:
        """The hash that tells a file's content, as git has it; "" where there is none."""
        listed = self.tree.get(path)
        if listed is None or listed.startswith(_LINK):  # through a link, or none
            listed = self.tree.get(self._real(path) or "", _SUBMODULE)
        return "" if listed.startswith(_SUBMODULE) else listed[_HASH:]

    def inside(self, path: str) -> bool:
        return self._real(path) is not None

    def kind(self, path: str) -> Kind:
        real = self._real(path)
        if real in self.folders:
            return "folder"
        listed = self.tree.get(real or "")
        if listed is None:
            return "other" if self._submodule(real) else "none"
        return "other" if listed.startswith(_SUBMODULE) else "file"

    def read(self, path: str, most: int = MAX_BYTES) -> bytes:
        wanted = self.object_of(path)
        if not wanted:
            told = self._submodule(self._real(path))
            raise OSError(0, told or "it is no regular file")
        found = self.blobs.get(wanted)
        if found is None:
            found = contents_of(self.repository, (wanted,)).get(wanted)
        if found is None:
            raise OSError(0, f"it isn't in this clone, or has more than {LARGEST >> 20} MiB")
        return found[: most + 1]

    def size(self, path: str) -> int:
        return len(self.read(path, LARGEST))

    def spec_files(self, path: str, problems: list[Diagnostic]) -> Iterable[str]:
        real = self._real(path)
        start = f"{real}/" if real else ""
        found = []
        # Of 10,000 files nearly all are plain ones: no more is asked of each than has to be.
        for file, listed in self.tree.items():
            if not file.endswith(SUFFIXES) and not listed.startswith(_SUBMODULE):
                continue
            if not file.startswith(start) or (
                "/." in f"/{file}" and _is_hidden(file[len(start) :])
            ):
                continue
            if listed.startswith(_SUBMODULE):
                problems.append(_submodule(file))
            elif file.endswith(COMPONENT) and file.rpartition("/")[2] == COMPONENT:
                continue
            elif not listed.startswith(_LINK):
                found.append(file)
            elif not self.inside(file):
                problems.append(leads_out(file))
            elif self.kind(file) != "folder":
                found.append(file)
        if named_otherwise("".join(found)) is not None:
            told = [(file, named_otherwise(file)) for file in found]
            problems += [strange for _, strange in told if strange is not None]
            found = [file for file, strange in told if strange is None]
        return sorted(found)

    def entries(self, path: str) -> Iterable[tuple[str, bool]]:
        return self.folders.get(self._real(path) or "", {}).items()

    def _submodule(self, real: str | None) -> str:
        """Why nobody knows what is there, where it is one or in one; "" elsewhere."""
        parts = (real or "").split("/")
        above = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
        found = next((each for each in above if self.tree.get(each, "").startswith(_SUBMODULE)), "")
        return f"`{found}` is a submodule, whose files aren't in this repository" if found else ""

    def _real(self, path: str) -> str | None:
        """The path without links, "" for the folder itself; None when it leads out of it."""
        listed = self.tree.get(path)
        if listed is not None and not listed.startswith(_LINK):
            return path  # as git has it: never through a link
        done: list[str] = []
        todo, hops = path.split("/")[::-1], 0
        if path.startswith("/"):
            return None
        while todo:
            part = todo.pop()
            if part == ".." and not done:
                return None
            if part == "..":
                done.pop()
            elif part not in ("", "."):
                done.append(part)
                listed = self.tree.get("/".join(done), "")
                if listed.startswith(_LINK):
                    hops += 1
                    target = os.fsdecode(self.blobs.get(listed[_HASH:], b"/"))
                    if hops > _HOPS or target.startswith("/"):
                        return None
                    done.pop()
                    todo += target.split("/")[::-1]
        return "/".join(done)


def at_revision(root: Path, name: str) -> GitFolder:
    """The project in `root` as the commit that `name` means has it. Raises RevisionError."""
    prefix = os.fsdecode(ask(root, "rev-parse", "--show-prefix").removesuffix(b"\n"))
    commit = commit_of(root, name)
    listed = ask(root, "ls-tree", "-r", "-z", "--full-tree", commit, "--", prefix or ".")
    lines = [line.split("\t", 1) for line in os.fsdecode(listed).split("\0") if line]
    tree = {path.removeprefix(prefix): told for told, path in lines}
    blobs = MappingProxyType(_blobs(root, name, tree, ()))
    return GitFolder(root, name, commit, MappingProxyType(tree), _folders(tree), blobs)


def _blobs(
    root: Path, name: str, tree: Mapping[str, str], endings: tuple[str, ...]
) -> dict[str, bytes]:
    """The content of all links, and of files whose names end so."""
    wanted = {
        listed[_HASH:]: path
        for path, listed in tree.items()
        if listed.startswith(_LINK)
        or (path.endswith(endings) and not listed.startswith(_SUBMODULE))
    }
    if not wanted:
        return {}
    found = contents_of(root, tuple(wanted))
    for hash_, path in wanted.items():
        if hash_ not in found and not _is_hidden(path):
            raise unreadable(
                f"`{path}` of {name} isn't in this clone, or has more than {LARGEST >> 20} MiB",
                "a partial clone has some files only: fetch the others with git",
            )
    return found


def _folders(tree: Iterable[str]) -> Mapping[str, Mapping[str, bool]]:
    found: dict[str, dict[str, bool]] = {"": {}}
    for path in tree:
        above, _, name = path.rpartition("/")
        if above in found:
            found[above][name] = False
        else:
            found[above] = {name: False}
    for path in list(found):
        while path:
            above, _, name = path.rpartition("/")
            names = found.setdefault(above, {})
            if name in names:
                break
            names[name] = True
            path = above  # noqa: PLW2901 - up to the root, or a known folder
    return MappingProxyType(found)


def _submodule(path: str) -> Diagnostic:
    return Diagnostic(
        "unreadable-revision",
        f"`{path}` is a submodule: its specs are objects of another repository",
        Span(path),
        hint="compare with a saved build instead: --against-build",
    )


def _is_hidden(path: str) -> bool:
    return "/." in f"/{path}"
