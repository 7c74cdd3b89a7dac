"""What each command comes to, as frozen values: sessions return them, views print them.

`sources` maps a path, as spans name it, to the text of that file: what an excerpt is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from exai_compiler.build import Build
from exai_compiler.changes import ObjectId, Outcome, Plan
from exai_compiler.expected import Expected
from exai_compiler.facts import Verdict
from exai_compiler.maybe import Unknown
from exai_runtime.data_results import Preview
from exai_runtime.explain_results import ExplainResult
from exai_runtime.feature_results import FeatureResult, Freshness
from exai_runtime.lineage_results import LineageResult
from exai_runtime.lock_results import Locked
from exai_runtime.revision_results import Against
from exai_runtime.run_results import RunsResult
from exai_runtime.target import Health
from exai_runtime.validated import Sources, Validated
from exai_specs.diagnostics import Diagnostic, has_errors
from exai_specs.frozen import Json, empty
from exai_specs.identity import Ref
from exai_specs.values import field, frozen

Protocol = Literal["v1", "v2"]
FileState = Literal["written", "unchanged"]
Approve = Callable[[Plan], bool]


@frozen
class Created:
    """A new project folder: its files, relative to `directory`, sorted. `name` is the project's."""

    directory: Path
    template: str
    name: str
    files: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Sources = field(default_factory=empty)

    @property
    def exit_code(self) -> int:
        return int(has_errors(self.diagnostics))


@frozen
class Planning:
    """`plan` and `build` are None when the diagnostics hold an error."""

    plan: Plan | None
    build: Build | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Sources

    @property
    def exit_code(self) -> int:
        return int(self.plan is None or has_errors(self.diagnostics))


@frozen
class Example:
    """A request that this service can answer: one row, in the order of the model's signature.

    `datatypes` maps a column to its V2 datatype (`FP64`, `BYTES`); a missing one is guessed from
    the value.
    """

    service: str
    protocol: Protocol
    row: Mapping[str, Json]
    datatypes: Mapping[str, str] = field(default_factory=empty)


@frozen
class Applied:
    """What an apply or a destroy came to. `plan` is the one that was first shown.

    `approved` is False when a person (or the lack of one) declined it, and then there are no
    outcomes. `verdicts` are those of this apply's own runs.
    """

    environment: str
    plan: Plan | None
    outcomes: tuple[Outcome, ...]
    verdicts: tuple[Verdict, ...]
    health: tuple[Health, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Sources
    exit_code: int
    elapsed: float
    examples: tuple[Example, ...] = ()
    approved: bool = True


@frozen
class ModelStatus:
    """A model: aliases, numbers of versions, the newest verdict, and what stands in the way."""

    model: Ref
    aliases: Mapping[str, int]
    versions: tuple[int, ...]
    verdict: Verdict | None
    note: str = ""


@frozen
class Serving:
    """What a service serves: the model's name, its version, and since when (RFC 3339)."""

    id: ObjectId
    model: str
    version: int | None
    since: str = ""


@frozen
class StatusReport:
    """How an environment is doing. `waiting` and `parity`, what the target ignores, are None where
    the specs have mistakes: nobody knows. `features` has a row for each view that is to be online.
    """

    environment: str
    health: tuple[Health, ...]
    models: tuple[ModelStatus, ...]
    waiting: tuple[Unknown, ...] | None
    parity: tuple[Diagnostic, ...] | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Sources
    serving: tuple[Serving, ...] = ()
    features: tuple[Freshness, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 when a service that should answer doesn't, so that a script can wait for it."""
        return int(
            has_errors(self.diagnostics)
            or any(
                row.origin.kind == "Service" and row.state in ("failed", "missing", "stopped")
                for row in self.health
            )
        )


@frozen
class Prediction:
    """One mapping a row, in order: `prediction`, and `probabilities` by class if there are any."""

    service: str
    answers: tuple[Mapping[str, Json], ...]
    url: str
    protocol: Protocol
    seconds: float
    diagnostics: tuple[Diagnostic, ...]
    sources: Sources = field(default_factory=empty)

    @property
    def exit_code(self) -> int:
        return int(has_errors(self.diagnostics))


@frozen
class RenderedFile:
    """A file of a rendered folder; `object` is None where it is no object of Kubernetes."""

    path: str
    origin: Ref
    object: ObjectId | None
    state: FileState


@frozen
class LeftOut:
    """An object that wasn't rendered: it holds a value that isn't known, and `hint` says how that
    changes."""

    id: ObjectId
    origin: Ref
    waits: Unknown
    hint: str = ""


@frozen
class RenderedFiles:
    """What `render` made: files in `directory`, or without one the objects as plain values, in the
    order in which they have to be applied. `removed` are files that nothing renders any more;
    `expects` what a cluster has to have before.
    """

    environment: str
    directory: Path | None
    files: tuple[RenderedFile, ...]
    objects: tuple[Mapping[str, Any], ...]
    removed: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Sources = field(default_factory=empty)
    expects: tuple[Expected, ...] = ()

    @property
    def exit_code(self) -> int:
        return int(has_errors(self.diagnostics))


@frozen
class Finding:
    """What one check of the machine found. `hint` says what to do about a warning or a problem."""

    check: str
    state: Literal["ok", "warning", "problem"]
    detail: str
    hint: str = ""


@frozen
class Checkup:
    """What of this machine and this project's state would get in the way."""

    findings: tuple[Finding, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Sources = field(default_factory=empty)

    @property
    def exit_code(self) -> int:
        return int(any(finding.state == "problem" for finding in self.findings))


@frozen
class Refused:
    """A command that ended before it had a result. `bug` means that exai is at fault."""

    diagnostics: tuple[Diagnostic, ...]
    sources: Sources = field(default_factory=empty)
    exit_code: int = 1
    bug: bool = False


Result = (
    Created
    | Validated
    | Planning
    | Against
    | Applied
    | StatusReport
    | Prediction
    | FeatureResult
    | RunsResult
    | RenderedFiles
    | Locked
    | Checkup
    | Preview
    | ExplainResult
    | LineageResult
    | Refused
)
