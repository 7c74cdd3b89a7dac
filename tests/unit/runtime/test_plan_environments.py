"""Environments that a change takes out of the specs, or calls otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewed_projects import (
    CLUSTER,
    DATASET,
    HEAD,
    MODEL,
    SERVICE,
    STANDARD,
    THERE,
    TRAINING,
    actions,
    commit,
    compared,
    edit,
    project,
)

from exai_runtime.comparing import plan_against, plan_against_build, save_build
from exai_runtime.results import RenderedFiles
from exai_specs.effects import Effect

OTHER = f", other: {{{THERE}}}"
GONE = "what stands in `other` isn't deleted by that"


def test_an_environment_that_is_gone_is_said_to_stay(tmp_path: Path) -> None:
    root = project(tmp_path, SERVICE, environments=STANDARD)
    edit(root / "exai.yaml", (OTHER, ""))
    [told] = compared(root, "prod").documents
    assert (told.impact, told.note) == (Effect.METADATA, f"`other` is gone: {GONE}")
    found = plan_against(root, "other", "HEAD")
    assert (found.comparison, found.exit_code) == (None, 1)
    [problem] = found.diagnostics
    assert problem.message == (
        "the working tree has no environment `other`, which HEAD has: what stands there stays "
        "(Service/scoring)"
    )
    assert problem.hint.startswith("this version takes nothing away from a cluster: ")
    commit(root)
    [problem] = plan_against(root, "other", "HEAD").diagnostics
    assert problem.message == "the working tree has no environment `other`"


@pytest.mark.parametrize("environment", ["prod", "another"])
def test_a_renamed_environment_is_one_that_is_gone_and_one_that_is_new(
    environment: str, tmp_path: Path
) -> None:
    root = project(tmp_path, SERVICE, environments=STANDARD)
    edit(root / "exai.yaml", ("other: ", "another: "))
    found = compared(root, environment)
    note = f"`other` is gone, and `another` is new, and all of it is made there: {GONE}"
    ours = "" if environment == "another" else "; what is of `another` has no effect here"
    [told] = (each for each in found.documents if each.ref.kind == "Project")
    assert told.note == f"{note}{ours}"
    assert found.plan is not None
    assert bool(found.plan.changes) == (environment == "another")


def test_local_is_there_without_a_word(tmp_path: Path) -> None:
    environments = f"{{local: {{target: local}}, prod: {{{THERE}}}}}"
    root = project(tmp_path, SERVICE, environments=environments)
    edit(root / "exai.yaml", ("local: {target: local}, ", ""))
    [told] = compared(root, "prod").documents
    assert told.note == "what is of `local` has no effect here"


NIGHTLY = "schedules: {nightly: {cron: 0 2 * * *}, off: {every: 6h, enabled: false}}"


def scheduled(root: Path, on: str) -> Path:
    """A pipeline that a schedule runs, in a cluster and here."""
    training = TRAINING.replace("run: {on: [spec]}", f"run: {{on: [{on}]}}\n  {NIGHTLY}")
    environments = f"{{local: {{target: local}}, {STANDARD[1:]}"
    return project(root, DATASET, training, MODEL, environments=environments)


@pytest.mark.parametrize(
    ("on", "told"),
    [
        ("", "nothing runs it by itself any more: a person starts a run"),
        ("data", "no schedule runs it any more: new data or a person starts a run"),
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        (f"  {NIGHTLY}\n", ""),
        ("nightly: {cron: 0 2 * * *}, ", ""),
        ("0 2 * * *}", "0 2 * * *, enabled: false}"),
    ],
)
def test_that_no_schedule_runs_a_pipeline_any_more_is_said(
    change: tuple[str, str], on: str, told: str, tmp_path: Path
) -> None:
    root = scheduled(tmp_path, on)
    edit(root / "specs/all.yaml", change)
    assert [each.note for each in compared(root, "prod").documents] == [told]
    assert [each.note for each in compared(root, "local").documents] == [""]  # which has none


@pytest.mark.parametrize(
    ("on", "here", "there"),
    [
        ("", "a person starts it", "its schedule runs it next"),
        ("data", "new data or a person starts it", "its schedule or new data starts it"),
    ],
)
def test_no_schedule_is_said_to_run_a_pipeline_on_one_machine(
    on: str, here: str, there: str, tmp_path: Path
) -> None:
    root = scheduled(tmp_path, on)
    edit(root / "specs/all.yaml", ("algorithm: gbm", "algorithm: glm"))
    for environment, starts in (("local", here), ("prod", there)):
        [note] = (
            each.note
            for each in compared(root, environment).documents
            if each.ref.kind == "Pipeline"
        )
        assert note.startswith("no run is planned: ") and note.endswith(f"; {starts}")


def test_a_schedule_that_runs_at_another_time_needs_no_word(tmp_path: Path) -> None:
    root = scheduled(tmp_path, "")
    edit(root / "specs/all.yaml", ("0 2 * * *", "0 4 * * *"))
    assert [each.note for each in compared(root, "prod").documents] == [""]


def test_what_recurs_where_an_environment_is_gone_goes_on(tmp_path: Path) -> None:
    root = scheduled(tmp_path, "")
    edit(root / "exai.yaml", (OTHER, ""))
    [problem] = plan_against(root, "other", "HEAD").diagnostics
    assert problem.message == (
        "the working tree has no environment `other`, which HEAD has: what stands there stays; "
        "what recurs goes on: RecurringRun/training-nightly"
    )


ANEW = [
    ("create", "Pipeline/training", Effect.RENDER),
    ("create", "PipelineVersion/training-", Effect.RENDER),
]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kubernetes", "api", "pipelines go through the KFP API now, "),
        ("api", "kubernetes", "pipelines are Kubernetes objects now: "),
    ],
)
def test_pipelines_that_get_there_another_way_are_made_anew(
    old: str, new: str, told: str, tmp_path: Path
) -> None:
    places = CLUSTER.replace("serving: {mode: MODE}", f"pipelines: {{mode: {old}}}")
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVICE, NATIVE, environments=places)
    edit(root / "exai.yaml", (f"mode: {old}", f"mode: {new}"))
    found = compared(root, "prod")
    assert [(verb, what[:25], impact) for verb, what, impact in actions(found)] == ANEW
    pipeline, environment = found.documents  # whose Service and Manifest stay as they are
    assert (str(pipeline.ref), pipeline.verb) == ("Pipeline/training", "affected")
    assert [str(each) for each in pipeline.because] == ["Project/shop", "Pipeline/training"]
    assert environment.note.startswith(told)
    assert environment.note.endswith(" stay in KFP until somebody takes them away") == (
        new == "kubernetes"
    )
    commit(root)
    file = root / "build.json"
    assert isinstance(save_build(root, "prod", file), RenderedFiles)
    edit(root / "exai.yaml", (f"mode: {new}", f"mode: {old}"))
    again = plan_against_build(root, "prod", file).comparison
    assert again is not None
    assert [each[:2] for each in actions(again)] == [each[:2] for each in actions(found)]
    assert list(actions(compared(root, "other"))) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [((), ()), ((DATASET, TRAINING, MODEL), ()), ((), (DATASET, TRAINING, MODEL))],
    ids=["none", "removed", "new"],
)
def test_of_pipelines_that_nobody_has_nothing_is_said(
    before: tuple[str, ...], after: tuple[str, ...], tmp_path: Path
) -> None:
    places = CLUSTER.replace("serving: {mode: MODE}", "pipelines: {mode: kubernetes}")
    root = project(tmp_path, SERVICE, NATIVE, *before, environments=places)
    (root / "specs/all.yaml").write_text("---".join((SERVICE, NATIVE, *after)))
    edit(root / "exai.yaml", ("mode: kubernetes", "mode: api"))
    [environment] = [each for each in compared(root, "prod").documents if each.ref.name == "shop"]
    assert bool(environment.note) == bool(before or after)


NATIVE = f"""
{HEAD}kind: Manifest
metadata: {{name: mine, owner: ml}}
spec:
  manifest:
    apiVersion: pipelines.kubeflow.org/v2beta1
    kind: Pipeline
    metadata: {{name: mine}}
    spec: {{displayName: mine}}
"""
