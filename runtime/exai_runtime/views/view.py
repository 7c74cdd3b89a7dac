"""What every view can do. In: results and events. Out: the result on stdout, the rest on stderr."""

from __future__ import annotations

from typing import Protocol

from exai_compiler.changes import Plan
from exai_runtime.events import Event
from exai_runtime.results import Result


class View(Protocol):
    def show(self, result: Result, exit_code: int) -> None:
        """Print what a command came to, and will exit with. Called once, at its end."""
        ...

    def listen(self, event: Event) -> None:
        """Tell how far the work is, on stderr. May be called from any thread."""
        ...

    def say(self, line: str) -> None:
        """Print a line of the result, on stdout, while more of them come."""
        ...

    def propose(self, plan: Plan) -> None:
        """Show what an apply is about to do, on stderr, before it does it."""
        ...

    def ask(self, question: str) -> bool | None:
        """Ask a person on the terminal; None when nobody is there to answer."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was. May be called twice."""
        ...
