"""`exai.lock` beside `exai.yaml`: read with the specs, written by `exai lock` alone.

In: a project's folder. Out: a `LockFile`, its text, and what is wrong with it. Reads one file,
below the folder; imports the language of locks only where there is one.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from exai_runtime.folder import DiskFolder, Folder, leads_out
from exai_runtime.packs import digest_of
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.values import frozen

if TYPE_CHECKING:
    from exai_specs.lock import LockFile

FILE = "exai.lock"
_TRIES, _PAUSE = 600, 0.05  # half a minute: it is kept for as long as one file takes


@frozen
class ReadLock:
    """`lock` is None where there is no file, or one that can't be used; `text` None without one.
    `readable` is what can be read of one that can't be used."""

    lock: LockFile | None
    text: str | None
    problems: tuple[Diagnostic, ...]
    readable: LockFile | None = None


NONE = ReadLock(None, None, ())


def read_lock(folder: Folder) -> ReadLock:
    """The lock of a project, wherever its files are."""
    if not _stands(folder):
        return NONE
    if not folder.inside(FILE):
        return ReadLock(None, None, (leads_out(FILE),))
    try:
        data = folder.read(FILE) if folder.kind(FILE) != "none" else None
    except OSError as error:
        message = f"can't read the file: {error.strerror or error}"
        return _unread(message, "it is a plain file that you may read")
    if data is None:
        return _unread("this link leads nowhere", "remove it, or put the file there")
    text = data.decode("utf-8", errors="replace")
    from exai_specs.documents import read

    documents, problems = read(data, FILE, "exactly apiVersion, kind and environments")
    if problems:
        return ReadLock(None, text, problems)
    from exai_specs.lock import LockFile
    from exai_specs.lock_reading import parse_lock, readable

    found = parse_lock(documents)
    if isinstance(found, LockFile):
        return ReadLock(found, text, ())
    return ReadLock(None, text, found, readable(documents[0]))


def _unread(message: str, hint: str) -> ReadLock:
    problem = Diagnostic("unreadable-file", message, Span(FILE), hint=hint)
    return ReadLock(None, None, (problem,))


def _stands(folder: Folder) -> bool:
    """Whether anything has that name, a link to nowhere included: a lock that is lost isn't a
    project that pins nothing."""
    if isinstance(folder, DiskFolder):
        return os.path.lexists(folder.root / FILE)
    return any(name == FILE for name, _ in folder.entries(""))


def digest_in(folder: Folder) -> bytes | None:
    """What the file is told from another one by; None without one. Raises OSError, for one that
    can't be used, too."""
    if not _stands(folder):
        return None
    if not folder.inside(FILE):
        raise OSError(errno.EPERM, "its link leads out of the project")
    return digest_of(folder.read(FILE))


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """While nobody else writes a project's lock through here: between its reading and its writing
    nothing comes. It is the kernel's lock of the folder, gone with its holder. Raises OSError where
    another process keeps it for long; a disk that knows no such locks has none."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for _ in range(_TRIES):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_PAUSE)
            except OSError:
                break
            else:
                break
        else:
            raise OSError(errno.EAGAIN, "another process keeps it, and doesn't end")
        yield
    finally:
        os.close(descriptor)


def write_lock(root: Path, lock: LockFile) -> bool:
    """By rename, through a link that stays in the project; whether the file is another now.
    Raises OSError, and leaves nothing then."""
    from exai_runtime.whole_file import write_whole
    from exai_specs.lock_text import lock_text

    place = Path(os.path.realpath(root / FILE))
    from exai_runtime.editor_schema import FILE as SCHEMA
    from exai_runtime.editor_schema import comment

    # Where a project has the schema for its editors, its lock points at it as its specs do.
    text = (comment(FILE) if (root / SCHEMA).is_file() else "") + lock_text(lock)
    if not DiskFolder(root).inside(FILE) or place.is_symlink():
        raise OSError(errno.EPERM, "its link leads out of the project, or nowhere")
    with suppress(OSError, UnicodeDecodeError):
        if place.read_text("utf-8") == text:
            return False
    write_whole(place, text, place.stat().st_mode & 0o777 if place.exists() else 0o644)
    return True
