"""What every target offers.

Planning gets a `Reader`; only an apply gets a `Writer`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, Protocol

from exai_compiler.build import Build, Observed
from exai_compiler.changes import Change, ObjectId, Outcome
from exai_compiler.facts import Facts
from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic
from exai_specs.identity import Ref
from exai_specs.values import frozen

HealthState = Literal["ready", "running", "starting", "stopped", "failed", "missing", "outdated"]


@frozen
class Health:
    """How one object is doing.

    `detail` is one line; `url` where it answers; `log` the path of its log. `drift` is `unknown`
    where nobody can say what the specs ask for; otherwise `state` says whether it is outdated.
    """

    id: ObjectId
    origin: Ref
    state: HealthState
    detail: str = ""
    url: str = ""
    log: str = ""
    drift: Literal["", "unknown"] = ""


@frozen
class Progress:
    """Something that happened on the way: a phase (`train`), of what (`Pipeline/iris-
    training`), and its state."""

    subject: str
    phase: str
    state: Literal["started", "finished", "failed", "note"]
    detail: str = ""


Listener = Callable[[Progress], None]


class TargetError(Exception):
    """The target can't do what it was asked, for a reason that a person can mend.

    Carries the diagnostic to print; `lines` are what a tool said of it, for a log.
    """

    def __init__(self, diagnostic: Diagnostic, lines: tuple[str, ...] = ()) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic
        self.lines = lines


class Reader(Protocol):
    """Looks, and changes nothing."""

    def facts(self, project: Project) -> Facts:
        """Aliases, versions, data versions and runs as they are now."""
        ...

    def problems(self, project: Project, read: frozenset[str]) -> tuple[Diagnostic, ...]:
        """What these datasets ask for and this place doesn't have: a table, a column; and what
        services ask for and another program has: a port."""
        ...

    def observe(self) -> Observed:
        """Every object that exai owns here, with its drift."""
        ...

    def health(self, build: Build) -> tuple[Health, ...]:
        """One row an object of the build that has a state of its own (services, runs)."""
        ...

    def logs(self, ref: Ref) -> Iterable[str]:
        """The last lines of what this document's process or run wrote."""
        ...


class Writer(Reader, Protocol):
    """May change the target.

    One at a time: a target becomes a writer in a `with`, which takes its lock.
    """

    def apply(self, change: Change, build: Build, listen: Listener) -> Outcome:
        """Do exactly this change.

        Every failure that a person can mend is an Outcome with result `failed`.
        """
        ...
