"""What a session tells whoever listens while it works: values only. Nothing prints or measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from exai_compiler.changes import Outcome, Planned
from exai_runtime.target import Progress


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A stretch of work began; `name` is what people read: `looking at the target`."""

    name: str


@dataclass(frozen=True, slots=True)
class PhaseFinished:
    """It ended after so many seconds; `detail` is what came of it, on one line (`5 documents`)."""

    name: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RoundStarted:
    """A round of an apply begins (from 1) and will execute these changes, in this order."""

    number: int
    changes: tuple[Planned, ...]


@dataclass(frozen=True, slots=True)
class ChangeStarted:
    planned: Planned


@dataclass(frozen=True, slots=True)
class ChangeFinished:
    planned: Planned
    outcome: Outcome


Event = PhaseStarted | PhaseFinished | RoundStarted | ChangeStarted | ChangeFinished | Progress

Listen = Callable[[Event], None]
