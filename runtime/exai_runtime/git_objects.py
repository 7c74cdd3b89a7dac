"""A project as another revision of its repository has it, read as objects alone.

In: the project's folder and the name of a revision. Out: a `Folder` over the revision's tree.
`git rev-parse`, `ls-tree` and `cat-file` are the only commands: none of them checks anything out,
runs a hook or a filter, or writes. Nothing is fetched: what a shallow or partial clone lacks is
said. Never: the index, the working tree, credentials, the users' code.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from exai_runtime.folder import COMPONENT, SUFFIXES, Kind, leads_out, named_otherwise
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.values import frozen, replace
from exai_specs.yaml_text import MAX_BYTES

_LINK, _SUBMODULE = "120000", "160000"
_HOPS = 40  # links to links, as many as Linux follows
_LARGEST = 16 << 20  # bytes of a file; a spec has one of them
_SECONDS = 120
# Of git's own variables only those say where its configuration is; the others could name another
# repository (a hook's process has them), or a program to run.
_KEPT = ("GIT_CONFIG", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
_SET = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}


class RevisionError(Exception):
    """A revision that can't be read; the diagnostic says why, and what to do."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@frozen
class Entry:
    """A name of a tree: git's mode and the object's hash."""

    mode: str
    object: str


@frozen
class GitFolder:
    """The project's folder in a commit. `tree` has every file by its path from there, `folders` the
    names in each folder and whether each is one, `blobs` the content of links, and of what is at
    hand; anything else is read, one by one. `name` is what the revision is asked for by.
    """

    repository: Path
    name: str
    commit: str
    tree: Mapping[str, Entry]
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
        found = _contents(self.repository, sorted(wanted))
        return replace(self, blobs=MappingProxyType({**self.blobs, **found}))

    def object_of(self, path: str) -> str:
        """The hash that tells a file's content, as git has it; "" where there is none."""
        entry = self.tree.get(self._real(path) or "")
        return "" if entry is None or entry.mode == _SUBMODULE else entry.object

    def inside(self, path: str) -> bool:
        return self._real(path) is not None

    def kind(self, path: str) -> Kind:
        real = self._real(path)
        if real in self.folders:
            return "folder"
        entry = self.tree.get(real or "")
        return "none" if entry is None else "other" if entry.mode == _SUBMODULE else "file"

    def read(self, path: str, most: int = MAX_BYTES) -> bytes:
        entry = self.tree.get(self._real(path) or "")
        if entry is None or entry.mode == _SUBMODULE:
            raise OSError(0, "it is no regular file")
        found = self.blobs.get(entry.object)
        if found is None:
            found = _contents(self.repository, (entry.object,)).get(entry.object)
        if found is None:
            raise OSError(0, f"it isn't in this clone, or has more than {_LARGEST >> 20} MiB")
        return found[: most + 1]

    def size(self, path: str) -> int:
        return len(self.read(path, _LARGEST))

    def spec_files(self, path: str, problems: list[Diagnostic]) -> Iterable[str]:
        real = self._real(path)
        start = f"{real}/" if real else ""
        found = []
        for file, entry in self.tree.items():
            if not file.startswith(start) or _is_hidden(file[len(start) :]):
                continue
            if entry.mode == _SUBMODULE:
                problems.append(_submodule(file))
            elif file.endswith(SUFFIXES) and file.rpartition("/")[2] != COMPONENT:
                if entry.mode == _LINK and not self.inside(file):
                    problems.append(leads_out(file))
                elif (strange := named_otherwise(file)) is not None:
                    problems.append(strange)
                elif self.kind(file) != "folder":
                    found.append(file)
        return sorted(found)

    def entries(self, path: str) -> Iterable[tuple[str, bool]]:
        return self.folders.get(self._real(path) or "", {}).items()

    def _real(self, path: str) -> str | None:
        """The path without links, "" for the folder itself; None when it leads out of it."""
        listed = self.tree.get(path)
        if listed is not None and listed.mode != _LINK:
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
                entry = self.tree.get("/".join(done))
                if entry is not None and entry.mode == _LINK:
                    hops += 1
                    target = os.fsdecode(self.blobs.get(entry.object, b"/"))
                    if hops > _HOPS or target.startswith("/"):
                        return None
                    done.pop()
                    todo += target.split("/")[::-1]
        return "/".join(done)


def at_revision(root: Path, name: str) -> GitFolder:
    """The project in `root` as the commit that `name` means has it. Raises RevisionError."""
    prefix = os.fsdecode(_git(root, "rev-parse", "--show-prefix").removesuffix(b"\n"))
    commit = _commit(root, name)
    listed = _git(root, "ls-tree", "-r", "-z", "--full-tree", commit, "--", prefix or ".")
    tree: dict[str, Entry] = {}
    for line in filter(None, listed.split(b"\0")):
        head, _, path = line.partition(b"\t")
        mode, _, hash_ = head.decode("ascii").split()
        tree[os.fsdecode(path).removeprefix(prefix)] = Entry(mode, hash_)
    blobs = MappingProxyType(_blobs(root, name, tree, ()))
    return GitFolder(root, name, commit, MappingProxyType(tree), _folders(tree), blobs)


def _commit(root: Path, name: str) -> str:
    found = b""
    if name and not name.startswith("-") and name.isprintable():
        found = _git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", quiet=True)
    if found:
        return found.decode("ascii").strip()
    if not _git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", quiet=True):
        message, hint = "this repository has no commit yet", "make one, then there is a revision"
    elif _git(root, "rev-parse", "--is-shallow-repository").strip() == b"true":
        message = f"`{name[:80]}` isn't in this clone, which is a shallow one"
        hint = "fetch it: `git fetch origin BRANCH` (in CI: a checkout with its whole history)"
    else:
        message = f"`{name[:80]}` is no revision of this repository"
        hint = "a branch, a tag or a commit, as `git rev-parse` takes it: origin/main, HEAD~1"
    raise RevisionError(Diagnostic("unknown-revision", message, Span(""), hint=hint))


def commit_time(root: Path) -> tuple[str, int]:
    """The commit that HEAD means and when it was committed, in seconds since the epoch. Raises
    RevisionError."""
    commit = _commit(root, "HEAD")
    for line in _git(root, "cat-file", "commit", commit).split(b"\n"):
        if line.startswith(b"committer ") and (words := line.split())[-2].isdigit():
            return commit, int(words[-2])
    raise _unreadable(f"commit {commit[:12]} has no time", "`git fsck` may say more")


def _blobs(
    root: Path, name: str, tree: Mapping[str, Entry], endings: tuple[str, ...]
) -> dict[str, bytes]:
    """The content of all links, and of files whose names end so."""
    wanted = {
        entry.object: path
        for path, entry in tree.items()
        if entry.mode == _LINK or (entry.mode != _SUBMODULE and path.endswith(endings))
    }
    if not wanted:
        return {}
    found = _contents(root, tuple(wanted))
    for hash_, path in wanted.items():
        if hash_ not in found and not _is_hidden(path):
            raise _unreadable(
                f"`{path}` of {name} isn't in this clone, or has more than {_LARGEST >> 20} MiB",
                "a partial clone has some files only: fetch the others with git",
            )
    return found


def _contents(root: Path, hashes: Iterable[str]) -> dict[str, bytes]:
    """The objects that are there, and aren't too large."""
    asked = "".join(f"{one}\n" for one in hashes).encode()
    told = (
        line.split() for line in _git(root, "cat-file", "--batch-check", text=asked).split(b"\n")
    )
    there = [words[0] for words in told if len(words) == 3 and int(words[2]) <= _LARGEST]
    answer = _git(root, "cat-file", "--batch", text=b"".join(one + b"\n" for one in there))
    found: dict[str, bytes] = {}
    position = 0
    for one in there:
        start = answer.index(b"\n", position) + 1
        size = int(answer[position:start].split()[2])
        found[one.decode("ascii")] = answer[start : start + size]
        position = start + size + 1
    return found


def _folders(tree: Mapping[str, Entry]) -> Mapping[str, Mapping[str, bool]]:
    found: dict[str, dict[str, bool]] = {"": {}}
    for path in tree:
        is_folder = False
        while path:
            above, _, name = path.rpartition("/")
            known = above in found
            found.setdefault(above, {})[name] = is_folder
            if known and is_folder:
                break
            path, is_folder = above, True  # noqa: PLW2901 - up to the root, or a known folder
    return MappingProxyType({path: MappingProxyType(names) for path, names in found.items()})


def _git(root: Path, *words: str, text: bytes = b"", quiet: bool = False) -> bytes:
    """What git answers; with `quiet`, nothing where it has no answer. Raises RevisionError."""
    own = ("--no-pager", "--no-replace-objects", "--literal-pathspecs", "-C", str(root))
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("GIT_") or key.startswith(_KEPT)
    }
    try:
        done = subprocess.run(
            ["git", *own, *words],  # noqa: S607 - the user's git, wherever it is
            input=text,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            env=kept | _SET,
        )
    except FileNotFoundError:
        raise _unreadable("there is no git on this machine", "install git") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unreadable(f"git doesn't answer: {error}", "look at the repository") from None
    if done.returncode and not quiet:
        raise _refusal(done.stderr.decode("utf-8", "replace"))
    return b"" if done.returncode else done.stdout


def _refusal(said: str) -> RevisionError:
    fatal = next((line for line in said.splitlines() if line.startswith("fatal: ")), said)
    reason = next(iter(fatal.removeprefix("fatal: ").splitlines()), "")
    if "not a git repository" in reason:
        hint = "--against compares with another revision of the project's Git repository"
        return _unreadable("the project is in no Git repository", hint)
    if "could not fetch" in reason:
        return _unreadable(
            "this clone has only a part of that revision's files", "fetch the others with git"
        )
    return _unreadable(f"git can't read the repository: {reason}", "`git status` may say more")


def _unreadable(message: str, hint: str) -> RevisionError:
    return RevisionError(Diagnostic("unreadable-revision", message, Span(""), hint=hint))


def _submodule(path: str) -> Diagnostic:
    return Diagnostic(
        "unreadable-revision",
        f"`{path}` is a submodule: its specs are objects of another repository",
        Span(path),
        hint="compare with a saved build instead: --against-build",
    )


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))
