"""What is under way, as values. In: events and their times. Out: lines, and what still runs.

Pure: it reads no clock and writes nothing, so that plain and live progress tell the same story.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from exai_compiler.changes import Planned, subject, verb
from exai_runtime.events import (
    ChangeFinished,
    ChangeStarted,
    Event,
    PhaseFinished,
    PhaseStarted,
    RoundStarted,
)
from exai_runtime.target import Progress
from exai_runtime.views.human.words import count
from exai_specs.values import frozen

Mark = Literal["started", "done", "failed", "note"]


@frozen
class Line:
    """One line of progress. `seconds` is how long it took, if known; `depth` its indentation."""

    mark: Mark
    text: str
    detail: str = ""
    seconds: float | None = None
    depth: int = 0


@frozen
class Stretch:
    """Something that has started and not ended."""

    text: str
    since: float
    depth: int


@dataclass(slots=True)
class Board:
    """Remembers what has started. Mutable on purpose, and owned by one view."""

    open: dict[tuple[str, str], Stretch] = field(default_factory=dict)

    def take(self, event: Event, now: float) -> tuple[Line, ...]:
        """The lines that this event is worth. `now`: seconds on a clock that only goes forward."""
        match event:
            case PhaseStarted(name):
                return self._start(("phase", name), name, now, 0)
            case PhaseFinished(name, seconds, detail):
                self.open.pop(("phase", name), None)
                return (Line("done", name, detail, seconds),)
            case RoundStarted(number, changes):
                return (Line("note", f"round {number}", count(len(changes), "change")),)
            case ChangeStarted(planned):
                return self._start(("change", _title(planned)), _title(planned), now, 1)
            case ChangeFinished(planned, outcome):
                stretch = self.open.pop(("change", _title(planned)), None)
                took = None if stretch is None else now - stretch.since
                failed = outcome.result == "failed"
                first = (outcome.detail.splitlines() or [""])[0]
                detail = outcome.result + (f", {first}" if first else "")
                return (Line("failed" if failed else "done", _title(planned), detail, took, 1),)
            case Progress():
                return self._progress(event, now)

    def _progress(self, event: Progress, now: float) -> tuple[Line, ...]:
        key = (event.subject, event.phase)
        text = event.phase or event.subject
        match event.state:
            case "started":
                return self._start(key, text, now, 2)
            case "finished" | "failed":
                stretch = self.open.pop(key, None)
                seconds = None if stretch is None else now - stretch.since
                mark: Mark = "done" if event.state == "finished" else "failed"
                return (Line(mark, text, event.detail, seconds, 2),)
            case "note":
                return (Line("note", text, event.detail, None, 2),)

    def _start(self, key: tuple[str, str], text: str, now: float, depth: int) -> tuple[Line, ...]:
        self.open[key] = Stretch(text, now, depth)
        return (Line("started", text, depth=depth),)


def _title(planned: Planned) -> str:
    return f"{verb(planned.change)} {subject(planned.change)}"
