"""What git answers about the objects of a repository.

In: a folder, the name of a revision, hashes of objects. Out: a commit, the content of objects.
`git rev-parse`, `ls-tree` and `cat-file` are the only commands: none of them checks anything out,
runs a hook or a filter, or writes. Nothing is fetched: what a shallow or partial clone lacks is
said. Never: the index, the working tree, credentials, the users' code.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from exai_specs.diagnostics import Diagnostic, Span

LARGEST = 16 << 20
"""Bytes of a file that is read; a spec has one of 16 of them."""
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


def commit_of(root: Path, name: str) -> str:
    """The commit that a name means. Raises RevisionError."""
    found = b""
    if name and not name.startswith("-") and name.isprintable():
        found = ask(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", quiet=True)
    if found:
        return found.decode("ascii").strip()
    if not ask(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", quiet=True):
        message, hint = "this repository has no commit yet", "make one, then there is a revision"
    elif ask(root, "rev-parse", "--is-shallow-repository").strip() == b"true":
        message = f"`{name[:80]}` isn't in this clone, which is a shallow one"
        hint = "fetch it: `git fetch origin BRANCH` (in CI: a checkout with its whole history)"
    else:
        message = f"`{name[:80]}` is no revision of this repository"
        hint = "a branch, a tag or a commit, as `git rev-parse` takes it: origin/main, HEAD~1"
    raise RevisionError(Diagnostic("unknown-revision", message, Span(""), hint=hint))


def commit_time(root: Path) -> tuple[str, int]:
    """The commit that HEAD means and when it was committed, in seconds since the epoch. Raises
    RevisionError."""
    commit = commit_of(root, "HEAD")
    for line in ask(root, "cat-file", "commit", commit).split(b"\n"):
        if line.startswith(b"committer ") and (words := line.split())[-2].isdigit():
            return commit, int(words[-2])
    raise unreadable(f"commit {commit[:12]} has no time", "`git fsck` may say more")


def contents_of(root: Path, hashes: Iterable[str]) -> dict[str, bytes]:
    """The objects that are there, and aren't too large. Raises RevisionError."""
    asked = "".join(f"{one}\n" for one in hashes).encode()
    told = (
        line.split() for line in ask(root, "cat-file", "--batch-check", text=asked).split(b"\n")
    )
    there = [words[0] for words in told if len(words) == 3 and int(words[2]) <= LARGEST]
    answer = ask(root, "cat-file", "--batch", text=b"".join(one + b"\n" for one in there))
    found: dict[str, bytes] = {}
    position = 0
    for one in there:
        start = answer.index(b"\n", position) + 1
        size = int(answer[position:start].split()[2])
        found[one.decode("ascii")] = answer[start : start + size]
        position = start + size + 1
    return found


def ask(root: Path, *words: str, text: bytes = b"", quiet: bool = False) -> bytes:
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
        raise unreadable("there is no git on this machine", "install git") from None
    except subprocess.TimeoutExpired:
        raise unreadable(
            f"git doesn't answer within {_SECONDS} s", "look at the repository"
        ) from None
    except OSError as error:
        raise unreadable(f"git can't be run: {error.strerror}", "look at the repository") from None
    if done.returncode and not quiet:
        raise _refusal(done.stderr.decode("utf-8", "replace"))
    return b"" if done.returncode else done.stdout


def _refusal(said: str) -> RevisionError:
    fatal = next((line for line in said.splitlines() if line.startswith("fatal: ")), said)
    reason = next(iter(fatal.removeprefix("fatal: ").splitlines()), "")
    if "not a git repository" in reason:
        hint = "--against compares with another revision of the project's Git repository"
        return unreadable("the project is in no Git repository", hint)
    if "could not fetch" in reason:
        return unreadable(
            "this clone has only a part of that revision's files", "fetch the others with git"
        )
    return unreadable(f"git can't read the repository: {reason}", "`git status` may say more")


def unreadable(message: str, hint: str) -> RevisionError:
    """Why nothing can be compared."""
    return RevisionError(Diagnostic("unreadable-revision", message, Span(""), hint=hint))
