"""Resolve: which run is due, which version is the candidate, and what an alias means now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.facts import (
    Champion,
    Facts,
    GateResult,
    Lock,
    ModelFacts,
    ModelVersion,
    Pin,
    RunFact,
    Verdict,
)
from exai_compiler.judge import gates_digest, judge
from exai_compiler.maybe import Known, Maybe, Unknown
from exai_compiler.project import Project
from exai_compiler.resolve import resolve
from exai_compiler.resolved import Resolved
from exai_runtime.workspace import component_catalog, load
from exai_specs.frozen import digest
from exai_specs.identity import Ref
from exai_specs.kinds import ModelSpec, PipelineSpec

ROOT = Path(__file__).resolve().parents[3]
CATALOG = component_catalog()
DATA: Mapping[str, Maybe[str]] = {"iris": Known("d1")}
GOOD = MappingProxyType({"accuracy": 0.97, "logloss": 0.1})
BAD = MappingProxyType({"accuracy": 0.5, "logloss": 2.0})


def project(tmp_path: Path, *edits: tuple[str, str]) -> Project:
    """Section 0 of the language in one file, edited."""
    text = (ROOT / "tests" / "language_section_0.yaml").read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "exai.yaml").write_text(text)
    loaded = load(tmp_path)
    assert loaded.project is not None, loaded.diagnostics
    assert not [d for d in loaded.diagnostics if d.severity == "error"]
    return loaded.project


def resolved(project: Project, facts: Facts, lock: Lock | None = None) -> Resolved:
    environment = project.environment("local")
    assert environment is not None
    return resolve(project, "local", environment, CATALOG, lock or Lock(), facts)


def key_of(project: Project, data: Mapping[str, Maybe[str]] = DATA) -> tuple[str, str]:
    (run,) = resolved(project, Facts(data=data)).runs
    return run.key, run.spec_key


def success(key: str, spec_key: str, data: str = "d1") -> RunFact:
    return RunFact(key, "iris-training", spec_key, {"iris": data}, "succeeded")


def version(number: int, key: str, metrics: Mapping[str, float] = GOOD) -> ModelVersion:
    return ModelVersion(
        "iris_model", number, f"file:///m/{number}", f"d{number}", key, metrics=metrics
    )


def models(*versions: ModelVersion, champion: int | None = None) -> Mapping[str, ModelFacts]:
    aliases = {} if champion is None else {"champion": champion}
    return {"iris_model": ModelFacts(versions, aliases)}


def champion_of(found: Resolved) -> Maybe[ModelVersion]:
    return found.models["iris_model@champion"]


def test_a_first_run_is_due_and_the_alias_waits_for_it(tmp_path: Path) -> None:
    found = resolved(project(tmp_path), Facts(data=DATA))
    (run,) = found.runs
    assert run.due
    assert run.registers == ("iris_model",)
    assert run.parameters == {"ntrees": 20}
    waits = champion_of(found)
    assert isinstance(waits, Unknown)
    assert waits.waits_for == Ref("Model", "iris_model")


def test_what_succeeded_is_not_due_again(tmp_path: Path) -> None:
    specs = project(tmp_path)
    key, spec_key = key_of(specs)
    facts = Facts(models(version(1, key)), DATA, (success(key, spec_key),))
    assert not resolved(specs, facts).runs[0].due


def test_what_the_registry_lost_is_run_again(tmp_path: Path) -> None:
    specs = project(tmp_path)
    (run,) = resolved(specs, Facts(data=DATA, runs=(success(*key_of(specs)),))).runs
    assert run.due
    assert "lost the version of Model/iris_model" in run.why[0]


@pytest.mark.parametrize("state", ["failed", "running"])
def test_what_failed_or_is_on_its_way_is_due(tmp_path: Path, state: str) -> None:
    specs = project(tmp_path)
    fact = replace(success(*key_of(specs)), state=state)  # type: ignore[arg-type]
    assert resolved(specs, Facts(data=DATA, runs=(fact,))).runs[0].due


def test_new_data_and_new_specs_say_so(tmp_path: Path) -> None:
    specs = project(tmp_path / "a")
    done = (success(*key_of(specs)),)
    new_data = resolved(specs, Facts(data={"iris": Known("d2")}, runs=done)).runs[0]
    assert new_data.why == ("new data in Dataset/iris",)
    other = project(tmp_path / "b", ("default: 20", "default: 30"))
    assert resolved(other, Facts(data=DATA, runs=done)).runs[0].why == (
        "the specs changed in meaning",
    )


@pytest.mark.parametrize(
    ("edit", "same"),
    [
        (("memory: 2Gi", "memory: 3Gi"), True),
        (("backoff: 30s", "backoff: 3s"), True),
        (("description: One row per flower", "description: Flowers"), True),
        (("unit: cm", "unit: mm"), True),
        (("replicas: {min: 1, max: 3}", "replicas: {min: 2, max: 3}"), True),
        (("accuracy: {min: 0.9}", "accuracy: {min: 0.8}"), True),
        (("default: 20", "default: 21"), False),
        (("max_depth: 5", "max_depth: 6"), False),
        (("test: 0.2", "test: 0.3"), False),
        (("max_value: 10}", "max_value: 11}"), False),
        (("sepal_length: {type: float64", "sepal_length: {type: float32"), False),
        (("{noWorseThan: champion, tolerance: 0.01}", "{max: 1}"), False),
    ],
)
def test_only_what_means_something_changes_the_run_key(
    tmp_path: Path, edit: tuple[str, str], same: bool
) -> None:
    before = key_of(project(tmp_path / "a"))
    assert (key_of(project(tmp_path / "b", edit)) == before) is same


def test_the_generation_forces_a_run(tmp_path: Path) -> None:
    before = key_of(project(tmp_path / "a"))
    forced = project(tmp_path / "b", ("run: {on: [spec, data]}", "run: {generation: 1}"))
    assert key_of(forced) != before


@pytest.mark.parametrize(
    ("on", "data", "ntrees", "due"),
    [
        ("[spec]", "d2", 20, False),
        ("[spec]", "d1", 21, True),
        ("[data]", "d1", 21, False),
        ("[data]", "d2", 20, True),
        ("[]", "d2", 21, False),
    ],
)
def test_what_may_start_a_run(tmp_path: Path, on: str, data: str, ntrees: int, due: bool) -> None:
    on_edit = ("run: {on: [spec, data]}", f"run: {{on: {on}}}")
    before = project(tmp_path / "a", on_edit)
    after = project(tmp_path / "b", on_edit, ("default: 20", f"default: {ntrees}"))
    facts = Facts(data={"iris": Known(data)}, runs=(success(*key_of(before)),))
    assert resolved(after, facts).runs[0].due is due


def test_missing_data_is_waited_for(tmp_path: Path) -> None:
    missing = Unknown(Ref("Dataset", "iris"), "data/iris.db isn't there")
    found = resolved(project(tmp_path), Facts(data={"iris": missing}))
    assert found.runs == ()
    assert found.waiting == (missing,)


def test_a_passing_version_is_what_the_alias_means_before_it_moves(tmp_path: Path) -> None:
    specs = project(tmp_path)
    key, spec_key = key_of(specs)
    facts = Facts(models(version(1, key)), DATA, (success(key, spec_key),))
    found = resolved(specs, facts)
    assert champion_of(found) == Known(version(1, key))
    (promotion,) = found.promotions
    assert promotion.new_verdict
    assert promotion.wanted == {"champion": Known(1)}
    assert promotion.current == {}


def test_a_recorded_verdict_of_the_same_gates_isnt_recorded_again(tmp_path: Path) -> None:
    specs = project(tmp_path)
    key, spec_key = key_of(specs)
    gates = specs.body(ModelSpec, "iris_model")
    assert gates is not None
    judged = replace(version(1, key), verdict=judge(version(1, key), gates.gates))
    assert judged.verdict is not None
    assert judged.verdict.gates == gates_digest(gates.gates)
    facts = Facts(models(judged, champion=1), DATA, (success(key, spec_key),))
    (promotion,) = resolved(specs, facts).promotions
    assert not promotion.new_verdict
    # another gate: judged again, without a run
    other = project(tmp_path / "b", ("accuracy: {min: 0.9}", "accuracy: {min: 0.99}"))
    found = resolved(other, facts)
    assert not found.runs[0].due
    assert found.promotions[0].new_verdict
    assert found.promotions[0].verdict is not None
    assert not found.promotions[0].verdict.passed


def test_a_missed_gate_leaves_the_alias_where_it_is(tmp_path: Path) -> None:
    specs = project(tmp_path)
    key, spec_key = key_of(specs)
    facts = Facts(
        models(version(1, "old"), version(2, key, BAD), champion=1), DATA, (success(key, spec_key),)
    )
    found = resolved(specs, facts)
    assert champion_of(found) == Known(version(1, "old"))
    assert found.promotions[0].wanted == {"champion": Known(1)}


def test_without_a_passing_version_the_reason_names_the_missed_gate(tmp_path: Path) -> None:
    specs = project(tmp_path)
    key, spec_key = key_of(specs)
    facts = Facts(models(version(1, key, BAD)), DATA, (success(key, spec_key),))
    waits = champion_of(resolved(specs, facts))
    assert isinstance(waits, Unknown)
    assert "accuracy 0.5 (min 0.9)" in waits.reason


def test_a_metric_with_two_missed_gates_is_told_once(tmp_path: Path) -> None:
    both = "accuracy: {min: 0.9, noWorseThan: champion}"
    specs = project(tmp_path, ("accuracy: {min: 0.9}", both))
    key, spec_key = key_of(specs)
    gates = (
        GateResult("accuracy", "min", False, 0.5, 0.9),
        GateResult("accuracy", "noWorseThan", False, 0.5, 0.8, 1),
    )
    (body,) = [model for _, model in specs.bodies(ModelSpec)]
    verdict = Verdict("iris_model", 1, gates_digest(body.gates), False, gates)
    judged = replace(version(1, key, BAD), verdict=verdict)
    facts = Facts(models(judged), DATA, (success(key, spec_key),))
    waits = champion_of(resolved(specs, facts))
    assert isinstance(waits, Unknown)
    assert "missed accuracy 0.5 (min 0.9, noWorseThan 0.8)" in waits.reason


def test_a_reverted_commit_makes_its_own_version_the_candidate(tmp_path: Path) -> None:
    specs = project(tmp_path)
    key, spec_key = key_of(specs)
    facts = Facts(
        models(version(1, key), version(2, "newer"), champion=2),
        DATA,
        (success(key, spec_key), success("newer", "other")),
    )
    assert champion_of(resolved(specs, facts)) == Known(version(1, key))


def test_a_manual_alias_stays_where_the_registry_has_it(tmp_path: Path) -> None:
    specs = project(tmp_path, ("champion: {promote: auto}", "champion: {promote: manual}"))
    key, spec_key = key_of(specs)
    facts = Facts(
        models(version(1, "old"), version(2, key), champion=1), DATA, (success(key, spec_key),)
    )
    found = resolved(specs, facts)
    assert found.promotions[0].wanted == {}
    assert champion_of(found) == Known(version(1, "old"))


def test_a_pin_beats_the_registry(tmp_path: Path) -> None:
    specs = project(tmp_path)
    key, spec_key = key_of(specs)
    facts = Facts(
        models(version(1, "old"), version(2, key), champion=2), DATA, (success(key, spec_key),)
    )
    lock = Lock({("iris_model", "champion"): Pin(1, "d1", "file:///m/1")})
    assert champion_of(resolved(specs, facts, lock)) == Known(version(1, "old"))


@pytest.mark.parametrize(("number", "known"), [(1, True), (7, False)])
def test_a_version_by_number(tmp_path: Path, number: int, known: bool) -> None:
    specs = project(tmp_path, ("iris_model@champion", f"iris_model@{number}"))
    key, spec_key = key_of(specs)
    facts = Facts(models(version(1, key)), DATA, (success(key, spec_key),))
    found = resolved(specs, facts).models[f"iris_model@{number}"]
    assert isinstance(found, Known) is known


def test_no_worse_than_the_champion_it_met(tmp_path: Path) -> None:
    specs = project(tmp_path)
    key, spec_key = key_of(specs)
    met = Champion(1, MappingProxyType({"accuracy": 1.0, "logloss": 0.01}))
    worse = replace(version(2, key), champion=met)
    facts = Facts(models(version(1, "old"), worse, champion=1), DATA, (success(key, spec_key),))
    assert champion_of(resolved(specs, facts)) == Known(version(1, "old"))


def test_a_raised_generation_is_always_a_reason(tmp_path: Path) -> None:
    for number, on in enumerate(("[]", "[data]", "[spec, data]")):
        edit = ("run: {on: [spec, data]}", f"run: {{on: {on}, generation: 1}}")
        specs = project(tmp_path / str(number), edit)
        before = RunFact("old", "iris-training", "old", {"iris": "d1"}, "succeeded")
        (run,) = resolved(specs, Facts(data=DATA, runs=(before,))).runs
        assert run.why == ("run.generation was raised to 1",)
        done = replace(success(*key_of(specs)), generation=1)
        facts = Facts(models(version(1, done.key)), DATA, (before, done))
        assert not resolved(specs, facts).runs[0].due


def test_a_renamed_pipeline_runs_under_its_own_key(tmp_path: Path) -> None:
    before = key_of(project(tmp_path / "a"))
    renamed = project(tmp_path / "b", ("name: iris-training", "name: flower-training"))
    assert key_of(renamed) != before


def test_with_several_producers_the_newest_of_their_versions_is_the_candidate(
    tmp_path: Path,
) -> None:
    text = (ROOT / "tests" / "language_section_0.yaml").read_text()
    pipeline = next(doc for doc in text.split("---\n") if "kind: Pipeline" in doc)
    other = pipeline.replace("name: iris-training", "name: zz-training")
    (tmp_path / "exai.yaml").write_text(text + "---\n" + other)
    specs = load(tmp_path).project
    assert specs is not None
    first, second = resolved(specs, Facts(data=DATA)).runs
    assert first.key != second.key
    facts = Facts(
        models(version(1, second.key), version(2, first.key), champion=1),
        DATA,
        tuple(
            RunFact(run.key, run.pipeline.name, run.spec_key, run.data, "succeeded")
            for run in (first, second)
        ),
    )
    assert champion_of(resolved(specs, facts)) == Known(version(2, first.key))


def test_without_a_version_that_is_asked_for_the_alias_stays(tmp_path: Path) -> None:
    specs = project(tmp_path, ("run: {on: [spec, data]}", "run: {on: []}"))
    facts = Facts(models(version(1, "a"), version(2, "b"), champion=1), DATA)
    assert champion_of(resolved(specs, facts)) == Known(version(1, "a"))
    nothing_stands = Facts(models(version(1, "a"), version(2, "b")), DATA)
    assert champion_of(resolved(specs, nothing_stands)) == Known(version(2, "b"))


def test_a_manual_alias_that_nobody_set_waits_for_a_person(tmp_path: Path) -> None:
    specs = project(tmp_path, ("champion: {promote: auto}", "champion: {promote: manual}"))
    waits = champion_of(resolved(specs, Facts(data=DATA)))
    assert isinstance(waits, Unknown)
    assert waits.waits_for == Ref("Model", "iris_model@champion")
    assert "manual" in waits.reason


def test_what_a_pipeline_means_is_asked_for_where_its_data_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(meant: object) -> str:
        asked.append("")
        return digest(meant)  # type: ignore[arg-type]

    monkeypatch.setattr("exai_compiler.meaning.digest", counted)
    found = resolved(project(tmp_path), Facts())
    assert found.runs == () and not asked
    name = found.project.bodies(PipelineSpec).__next__()[0].ref.name
    assert name in found.meanings and "other" not in found.meanings and not asked
    assert [*found.meanings] == [*found.graphs] and len(found.meanings) == len(found.graphs)
    meaning, first = found.meanings[name], len(asked)
    assert first and found.meanings[name] == meaning and len(asked) == first
    again = resolved(found.project, Facts(data=DATA))
    assert again.runs and again.meanings[name] == meaning
