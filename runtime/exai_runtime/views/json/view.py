"""The view for programs: one JSON document on stdout, plain progress on stderr. Never asks."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TextIO

from exai_compiler.changes import Plan
from exai_runtime.events import Event
from exai_runtime.results import Result
from exai_runtime.views.human.progress import Plain
from exai_runtime.views.json.envelope import envelope


@dataclass(slots=True)
class JsonView:
    """`command` is written into the envelope."""

    command: str
    quiet: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    _progress: Plain | None = None

    def show(self, result: Result, exit_code: int) -> None:
        """ASCII only, so that no terminal or pipe can spoil it; NaN, no JSON, is refused."""
        json.dump(envelope(self.command, result, exit_code), self.out, indent=2, allow_nan=False)
        self.out.write("\n")
        self.out.flush()

    def listen(self, event: Event) -> None:
        if self.quiet:
            return
        if self._progress is None:
            self._progress = Plain(self.err)
        self._progress.take(event)

    def say(self, line: str) -> None:
        """One document is all: what comes line by line is refused before it begins."""

    def propose(self, plan: Plan) -> None:
        """The plan is part of the result."""

    def ask(self, question: str) -> bool | None:
        """Programs say `--yes` beforehand."""

    def close(self) -> None:
        pass
