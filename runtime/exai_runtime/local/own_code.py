"""Users' Python steps on this machine: what pip would bring on a cluster is a cached environment
here, and a wrapper gives a step its own secrets and its tracebacks.

In: the IR of a run. Out: the same IR, in which the commands of such steps are substituted. Never:
another change of it; what isn't in KFP's own ephemeral form is left as it is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

from exai_compiler.python_code.ephemeral import PROGRAM
from exai_runtime.local.notebook_files import cells_of
from exai_runtime.local.python_env import environment_with, requested
from exai_runtime.target import TargetError
from exai_specs.values import frozen, replace

_SKIPPED = {"node_modules", "__pycache__", "dist", "build"}
_MOST_FILES = 2000


@frozen
class Place:
    """Where a function stands in the user's files; line 1 of itself when that isn't known."""

    path: str
    line: int


def substituted(
    ir: Mapping[str, Any], root: Path, tell: Callable[[str, str], None]
) -> dict[str, Any]:
    """The IR for this machine. `tell` gets a step and a line when packages are installed for it.

    Raises TargetError when they can't be.
    """
    found: dict[str, Any] = deepcopy(dict(ir))
    executors = found.get("deploymentSpec", {}).get("executors", {})
    for label, executor in sorted(executors.items()):
        container = executor.get("container", {})
        command = list(container.get("command", ()))
        if PROGRAM not in command:
            continue
        start = command.index(PROGRAM) - 2
        text = command[start + 3]
        name = container.get("args", [""])[-1]
        step = label.removeprefix("exec-")
        packages, options = requested(command[:start])
        try:
            python = environment_with(packages, options, partial(tell, step))
        except TargetError as error:
            problem = error.diagnostic
            message = f"step {step}: {problem.message}"
            raise TargetError(replace(problem, message=message), error.lines) from None
        head = text[: text.index(f"def {name}")].count("\n") + 1
        settings: dict[str, Any] = {"python": str(python) if python else "", "head": head}
        if (notebook := cells_of(text, root, _files(root, ".ipynb"))) is not None:
            settings |= {"path": notebook.path, "line": 1, "cells": notebook.cells}
        else:
            place = _place(root, text.split("\n", head - 1)[-1].rstrip("\n"), name)
            settings |= {"path": place.path, "line": place.line}
        container["command"] = [
            *("python3", "-m", "exai_components.own_code", json.dumps(settings)),
            *command[start:],
        ]
    return found


def _place(root: Path, source: str, name: str) -> Place:
    """The first file below the project that holds exactly this text."""
    for file in _files(root, ".py"):
        try:
            text = file.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            continue
        if (at := text.find(source)) >= 0:
            return Place(file.relative_to(root).as_posix(), text.count("\n", 0, at) + 1)
    return Place(f"{name} (in the pipeline)", 1)


def _files(root: Path, ending: str) -> Iterator[Path]:
    count = 0
    for here, folders, files in os.walk(root, followlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _SKIPPED)
        for name in sorted(files):
            if name.endswith(ending):
                count += 1
                if count > _MOST_FILES:
                    return
                yield Path(here) / name
