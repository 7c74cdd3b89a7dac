"""Which commit a project's folder stands at, from the files of `.git` alone.

In: a folder. Out: a `Head`, or None outside a repository. Runs no git, so no hook, filter or
configuration of the repository has a say; reads no object. It says what HEAD pointed to, not
whether the files are as that commit has them: the name of a PipelineVersion is over their content.
"""

from __future__ import annotations

from pathlib import Path

from exai_specs.regexes import regex
from exai_specs.values import frozen

_COMMIT = regex(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = regex(r"refs/[A-Za-z0-9][^\x00-\x20\x7f~^:?*\[\\]*")
_LINKS = 5  # references to references, as deep as git itself follows them
_SMALL = 4096  # bytes that a file of one line may have
_LARGE = 64 << 20  # bytes of packed-refs


@frozen
class Head:
    """`commit` is a hexadecimal hash; `branch` is empty when HEAD is detached."""

    commit: str
    branch: str = ""


def head(folder: Path) -> Head | None:
    """Where HEAD of the repository that holds `folder` points; None when that can't be told: no
    repository, no commit yet, a form of references that isn't files."""
    place = _git_folder(folder)
    if place is None:
        return None
    shared = _shared(place)
    text = _line(place / "HEAD")
    branch = ""
    for _ in range(_LINKS):
        if _COMMIT.fullmatch(text):
            return Head(text, branch)
        name = text.removeprefix("ref:").strip()
        if not text.startswith("ref:") or not _REF.fullmatch(name) or ".." in name:
            return None
        branch = branch or name.removeprefix("refs/heads/")
        # A worktree has references of its own (HEAD, bisect); all others are the repository's.
        text = _line(place / name) or _line(shared / name) or _packed(shared, name)
    return None


def _git_folder(folder: Path) -> Path | None:
    """`.git` of the nearest folder upwards; in a worktree or submodule it is a file that says where
    the real one is."""
    for above in (folder.absolute(), *folder.absolute().parents):
        found = above / ".git"
        try:
            if found.is_dir():
                return found
            if found.is_file():
                text = _line(found)
                place = text.removeprefix("gitdir:").strip()
                return above / place if text.startswith("gitdir:") and place else None
        except OSError:
            return None
    return None


def _shared(place: Path) -> Path:
    """The repository's own folder, which a worktree names in `commondir`."""
    named = _line(place / "commondir")
    return place / named if named else place


def _packed(shared: Path, name: str) -> str:
    """A reference of packed-refs: `<hash> <name>` a line."""
    for line in _text(shared / "packed-refs", _LARGE).splitlines():
        commit, _, found = line.partition(" ")
        if found == name:
            return commit
    return ""


def _line(file: Path) -> str:
    return next(iter(_text(file, _SMALL).splitlines()), "").strip()


def _text(file: Path, most: int) -> str:
    """The text of a regular file; empty when there is none, or it is larger than such files are."""
    try:
        if not file.is_file() or file.stat().st_size > most:
            return ""
        return file.read_text("utf-8", errors="replace")
    except OSError:
        return ""
