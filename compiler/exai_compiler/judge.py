"""The judge: a version's recorded metrics held against its model's gates.

In: values. Out: a `Verdict`. Moves no alias.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from exai_compiler.facts import GateResult, ModelVersion, Verdict
from exai_specs.frozen import digest
from exai_specs.kinds import Gate

# Which way is better; the direction is the metric's (LANGUAGE section 7).
DIRECTIONS: Mapping[str, Literal["higher", "lower"]] = MappingProxyType(
    {
        "accuracy": "higher",
        "auc": "higher",
        "f1": "higher",
        "logloss": "lower",
        "mae": "lower",
        "precision": "higher",
        "r2": "higher",
        "recall": "higher",
        "rmse": "lower",
    }
)


def gates_digest(gates: Mapping[str, Gate]) -> str:
    """The identity of a set of gates: a changed gate judges the recorded metrics again, without
    a run."""
    return digest(
        {
            metric: {
                "max": gate.max,
                "min": gate.min,
                "noWorseThan": gate.no_worse_than,
                "tolerance": gate.tolerance,
            }
            for metric, gate in gates.items()
        }
    )


def judge(version: ModelVersion, gates: Mapping[str, Gate]) -> Verdict:
    """Every gate, all of them, in the order of their metrics' names."""
    results = tuple(
        result for metric in sorted(gates) for result in _results(version, metric, gates[metric])
    )
    return Verdict(
        model=version.model,
        version=version.number,
        gates=gates_digest(gates),
        passed=all(result.passed for result in results),
        results=results,
    )


def _results(version: ModelVersion, metric: str, gate: Gate) -> Iterator[GateResult]:
    value = version.metrics.get(metric)
    if gate.min is not None:
        yield _bounded(metric, "min", value, gate.min)
    if gate.max is not None:
        yield _bounded(metric, "max", value, gate.max)
    if gate.no_worse_than is not None:
        yield _no_worse(version, metric, value, gate.tolerance or 0.0)


def _bounded(
    metric: str, rule: Literal["min", "max"], value: float | None, limit: float
) -> GateResult:
    if value is None:
        return GateResult(metric, rule, False, None, limit, note="the run recorded no such metric")
    return GateResult(
        metric, rule, value >= limit if rule == "min" else value <= limit, value, limit
    )


def _no_worse(
    version: ModelVersion, metric: str, value: float | None, tolerance: float
) -> GateResult:
    champion = version.champion
    if champion is None:
        return GateResult(
            metric,
            "noWorseThan",
            True,
            value,
            None,
            note="no champion yet: nothing to compare with",
        )
    theirs = champion.metrics.get(metric)
    if value is None or theirs is None:
        who = "the run" if value is None else f"the champion, version {champion.version},"
        return GateResult(
            metric,
            "noWorseThan",
            False,
            value,
            theirs,
            champion.version,
            champion.problem or f"{who} has no such metric",
        )
    if DIRECTIONS.get(metric, "higher") == "higher":
        limit = theirs - tolerance
        passed = value >= limit
    else:
        limit = theirs + tolerance
        passed = value <= limit
    return GateResult(metric, "noWorseThan", passed, value, limit, champion.version)
