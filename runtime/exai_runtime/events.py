"""What a session tells whoever listens while it works: values only. Nothing prints or measures."""

from __future__ import annotations

from collections.abc import Callable

from exai_compiler.changes import Outcome, Planned
from exai_runtime.target import Progress
from exai_specs.values import frozen


@frozen
class PhaseStarted:
    """A stretch of work began; `name` is what people read: `looking at the target`."""

    name: str


@frozen
class PhaseFinished:
    """It ended after so many seconds; `detail` is what came of it, on one line (`5 documents`)."""

    name: str
    seconds: float
    detail: str = ""


@frozen
class RoundStarted:
    """A round of an apply begins (from 1) and will execute these changes, in this order."""

    number: int
    changes: tuple[Planned, ...]


@frozen
class ChangeStarted:
    planned: Planned


@frozen
class ChangeFinished:
    planned: Planned
    outcome: Outcome


Event = PhaseStarted | PhaseFinished | RoundStarted | ChangeStarted | ChangeFinished | Progress

Listen = Callable[[Event], None]
