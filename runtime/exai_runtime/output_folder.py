"""A folder of rendered files. In: a folder, texts by path. Out: what was written and removed.

The folder is exai's own: a list in it says which files exai wrote, with their hashes. Only those
are replaced or removed, and only while they are as exai wrote them. Nothing is written unless all
of it may be, and nothing outside the folder, whatever links lie in it. A folder is for one
environment: another's files would replace and remove its own. The list comes first and
names what is about to be written, too: killed at any moment, the same command finishes the job.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from exai_runtime.results import FileState
from exai_runtime.target import TargetError
from exai_runtime.whole_file import remove_halves, write_beside
from exai_specs.diagnostics import Diagnostic, Span

LIST = ".exai-rendered.json"
_FORM = 1


def standing(folder: Path, paths: Iterable[str]) -> frozenset[str]:
    """Those of the files that stand there as exai wrote them. Raises TargetError."""
    before, _, _ = _listed(folder)
    return frozenset(
        path for path in paths if path in before and _digest(folder / path) in before[path]
    )


def write(
    folder: Path,
    texts: Mapping[str, str],
    environment: str,
    keep_others: bool,
    waiting: frozenset[str] = frozenset(),
) -> tuple[Mapping[str, FileState], tuple[str, ...]]:
    """The state of each file, and those that were removed because nothing renders them any more
    (with `keep_others` they stay, and so do those that are `waiting` to be known). Raises
    TargetError, and then nothing has changed."""
    before, broken_off, whose = _listed(folder)
    if before and whose not in ("", environment):
        raise _refused(
            "other-environment",
            f"{folder} was rendered for {whose}, not for {environment}: nothing was written",
            "name a folder of its own with -o, or remove this one first",
        )
    fresh = {path: text.encode() for path, text in texts.items()}
    changed = {path for path, data in fresh.items() if _digest(folder / path) != _hash(data)}
    stale = set() if keep_others else before.keys() - fresh.keys() - waiting
    for path in sorted(changed | stale):
        _check_place(folder, path)
    edited = [path for path in sorted(changed | stale) if not _ours(folder, path, before)]
    if edited:
        raise _refused(
            "foreign-file",
            f"{', '.join(edited[:5])} in {folder} isn't as exai wrote it: nothing was written",
            "move it away, or render into another folder",
        )
    for each in {(folder / path).parent for path in (LIST, *(before if broken_off else ()))}:
        remove_halves(each)
    kept = {path: _standing(folder / path, before[path]) for path in before}
    hashes = {path: _hash(data) for path, data in fresh.items()}
    if changed or stale:
        _replace(folder / LIST, _list(environment, kept, {path: hashes[path] for path in changed}))
    for path in sorted(changed):
        _replace(folder / path, fresh[path])
    removed = []
    for path in sorted(stale):
        if _digest(folder / path) in before[path]:
            (folder / path).unlink()
            removed.append(path)
            _remove_empty(folder, (folder / path).parent)
    others = {path: hash_ for path, hash_ in kept.items() if keep_others or path in waiting}
    text = _list(environment, {**others, **hashes}, {})
    if _digest(folder / LIST) != _hash(text):
        _replace(folder / LIST, text)
    states: dict[str, FileState] = {
        path: "written" if path in changed else "unchanged" for path in sorted(fresh)
    }
    return states, tuple(removed)


def _list(environment: str, written: Mapping[str, str], writing: Mapping[str, str]) -> bytes:
    """The list as text: a file stands as `written` says or, while there is `writing`, as that."""
    more = {"writing": dict(sorted(writing.items()))} if writing else {}
    files = dict(sorted(written.items()))
    value = {"form": _FORM, "environment": environment, "files": files, **more}
    return (json.dumps(value, indent=1) + "\n").encode()


def _listed(folder: Path) -> tuple[Mapping[str, frozenset[str]], bool, str]:
    """How exai may have left each file of its own in this folder, whether it was broken off in the
    middle, and for which environment (empty: the list doesn't say); no files in a folder that is
    new or empty."""
    if not folder.exists():
        return {}, False, ""
    if not folder.is_dir():
        raise _refused("foreign-folder", f"{folder} is no folder", "name another with -o")
    try:
        value = json.loads((folder / LIST).read_bytes())
        files, writing = value["files"], value.get("writing", {})
        texts = [*files.values(), *writing.values(), value.get("environment", "")]
        if value["form"] == _FORM and all(isinstance(text, str) for text in texts):
            return (
                {
                    path: frozenset(part[path] for part in (files, writing) if path in part)
                    for path in sorted(files.keys() | writing.keys())
                    if _relative(path)
                },
                bool(writing),
                texts[-1],
            )
    except FileNotFoundError:
        remove_halves(folder)
        if not any(folder.iterdir()):
            return {}, False, ""
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise _refused(
        "foreign-folder",
        f"{folder} holds files that exai didn't write: nothing was written",
        "name an empty or a new folder with -o",
    )


def _ours(folder: Path, path: str, before: Mapping[str, frozenset[str]]) -> bool:
    """Whether a file may be replaced: it isn't there, or is as exai wrote it."""
    place = folder / path
    if not os.path.lexists(place):
        return True
    return path in before and _digest(place) in before[path]


def _standing(place: Path, known: frozenset[str]) -> str:
    """The hash of a file of exai's own as it stands; of an edited one, a hash that it had."""
    found = _digest(place)
    return found if found in known else min(known)


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
    write_beside(place, data)


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
