"""What the commands about runs, models' histories and logs come to, as frozen values.

Times are in seconds since the epoch; 0 stands for what isn't known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from exai_compiler.changes import Outcome
from exai_compiler.facts import Verdict
from exai_runtime.answered import Answered
from exai_specs.diagnostics import Diagnostic
from exai_specs.frozen import Json, empty
from exai_specs.values import field, frozen

RunState = Literal["running", "succeeded", "failed", "stopped"]
Better = Literal["higher", "lower"]


@frozen
class Registered:
    """A version that a run registered, with the metrics and the newest verdict of its gates."""

    model: str
    version: int
    metrics: Mapping[str, float]
    verdict: Verdict | None = None
    aliases: tuple[str, ...] = ()


@frozen
class RunRecord:
    """A run as its files and the registry tell it.

    `parameters` are those that it had, defaults included; `data` maps a dataset to its version;
    `version` names the PipelineVersion; `commit` is what HEAD was when it started; `seconds` maps a
    step to how long it took. `stopped`: its process was killed before it ended. `failure` is the
    code of why it failed, for `exai explain`.
    """

    key: str
    pipeline: str
    state: RunState
    version: str
    started: float = 0.0
    finished: float = 0.0
    step: str = ""
    detail: str = ""
    failure: str = ""
    parameters: Mapping[str, Json] = field(default_factory=empty)
    data: Mapping[str, str] = field(default_factory=empty)
    seconds: Mapping[str, float] = field(default_factory=empty)
    models: tuple[Registered, ...] = ()
    commit: str = ""
    branch: str = ""
    generation: int = 0
    by_hand: bool = False
    log: str = ""

    @property
    def elapsed(self) -> float | None:
        """How long it took; None while it runs, or when nobody knows."""
        return self.finished - self.started if self.finished and self.started else None

    def metrics(self) -> dict[str, float]:
        """All its metrics; with the model's name before them when it registered several."""
        several = len(self.models) > 1
        return {
            f"{one.model}.{name}" if several else name: value
            for one in self.models
            for name, value in sorted(one.metrics.items())
        }


@frozen
class Asked:
    """What `run` came to. `again`: no, an identical run had succeeded before. `wanted`: the specs
    ask for this very run, so that the next apply moves aliases to what it registered.
    """

    environment: str
    pipeline: str
    run: RunRecord | None
    outcomes: tuple[Outcome, ...]
    verdicts: tuple[Verdict, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    exit_code: int
    elapsed: float
    already: bool = False
    wanted: bool = False


@frozen
class RunList(Answered):
    """Runs, the newest first. `left_off` says how many older ones aren't among them."""

    environment: str
    runs: tuple[RunRecord, ...]
    left_off: int = 0


@frozen
class RunShown(Answered):
    """One run, whole."""

    environment: str
    run: RunRecord


@frozen
class Compared:
    """A row of a comparison: one value a run (None: it has none), in the runs' order.

    For metrics `better` says which way is better (None: nobody knows) and `best` the places of the
    best; `deltas` are against the first run.
    """

    name: str
    values: tuple[Json, ...]
    better: Better | None = None
    best: tuple[int, ...] = ()
    deltas: tuple[float | None, ...] = ()

    @property
    def same(self) -> bool:
        return all(value == self.values[0] for value in self.values)


@frozen
class RunsCompared(Answered):
    """Runs side by side, in the order in which they were named."""

    environment: str
    runs: tuple[RunRecord, ...]
    parameters: tuple[Compared, ...]
    data: tuple[Compared, ...]
    code: tuple[Compared, ...]
    metrics: tuple[Compared, ...]
    seconds: tuple[Compared, ...]


@frozen
class Log:
    """Lines of a log, the last of them. `streamed`: they were printed as they came, and `lines`
    is empty. `run` is the key of the run that wrote it, for a pipeline.
    """

    subject: str
    path: str
    lines: tuple[str, ...]
    run: str = ""
    streamed: bool = False
    exit_code: int = 0
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=empty)


@frozen
class Applying:
    """The apply (or run by hand) that did something: its number, when it began, and the commit that
    the project stood at; empty when an older exai didn't record it.
    """

    number: int
    at: float
    commit: str = ""
    branch: str = ""


@frozen
class Judged:
    """A version was held against its gates; `verdict` is None when an older exai kept none."""

    at: float
    version: int
    verdict: Verdict | None
    apply: Applying


@frozen
class Moved:
    """An alias was moved; `was` is None when it stood nowhere."""

    at: float
    alias: str
    was: int | None
    to: int
    apply: Applying


@frozen
class VersionRecord:
    """A version of a model and where it comes from. `run` is None when that run's files are gone;
    `judged` are all its verdicts, oldest first.
    """

    number: int
    run_key: str
    run: RunRecord | None
    metrics: Mapping[str, float]
    verdict: Verdict | None
    judged: tuple[Judged, ...]
    aliases: tuple[str, ...]
    uri: str


@frozen
class History(Answered):
    """A model's versions, and the moves of its aliases, each newest first."""

    environment: str
    model: str
    versions: tuple[VersionRecord, ...]
    moves: tuple[Moved, ...]


RunsResult = Asked | RunList | RunShown | RunsCompared | Log | History
