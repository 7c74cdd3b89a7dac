"""Runs that a person asks for never stand in for those that the specs ask for."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from exai_compiler.build import RunRequest
from exai_compiler.changes import ObjectId
from exai_compiler.facts import Facts, ModelFacts, ModelVersion, RunFact
from exai_compiler.resolve import _candidate
from exai_compiler.runs import _why, asked_for
from exai_specs.identity import Ref

PIPELINE = Ref("Pipeline", "p")
SPECS = RunRequest(
    pipeline=PIPELINE,
    key="specs",
    spec_key="spec",
    parameters=MappingProxyType({"ntrees": 20, "rate": 0.1}),
    data=MappingProxyType({"iris": "v1"}),
    registers=("m",),
    due=False,
    why=(),
    generation=0,
    version=ObjectId("api", "PipelineVersion", "p-1"),
)


def test_nothing_new_is_the_specs_own_run() -> None:
    assert asked_for(SPECS, {}) is SPECS
    assert asked_for(SPECS, {"ntrees": 20}) is SPECS


def test_other_parameters_are_another_run() -> None:
    asked = asked_for(SPECS, {"ntrees": 50})
    assert asked.by_hand
    assert asked.key not in (SPECS.key, asked_for(SPECS, {"ntrees": 51}).key)
    assert asked.spec_key != SPECS.spec_key
    assert dict(asked.parameters) == {"ntrees": 50, "rate": 0.1}
    assert asked.key == asked_for(SPECS, {"rate": 0.1, "ntrees": 50}).key
    assert asked.key != asked_for(replace(SPECS, data={"iris": "v2"}), {"ntrees": 50}).key
    assert asked.key != asked_for(replace(SPECS, spec_key="new"), {"ntrees": 50}).key


def test_again_is_another_run_of_the_same_question() -> None:
    once, twice = asked_for(SPECS, {}, 1), asked_for(SPECS, {}, 2)
    assert len({SPECS.key, once.key, twice.key}) == 3
    assert once.spec_key == SPECS.spec_key
    assert once.by_hand


def fact(key: str, spec_key: str = "spec", by_hand: bool = False) -> RunFact:
    return RunFact(key, "p", spec_key, {"iris": "v1"}, "succeeded", generation=1, by_hand=by_hand)


def why(*runs: RunFact) -> tuple[str, ...]:
    on = ("spec", "data")
    return _why(PIPELINE, on, "specs", "spec", {"iris": "v1"}, 0, Facts(runs=runs))


def test_a_run_by_hand_makes_no_other_run_needless() -> None:
    assert why(fact("other", by_hand=True)) == ("it has never succeeded",)
    assert why(fact("specs")) == ()
    assert why(fact("specs", by_hand=True)) == (), "the very run that the specs ask for by now"


def test_a_version_made_by_hand_is_no_candidate() -> None:
    first = ModelVersion("m", 1, "uri", "d", "old")
    mine = ModelVersion("m", 2, "uri", "d", "mine")
    known = ModelFacts((first, mine))
    assert _candidate(known, frozenset(), (), frozenset({"mine"})) is first
    assert _candidate(known, frozenset({"mine"}), (), frozenset({"mine"})) is mine
    assert _candidate(ModelFacts((mine,)), frozenset(), (), frozenset({"mine"})) is None
