"""`exai.lock` beside `exai.yaml`: read with the specs, written by `exai lock` alone.

In: a project's folder. Out: a `LockFile`, its text, and what is wrong with it. Reads one file,
below the folder; imports the language of locks only where there is one.
"""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from exai_runtime.folder import DiskFolder, Folder, leads_out
from exai_runtime.packs import digest_of
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.values import frozen

if TYPE_CHECKING:
    from exai_specs.lock import LockFile

FILE = "exai.lock"


@frozen
class ReadLock:
    """`lock` is None where there is no file, or one that can't be used; `text` None without one."""

    lock: LockFile | None
    text: str | None
    problems: tuple[Diagnostic, ...]


NONE = ReadLock(None, None, ())


def read_lock(folder: Folder) -> ReadLock:
    """The lock of a project, wherever its files are."""
    if folder.kind(FILE) == "none":
        return NONE
    if not folder.inside(FILE):
        return ReadLock(None, None, (leads_out(FILE),))
    try:
        data = folder.read(FILE)
    except OSError as error:
        message = f"can't read the file: {error.strerror or error}"
        hint = "it is a plain file that you may read"
        return ReadLock(
            None, None, (Diagnostic("unreadable-file", message, Span(FILE), hint=hint),)
        )
    text = data.decode("utf-8", errors="replace")
    from exai_specs.documents import read

    documents, problems = read(data, FILE)
    if problems:
        return ReadLock(None, text, problems)
    from exai_specs.lock import LockFile, parse_lock

    found = parse_lock(documents)
    if isinstance(found, LockFile):
        return ReadLock(found, text, ())
    return ReadLock(None, text, found)


def digest_in(folder: Folder) -> bytes | None:
    """What the file is told from another one by; None without one. Raises OSError."""
    return None if folder.kind(FILE) == "none" else digest_of(folder.read(FILE))


def write_lock(root: Path, lock: LockFile) -> bool:
    """By rename, through a link that stays in the project; whether the file is another now.
    Raises OSError, and leaves nothing then."""
    from exai_specs.lock import lock_text

    text, place = lock_text(lock), Path(os.path.realpath(root / FILE))
    if not DiskFolder(root).inside(FILE) or place.is_symlink():
        raise OSError(errno.EPERM, "its link leads out of the project, or nowhere")
    with suppress(OSError, UnicodeDecodeError):
        if place.read_text("utf-8") == text:
            return False
    descriptor, fresh = tempfile.mkstemp(prefix=".exai.lock.", dir=place.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o644
        Path(fresh).chmod(mode)
        Path(fresh).replace(place)
    finally:
        Path(fresh).unlink(missing_ok=True)  # it is there no longer, unless something came between
    return True
