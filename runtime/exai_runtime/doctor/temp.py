"""Checks of the temporary folder and of what file systems can do: sockets, locks."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from exai_runtime.doctor.place import Place
from exai_runtime.local.paths import SOCKET_PATH_BYTES
from exai_runtime.results import Finding

_SOCKET = "s01234567-01234567.sock.fd"  # the longest name that a server's socket gets


def temporary(place: Place) -> Iterator[Finding]:
    """Whether files can be made there, and whether it is the one that was asked for."""
    del place
    asked = os.environ.get("TMPDIR", "")
    folder = tempfile.gettempdir()
    if asked and os.path.realpath(asked) != os.path.realpath(folder):
        hint = "make that folder, or point TMPDIR to one that is there"
        yield Finding("temp", "warning", f"TMPDIR={asked} can't be used: {folder} is", hint)
    try:
        with tempfile.TemporaryFile(prefix="exai-"):
            pass
    except OSError as error:
        hint = "set TMPDIR to a folder that can be written to"
        yield Finding("temp", "problem", f"no file can be made in {folder}: {error}", hint)
    else:
        yield Finding("temp", "ok", f"files can be made in {folder}")


def sockets(place: Place) -> Iterator[Finding]:
    """Unix sockets have room for 107 bytes of a path; servers put theirs into this folder."""
    folder = place.paths.private
    length = len(os.fsencode(folder / _SOCKET))
    if length >= SOCKET_PATH_BYTES:
        hint = "set TMPDIR to a folder with a shorter path"
        detail = f"{folder} is too long for sockets: {length} of {SOCKET_PATH_BYTES} bytes"
        yield Finding("sockets", "problem", detail, hint)
        return
    above = folder.parent
    if above.exists():
        found = above.lstat()
        if above.is_symlink() or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            hint = "remove it, or set TMPDIR to another folder"
            detail = f"{above} should be open to this user alone, and isn't"
            yield Finding("sockets", "problem", detail, hint)
            return
    with tempfile.TemporaryDirectory(prefix="exai-", dir=_there(above)) as scratch:
        try:
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(Path(scratch) / "s"))
        except OSError as error:
            hint = "set TMPDIR to a folder on a local disk"
            detail = f"no socket can be made in {above.parent}: {error}"
            yield Finding("sockets", "problem", detail, hint)
            return
    yield Finding("sockets", "ok", f"they fit: {length} of {SOCKET_PATH_BYTES} bytes of a path")


def locks(place: Place) -> Iterator[Finding]:
    """Whether the file system of the project keeps a second one out, as applies rely on."""
    folder = _there(place.paths.state)
    try:
        with tempfile.NamedTemporaryFile(prefix=".exai-", dir=folder) as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            other = os.open(file.name, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                held = True
            else:
                held = False
            finally:
                os.close(other)
    except OSError as error:
        hint = "work in a folder on a local disk that can be written to"
        yield Finding("locks", "problem", f"no file can be locked in {folder}: {error}", hint)
        return
    if held:
        yield Finding("locks", "ok", f"they hold in {folder}")
    else:
        hint = "work in a folder on a local disk: two applies could run at once here"
        yield Finding("locks", "problem", f"locks don't hold in {folder}", hint)


def _there(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.is_dir())
