"""What happened in an environment, joined to the nodes of the lineage that declare it.

In: a project's folder, an environment that can be looked at. Out: facts by node, and what stood in
the way. Reads what `status`, `history` and `runs` read: the state folder, the registry (from the
cache while nothing has changed), the services; takes no lock and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from exai_compiler.edges import Node
from exai_compiler.facts import ModelFacts
from exai_compiler.picture import Fact
from exai_runtime.compiling import environment_of
from exai_runtime.feature_results import Freshness
from exai_runtime.local.facts import FactReader
from exai_runtime.local.paths import Paths
from exai_runtime.local.run_records import records
from exai_runtime.reporting import status
from exai_runtime.results import Refused, Serving
from exai_runtime.run_results import RunRecord
from exai_runtime.target import Health, TargetError
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic
from exai_specs.values import frozen, replace

_SHORT = 12
_STATES = {
    "succeeded": "good",
    "ready": "good",
    "fresh": "good",
    "failed": "bad",
    "missing": "bad",
    "stale": "bad",
    "running": "waiting",
    "starting": "waiting",
    "stopped": "waiting",
    "outdated": "waiting",
}
Seen = TypeVar("Seen")
Facts = Mapping[Node, tuple[Fact, ...]]


@frozen
class Happened:
    """`problems` say what couldn't be looked at; the facts are of all the rest. `runs` are all that
    the environment knows of, the newest first."""

    environment: str
    facts: Facts
    problems: tuple[Diagnostic, ...] = ()
    runs: tuple[RunRecord, ...] = ()


def happened(root: Path, environment: str) -> Happened | Refused:
    """The newest runs, the data that they read, models with aliases and verdicts, services."""
    loaded = load(root)
    if loaded.project is None:
        return Refused(loaded.diagnostics, loaded.sources)
    found, problems = environment_of(loaded.project, environment)
    if found is None:
        return Refused(problems, loaded.sources)
    paths = Paths(root.absolute(), environment)
    damaged: list[Diagnostic] = []
    models = _looked(lambda: FactReader(paths, found).models(), damaged) or {}
    report = _looked(lambda: status(root, environment), damaged)
    runs = _looked(lambda: records(paths, models), damaged) or ()
    facts: dict[Node, list[Fact]] = {}
    for node, fact in (
        *of_runs(runs),
        *of_models(models),
        *(of_features(report.features) if report is not None else ()),
        *(of_services(report.health, report.serving) if report is not None else ()),
    ):
        facts.setdefault(node, []).append(fact)
    told = MappingProxyType({node: tuple(some) for node, some in facts.items()})
    # A lineage is no check of the environment: what can't be looked at is said, and no failure.
    every = dict.fromkeys((*damaged, *(report.diagnostics if report is not None else ())))
    problems = tuple(replace(d, severity="warning") for d in every)
    return Happened(environment, told, problems, runs)


def _looked(look: Callable[[], Seen], damaged: list[Diagnostic]) -> Seen | None:
    """What is seen; None where it is damaged, which is kept to be told."""
    try:
        return look()
    except TargetError as error:
        damaged.append(error.diagnostic)
        return None


def of_runs(runs: Iterable[RunRecord]) -> Iterable[tuple[Node, Fact]]:
    """Of each pipeline's newest run: how it went, how long its steps took, which data it read."""
    newest: dict[str, RunRecord] = {}
    read: dict[str, tuple[str, str]] = {}
    for run in runs:  # the newest first
        newest.setdefault(run.pipeline, run)
        for dataset, version in run.data.items():
            read.setdefault(dataset, (version, run.key))
    for pipeline, run in sorted(newest.items()):
        whole = Node("Pipeline", pipeline)
        at = _moment(run.finished or run.started)
        yield whole, Fact("run", f"{run.key[:_SHORT]} {run.state}{at}", _STATES.get(run.state, ""))
        for step, seconds in run.seconds.items():
            if step != run.step:
                yield whole._replace(step=step), Fact("took", f"{seconds:.1f} s")
        if run.step:
            yield whole._replace(step=run.step), Fact("failed", _line(run.detail), "bad")
    for dataset, (version, key) in sorted(read.items()):
        text = f"{version[:_SHORT]}, read by run {key[:_SHORT]}"
        yield Node("Dataset", dataset), Fact("data", text)


def of_models(models: Mapping[str, ModelFacts]) -> Iterable[tuple[Node, Fact]]:
    """The newest version with its verdict and metrics, and where the aliases stand."""
    for name, known in sorted(models.items()):
        if not known.versions:
            continue
        node, version = Node("Model", name), known.versions[-1]
        verdict = version.verdict
        word = "not judged" if verdict is None else "passed" if verdict.passed else "missed"
        state = "waiting" if verdict is None else "good" if verdict.passed else "bad"
        yield node, Fact("newest", f"v{version.number}, {word}", state)
        for alias, number in sorted(known.aliases.items()):
            yield node, Fact(alias, f"v{number}")
        for metric, value in sorted(version.metrics.items()):
            yield node, Fact(metric, f"{value:.4g}")


def of_features(rows: Iterable[Freshness]) -> Iterable[tuple[Node, Fact]]:
    for row in rows:
        newest = f", newest {row.newest}" if row.newest else ""
        text = f"{row.state}, {row.rows} rows{newest}"
        yield Node(row.view.kind, row.view.name), Fact("online", text, _STATES.get(row.state, ""))


def of_services(
    health: Iterable[Health], serving: Iterable[Serving]
) -> Iterable[tuple[Node, Fact]]:
    served = {row.id: row for row in serving}
    for row in health:
        if row.origin.kind != "Service":
            continue
        node = Node("Service", row.origin.name)
        yield node, Fact("state", row.state, _STATES.get(row.state, ""))
        if (what := served.get(row.id)) is not None and what.version is not None:
            yield node, Fact("serves", f"{what.model} v{what.version}")


def _moment(at: float) -> str:
    return f" {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC" if at else ""


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else f"{line[:117]}..."
