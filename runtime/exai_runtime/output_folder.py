"""A folder of rendered files. In: a folder, texts by path. Out: what was written and removed.

The folder is exai's own: a list in it says which files exai wrote, with their hashes. Only those
are replaced or removed, and only while they are as exai wrote them. Nothing is written unless all
of it may be, and nothing outside the folder, whatever links lie in it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from exai_runtime.results import FileState
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span

LIST = ".exai-rendered.json"
_FORM = 1


def write(
    folder: Path, texts: Mapping[str, str], keep_others: bool
) -> tuple[Mapping[str, FileState], tuple[str, ...]]:
    """The state of each file, and those that were removed because nothing renders them any more
    (with `keep_others` they stay). Raises TargetError, and then nothing has changed."""
    before = _listed(folder)
    fresh = {path: text.encode() for path, text in texts.items()}
    changed = {path for path, data in fresh.items() if _digest(folder / path) != _hash(data)}
    stale = {} if keep_others else {p: h for p, h in before.items() if p not in fresh}
    for path in sorted(changed | set(stale)):
        _check_place(folder, path)
    edited = [path for path in sorted(changed) if not _ours(folder, path, before)]
    if edited:
        raise _refused(
            "foreign-file",
            f"{', '.join(edited[:5])} in {folder} isn't as exai wrote it: nothing was written",
            "move it away, or render into another folder",
        )
    for path in sorted(changed):
        _replace(folder / path, fresh[path])
    removed = []
    for path, digest in sorted(stale.items()):
        if _digest(folder / path) == digest:
            (folder / path).unlink()
            removed.append(path)
            _remove_empty(folder, (folder / path).parent)
    kept = {path: digest for path, digest in before.items() if keep_others}
    listed = {**kept, **{path: _hash(data) for path, data in fresh.items()}}
    text = json.dumps({"form": _FORM, "files": dict(sorted(listed.items()))}, indent=1) + "\n"
    if _digest(folder / LIST) != _hash(text.encode()):
        _replace(folder / LIST, text.encode())
    states: dict[str, FileState] = {
        path: "written" if path in changed else "unchanged" for path in sorted(fresh)
    }
    return states, tuple(removed)


def _listed(folder: Path) -> Mapping[str, str]:
    """What exai wrote into this folder; empty for a folder that is new or empty."""
    if not folder.exists():
        return {}
    if not folder.is_dir():
        raise _refused("foreign-folder", f"{folder} is no folder", "name another with -o")
    try:
        value = json.loads((folder / LIST).read_bytes())
        files = value["files"]
        if value["form"] == _FORM and all(isinstance(h, str) for h in files.values()):
            return {str(path): digest for path, digest in files.items() if _relative(str(path))}
    except FileNotFoundError:
        if not any(folder.iterdir()):
            return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise _refused(
        "foreign-folder",
        f"{folder} holds files that exai didn't write: nothing was written",
        "name an empty or a new folder with -o",
    )


def _ours(folder: Path, path: str, before: Mapping[str, str]) -> bool:
    """Whether a file may be replaced: it isn't there, or is as exai wrote it."""
    place = folder / path
    if not os.path.lexists(place):
        return True
    return path in before and _digest(place) == before[path]


def _check_place(folder: Path, path: str) -> None:
    """Nothing on the way may be a link: it could lead out."""
    place = folder
    for part in PurePosixPath(path).parts:
        place = place / part
        if not _relative(path) or place.is_symlink():
            message = f"{path} would be written outside {folder}, or through a link in it"
            raise _refused("foreign-file", message, "remove the link, or name another folder")


def _relative(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and ".." not in parts and not path.startswith("/")


def _replace(place: Path, data: bytes) -> None:
    """All of it or nothing."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        with fresh.open("xb") as stream:
            stream.write(data)
        fresh.replace(place)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _remove_empty(folder: Path, place: Path) -> None:
    while place != folder:
        try:
            place.rmdir()
        except OSError:
            return
        place = place.parent


def _digest(place: Path) -> str:
    try:
        return "" if place.is_symlink() else _hash(place.read_bytes())
    except OSError:
        return ""


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _refused(code: str, message: str, hint: str) -> TargetError:
    return TargetError(Diagnostic(code, message, Span(""), hint=hint))
