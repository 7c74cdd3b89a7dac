"""The judge: gates against recorded metrics."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exai_compiler.facts import Champion, GateResult, ModelVersion
from exai_compiler.judge import gates_digest, judge
from exai_specs.kinds import Gate


def version(metrics: dict[str, float], champion: dict[str, float] | None = None) -> ModelVersion:
    met = Champion(1, MappingProxyType(champion)) if champion is not None else None
    return ModelVersion(
        "m", 2, "file:///m", "d", "k", metrics=MappingProxyType(metrics), champion=met
    )


def gate(**fields: Any) -> Gate:
    """A gate by the names of its attributes."""
    return Gate(**fields)


def only(v: ModelVersion, **gates: Gate) -> GateResult:
    (result,) = judge(v, gates).results
    return result


def test_bounds_are_inclusive() -> None:
    assert only(version({"accuracy": 0.9}), accuracy=gate(min=0.9)).passed
    assert not only(version({"accuracy": 0.89}), accuracy=gate(min=0.9)).passed
    assert only(version({"logloss": 1.0}), logloss=gate(max=1.0)).passed
    assert not only(version({"logloss": 1.1}), logloss=gate(max=1.0)).passed


def test_a_metric_that_nobody_recorded_fails_and_says_so() -> None:
    result = only(version({}), accuracy=gate(min=0.9))
    assert not result.passed
    assert "no such metric" in result.note


def test_without_a_champion_the_gate_passes_and_says_so() -> None:
    result = only(version({"logloss": 9.0}), logloss=gate(no_worse_than="champion"))
    assert result.passed
    assert "no champion" in result.note


def test_no_worse_knows_which_way_is_better() -> None:
    no_worse = gate(no_worse_than="champion", tolerance=0.01)
    assert only(version({"logloss": 0.205}, {"logloss": 0.2}), logloss=no_worse).passed
    assert not only(version({"logloss": 0.22}, {"logloss": 0.2}), logloss=no_worse).passed
    assert only(version({"accuracy": 0.895}, {"accuracy": 0.9}), accuracy=no_worse).passed
    assert not only(version({"accuracy": 0.88}, {"accuracy": 0.9}), accuracy=no_worse).passed


def test_a_champion_without_the_metric_fails() -> None:
    no_worse = gate(no_worse_than="champion")
    result = only(version({"r2": 0.5}, {}), r2=no_worse)
    assert not result.passed
    assert "champion" in result.note


def test_every_gate_is_judged_in_the_order_of_names() -> None:
    gates = {"logloss": gate(max=1, no_worse_than="champion"), "accuracy": gate(min=0.99)}
    verdict = judge(version({"accuracy": 0.9, "logloss": 0.5}), gates)
    assert [(r.metric, r.rule, r.passed) for r in verdict.results] == [
        ("accuracy", "min", False),
        ("logloss", "max", True),
        ("logloss", "noWorseThan", True),
    ]
    assert not verdict.passed


def test_no_gates_pass() -> None:
    assert judge(version({}), {}).passed


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_digest_is_that_of_the_gates_alone(one: float, two: float) -> None:
    first, second = ({"accuracy": gate(min=value)} for value in (one, two))
    assert (gates_digest(first) == gates_digest(second)) == (one == two)
