"""The planner: what is made, changed, replaced, deleted, run and judged, in which round, and
what only waits."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exai_compiler.build import Build, Live, Observed, Promotion, Rendered, RunRequest
from exai_compiler.changes import (
    Create,
    Delete,
    FieldChange,
    Judge,
    MoveAlias,
    ObjectId,
    Planned,
    Replace,
    Run,
    Update,
    subject,
    verb,
)
from exai_compiler.facts import Verdict
from exai_compiler.maybe import Known, Tree, Unknown
from exai_compiler.planning import plan
from exai_compiler.planning.diff import diff
from exai_compiler.planning.plan import outgrown
from exai_specs.effects import Effect
from exai_specs.frozen import freeze
from exai_specs.identity import Ref

PIPELINE = Ref("Pipeline", "training")
MODEL = Ref("Model", "iris_model")
SERVICE = Ref("Service", "iris")
NOTHING = Observed(MappingProxyType({}))
COMING = Unknown(MODEL, "a run of this plan registers a new version")


def rendered(kind: str, name: str, body: Tree, origin: Ref = SERVICE, wave: int = 4) -> Rendered:
    return Rendered(ObjectId("v1", kind, name), origin, body, wave, Effect.REDEPLOY)


def build(
    objects: tuple[Rendered, ...] = (),
    runs: tuple[RunRequest, ...] = (),
    promotions: tuple[Promotion, ...] = (),
) -> Build:
    chains = MappingProxyType({SERVICE: (PIPELINE, MODEL)})
    return Build("local", objects, runs, promotions, (), (), chains)


def live(*items: Rendered, sequence: int = 0) -> Observed:
    return Observed(
        MappingProxyType({r.id: Live(r.body, r.origin, sequence) for r in items})  # type: ignore[arg-type]
    )


def run(
    due: bool = True, registers: tuple[str, ...] = ("iris_model",), key: str = "k" * 64
) -> RunRequest:
    version = ObjectId("v2beta1", "PipelineVersion", "training-0123")
    empty = MappingProxyType({})
    why = ("new",)
    return RunRequest(PIPELINE, key, "s" * 64, empty, empty, registers, due, why, 0, version)


def promotion(
    wanted: dict[str, Any], current: dict[str, int], new_verdict: bool = False
) -> Promotion:
    verdict = Verdict("iris_model", 2, "g", True, ())
    return Promotion(
        model=MODEL,
        run_key="k" * 64,
        verdict=verdict,
        new_verdict=new_verdict,
        first_verdict=False,
        current=MappingProxyType(current),
        wanted=MappingProxyType(wanted),
        auto=("champion",),
    )


def words(changes: tuple[Planned, ...]) -> list[str]:
    return [f"{p.round} {verb(p.change)} {subject(p.change)}" for p in changes]


def test_what_is_missing_is_created() -> None:
    made = plan(build((rendered("InferenceService", "iris", freeze({"a": 1})),)), NOTHING)
    assert words(made.changes) == ["1 create InferenceService/iris"]
    assert made.changes[0].because == (PIPELINE, MODEL)


def test_what_is_as_it_should_be_gives_an_empty_plan() -> None:
    wanted = rendered("InferenceService", "iris", freeze({"a": [1, {"b": None}]}))
    assert plan(build((wanted,)), live(wanted)).changes == ()


def test_a_changed_field_is_an_update_that_names_it() -> None:
    before = rendered("InferenceService", "iris", freeze({"spec": {"a": 1, "b": 2}}))
    after = replace(before, body=freeze({"spec": {"a": 1, "b": 3}}))
    (planned,) = plan(build((after,)), live(before)).changes
    assert isinstance(planned.change, Update)
    assert planned.change.fields == (FieldChange(("spec", "b"), Known(2), Known(3), "changed"),)
    assert planned.impact is Effect.REDEPLOY


def test_a_change_of_metadata_alone_has_the_impact_metadata() -> None:
    before = rendered("InferenceService", "iris", freeze({"metadata": {"labels": {"a": "1"}}}))
    after = replace(before, body=freeze({"metadata": {"labels": {"a": "2"}}}))
    (planned,) = plan(build((after,)), live(before)).changes
    assert planned.impact is Effect.METADATA


def test_drift_that_the_observer_found_is_an_update() -> None:
    wanted = rendered("InferenceService", "iris", freeze({"a": 1}))
    gone = FieldChange(("status", "process"), Known("gone"), Known("running"), "drifted")
    observed = Observed(
        MappingProxyType({wanted.id: Live(freeze({"a": 1}), SERVICE, drift=(gone,))})
    )
    (planned,) = plan(build((wanted,)), observed).changes
    assert isinstance(planned.change, Update)
    assert planned.change.fields == (gone,)


def test_an_immutable_field_needs_a_replacement() -> None:
    def mode(value: str) -> Tree:
        return freeze({"metadata": {"annotations": {"serving.kserve.io/deploymentMode": value}}})

    before = rendered("InferenceService", "iris", mode("Knative"))
    (planned,) = plan(build((replace(before, body=mode("Standard")),)), live(before)).changes
    assert isinstance(planned.change, Replace)
    assert planned.impact is Effect.BREAKING


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("TrainJob", "trainer.image"),
        ("TrainJob", "runtimeRef.name"),
        ("OptimizationJob", "numTrials"),
        ("LocalModelCache", "sourceModelUri"),
        ("TrainedModel", "model.memory"),
    ],
)
def test_what_a_manifest_cannot_change_in_place(kind: str, field: str) -> None:
    """As the CRD's own rules, or a webhook, refuse it."""

    def body(value: str) -> Tree:
        spec: Any = value
        for part in reversed(field.split(".")):
            spec = {part: spec}
        return freeze({"spec": {"suspend": value == "b", **spec}})

    before = rendered(kind, "theirs", body("a"), THEIRS)
    (planned,) = plan(build((replace(before, body=body("b")),)), live(before)).changes
    assert isinstance(planned.change, Replace)
    assert planned.change.why.endswith("can't change in place")
    ends = kind.endswith("Job")  # and runs again; nobody is without it meanwhile
    assert planned.impact is (Effect.RETRAIN if ends else Effect.BREAKING)
    if kind != "OptimizationJob":
        other = replace(before, body=freeze({"spec": {**before.body["spec"], "suspend": True}}))  # type: ignore[index]  # a mapping, above
        assert words(plan(build((other,)), live(before)).changes) == [f"1 update {kind}/theirs"]


def test_a_job_of_kubernetes_runs_with_the_template_that_it_was_made_with() -> None:
    """Of another group's Job nobody knows that."""

    def job(api: str, image: str, parallel: int) -> Rendered:
        spec = {"template": {"spec": {"containers": [{"image": image}]}}, "parallelism": parallel}
        made = rendered("Job", "theirs", freeze({"spec": spec}), THEIRS)
        return replace(made, id=ObjectId(api, "Job", "theirs"))

    for api, image, parallel, how in (
        ("batch/v1", "b", 1, "replace"),
        ("batch/v1", "a", 2, "update"),
        ("batch.volcano.sh/v1alpha1", "b", 1, "update"),
    ):
        found = plan(build((job(api, image, parallel),)), live(job(api, "a", 1))).changes
        assert words(found) == [f"1 {how} Job/theirs"]


def test_a_pipeline_version_of_the_same_name_is_never_updated_in_its_spec() -> None:
    before = rendered("PipelineVersion", "t-1", freeze({"spec": {"pipelineSpec": {"sdk": "1"}}}))
    after = replace(before, body=freeze({"spec": {"pipelineSpec": {"sdk": "2"}}}))
    assert plan(build((after,)), live(before)).changes == ()


def test_what_nobody_asks_for_any_more_is_deleted_and_breaks_its_callers() -> None:
    old = rendered("InferenceService", "old", freeze({}))
    (planned,) = plan(build(), live(old)).changes
    assert isinstance(planned.change, Delete)
    assert planned.impact is Effect.BREAKING


def test_the_newest_ten_pipeline_versions_stay() -> None:
    pipeline = rendered("Pipeline", "training", freeze({}), PIPELINE, wave=1)
    versions = [
        rendered("PipelineVersion", f"training-{i}", freeze({}), PIPELINE) for i in range(12)
    ]
    observed = Observed(
        MappingProxyType(
            {pipeline.id: Live(freeze({}), PIPELINE)}
            | {v.id: Live(freeze({}), PIPELINE, sequence=i) for i, v in enumerate(versions)}
        )
    )
    made = plan(build((pipeline,)), observed)
    assert words(made.changes) == [
        "1 delete PipelineVersion/training-0",
        "1 delete PipelineVersion/training-1",
    ]


def test_versions_go_with_their_pipeline() -> None:
    version = rendered("PipelineVersion", "training-1", freeze({}), PIPELINE)
    assert words(plan(build(), live(version)).changes) == ["1 delete PipelineVersion/training-1"]


def test_a_run_comes_last_in_its_round_and_what_follows_from_it_in_the_second() -> None:
    objects = (
        rendered("InferenceService", "iris", {"uri": COMING}),
        rendered("InferenceService", "other", freeze({}), Ref("Service", "other")),
        rendered("Pipeline", "training", freeze({}), PIPELINE, wave=1),
    )
    made = plan(build(objects, (run(),), (promotion({"champion": COMING}, {}),)), NOTHING)
    assert words(made.changes) == [
        "1 create Pipeline/training",
        "1 create InferenceService/other",
        "1 run Pipeline/training",
        "2 judge Model/iris_model",
        "2 move Model/iris_model@champion",
        "2 create InferenceService/iris",
    ]
    last = made.changes[-1].change
    assert isinstance(last, Create)
    assert last.only_if == MODEL
    assert made.waiting == ()


def test_what_waits_for_nothing_in_this_plan_is_waiting_and_leaves_the_plan_empty() -> None:
    unknown = Unknown(MODEL, "no version has passed its gates")
    made = plan(build((rendered("InferenceService", "iris", {"uri": unknown}),)), NOTHING)
    assert made.changes == ()
    assert made.waiting == (unknown,)


def test_an_alias_that_stands_where_it_should_isnt_moved() -> None:
    assert (
        plan(build((), (), (promotion({"champion": Known(2)}, {"champion": 2}),)), NOTHING).changes
        == ()
    )


def test_a_changed_gate_is_judged_without_a_run() -> None:
    made = plan(build((), (), (promotion({"champion": Known(2)}, {"champion": 1}, True),)), NOTHING)
    assert [type(p.change) for p in made.changes] == [Judge, MoveAlias]
    assert all(p.round == 1 for p in made.changes)


def test_a_run_that_is_not_due_isnt_planned() -> None:
    assert plan(build((), (run(due=False),)), NOTHING).changes == ()


def test_a_later_plan_that_wants_more_has_outgrown_the_first() -> None:
    first = plan(build((), (run(),)), NOTHING)
    extra = rendered("InferenceService", "surprise", freeze({}))
    later = plan(build((extra,)), NOTHING)
    assert [subject(change) for change in outgrown(first, later)] == ["InferenceService/surprise"]
    assert outgrown(first, first) == ()
    assert isinstance(first.changes[0].change, Run)


def test_a_run_under_another_key_is_another_run() -> None:
    first, later = (plan(build((), (run(key=key),)), NOTHING) for key in ("a", "b"))
    assert [type(change) for change in outgrown(first, later)] == [Run]


def test_what_doesnt_wait_for_the_run_is_done_before_it() -> None:
    wanted = rendered("InferenceService", "iris", {"uri": COMING, "cpu": 2})
    gone = FieldChange(("status", "process"), Known("gone"), Known("running"), "drifted")
    old = Live(freeze({"uri": "file:///m/1", "cpu": 1}), SERVICE, drift=(gone,))
    made = plan(build((wanted,), (run(),)), Observed(MappingProxyType({wanted.id: old})))
    assert words(made.changes) == [
        "1 update InferenceService/iris",
        "1 run Pipeline/training",
        "2 update InferenceService/iris",
    ]
    now, after = made.changes[0].change, made.changes[-1].change
    assert isinstance(now, Update)
    assert isinstance(after, Update)
    assert now.body == freeze({"uri": "file:///m/1", "cpu": 2})
    assert gone in now.fields
    assert gone not in after.fields
    assert after.only_if == MODEL


def test_a_new_version_counts_among_those_that_stay() -> None:
    pipeline = rendered("Pipeline", "training", freeze({}), PIPELINE, wave=1)
    old = [rendered("PipelineVersion", f"training-{i}", freeze({}), PIPELINE) for i in range(10)]
    new = rendered("PipelineVersion", "training-new", freeze({}), PIPELINE)
    state = {pipeline.id: Live(freeze({}), PIPELINE)}
    state |= {v.id: Live(freeze({}), PIPELINE, sequence=i) for i, v in enumerate(old)}
    made = plan(build((pipeline, new)), Observed(MappingProxyType(state)))
    assert words(made.changes) == [
        "1 create PipelineVersion/training-new",
        "1 delete PipelineVersion/training-0",
    ]
    assert made.changes[1].impact is Effect.METADATA, "nobody is asked"
    state[new.id] = Live(freeze({}), PIPELINE, sequence=10)
    del state[old[0].id]
    assert plan(build((pipeline, new)), Observed(MappingProxyType(state))).changes == ()


def test_one_is_not_true() -> None:
    assert list(diff(freeze({"a": 1}), freeze({"a": True}))) == [
        FieldChange(("a",), Known(1), Known(True), "changed")
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=12,
)
bodies = st.dictionaries(
    st.sampled_from(["x", "y", "z"]), st.dictionaries(st.sampled_from("ab"), json_values)
)


@given(bodies, bodies)
def test_what_a_plan_made_gives_an_empty_plan(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    def objects(named: dict[str, Any]) -> tuple[Rendered, ...]:
        return tuple(
            rendered("InferenceService", name, freeze(body)) for name, body in named.items()
        )

    state = dict(live(*objects(before)).objects)
    wanted = build(objects(after))
    for planned in plan(wanted, Observed(MappingProxyType(state))).changes:
        match planned.change:
            case (
                Create(id=id_, body=body, origin=origin) | Update(id=id_, body=body, origin=origin)
            ):
                state[id_] = Live(body, origin)  # type: ignore[arg-type]
            case Delete(id=id_):
                del state[id_]
    assert plan(wanted, Observed(MappingProxyType(state))).changes == ()
    assert {i.name for i in state} == set(after)


@given(bodies, bodies)
def test_the_order_of_objects_never_matters(one: dict[str, Any], two: dict[str, Any]) -> None:
    items = [rendered("InferenceService", name, freeze(body)) for name, body in one.items()]
    observed = live(*(rendered("InferenceService", n, freeze(b)) for n, b in two.items()))
    forwards = plan(build(tuple(items)), observed)
    assert plan(build(tuple(reversed(items))), observed) == forwards


def test_a_credential_among_arguments_is_in_no_difference() -> None:
    old = freeze({"args": ["--api-key", "hunter1", "--depth", "2"]})
    new = freeze({"args": ["--api-key", "hunter2", "--depth", "3"]})
    found = {each.path: (each.old, each.new) for each in diff(old, new)}
    assert found == {
        ("args", 1): (Known("***"), Known("***")),
        ("args", 3): (Known("2"), Known("3")),
    }


THEIRS = Ref("Manifest", "theirs")


def test_what_a_manifest_names_is_not_named_after_its_content() -> None:
    before = rendered(
        "PipelineVersion", "theirs", freeze({"spec": {"pipelineSpec": {"sdk": "1"}}}), THEIRS
    )
    after = replace(before, body=freeze({"spec": {"pipelineSpec": {"sdk": "2"}}}))
    (planned,) = plan(build((after,)), live(before)).changes
    assert isinstance(planned.change, Replace)
    assert planned.change.why == "spec.pipelineSpec.sdk can't change in place"
    shown = replace(before, body=freeze({"spec": {**before.body["spec"], "displayName": "a"}}))  # type: ignore[index]  # a mapping, above
    assert words(plan(build((shown,)), live(before)).changes) == ["1 update PipelineVersion/theirs"]
    renamed = replace(after, id=ObjectId("v1", "PipelineVersion", "again"))
    assert words(plan(build((renamed,)), live(before)).changes) == [
        "1 create PipelineVersion/again",
        "1 delete PipelineVersion/theirs",
    ]


@pytest.mark.parametrize("kind", ["Experiment", "PipelineVersion"])
def test_a_note_on_what_a_manifest_names_is_changed_in_place(kind: str) -> None:
    before = rendered(kind, "theirs", freeze({"metadata": {"annotations": {"a": "1"}}}), THEIRS)
    after = replace(before, body=freeze({"metadata": {"annotations": {"a": "2"}}}))
    assert words(plan(build((after,)), live(before)).changes) == [f"1 update {kind}/theirs"]
