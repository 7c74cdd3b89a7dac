"""What the views of diagnostics alone have in common: they print once, and never ask.

In: a project's folder. Out: where it lies in its checkout.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from exai_compiler.changes import Plan
from exai_runtime.events import Event


def prefix_of(root: Path | None) -> str:
    """The way from the top of the checkout to the project, with a slash at its end; empty when
    the project is the top, or nobody knows one."""
    if root is None:
        return ""
    root = Path(os.path.realpath(root))
    top = _checkout(root)
    below = "" if top is None else root.relative_to(top).as_posix()
    return "" if below in ("", ".") else f"{below}/"


def _checkout(root: Path) -> Path | None:
    """A workflow's workspace, else the folder with `.git`."""
    workspace = os.environ.get("GITHUB_WORKSPACE", "")
    if workspace and root.is_relative_to(os.path.realpath(workspace)):
        return Path(os.path.realpath(workspace))
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)


@dataclass(slots=True)
class Report:
    """`prefix` comes before the paths of diagnostics."""

    prefix: str = ""
    out: TextIO = field(default_factory=lambda: sys.stdout)

    def listen(self, event: Event) -> None:
        """A report has no progress."""

    def say(self, line: str) -> None:
        """A report is written whole."""

    def propose(self, plan: Plan) -> None:
        """A report changes nothing."""

    def ask(self, question: str) -> bool | None:
        """Nobody reads a report while it is made."""

    def close(self) -> None:
        pass
