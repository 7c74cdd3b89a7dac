"""What counts as an output that was written, and how the runner's own words become events."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from exai_runtime.local.log_tail import step_tail, tail
from exai_runtime.local.observer import EndRun, Observer, missing_outputs
from exai_runtime.local.run_requests import RunEvent

DATA = {"artifactType": {"schemaTitle": "system.Dataset"}}
METRICS = {"artifactType": {"schemaTitle": "system.Metrics"}}
COMPONENT: dict[str, Any] = {
    "outputDefinitions": {
        "artifacts": {"data": DATA, "metrics": METRICS},
        "parameters": {"n": {"parameterType": "NUMBER_INTEGER"}},
    }
}


def written(folder: Path, **values: Any) -> None:
    (folder / "executor_output.json").write_text(json.dumps(values))


def artifact(uri: str) -> dict[str, Any]:
    return {"artifacts": [{"uri": uri}]}


def test_all_declared_outputs_are_missing_at_first(tmp_path: Path) -> None:
    assert missing_outputs(COMPONENT, tmp_path) == ("data", "metrics", "n")
    assert missing_outputs({}, tmp_path) == ()


def test_an_artifact_needs_its_file_and_metrics_only_metadata(tmp_path: Path) -> None:
    both = {"data": artifact(f"{tmp_path}/data"), "metrics": artifact(f"{tmp_path}/metrics")}
    written(tmp_path, artifacts=both, parameterValues={"n": 1})
    assert missing_outputs(COMPONENT, tmp_path) == ("data",)
    (tmp_path / "data").write_text("x")
    assert missing_outputs(COMPONENT, tmp_path) == ()


def test_what_lies_elsewhere_is_believed_and_output_files_count(tmp_path: Path) -> None:
    both = {"data": artifact("s3://bucket/data"), "metrics": artifact(f"{tmp_path}/metrics")}
    written(tmp_path, artifacts=both)
    (tmp_path / "n").write_text("7")
    assert missing_outputs(COMPONENT, tmp_path) == ()


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("root", logging.INFO, "", 0, text, None, None)


def test_the_runners_words_become_events(tmp_path: Path) -> None:
    events: list[RunEvent] = []
    observer = Observer({"root": {}}, tmp_path, events.append)
    observer.filter(record("Executing task \x1b[96m'train'\x1b[0m"))
    observer.filter(record("Task 'train' finished with status \x1b[91mFAILURE\x1b[0m"))
    observer.filter(record("Task train failed (attempt 1/3). Retrying in 30.0s..."))
    observer.filter(record("Task 'train' finished with status SUCCESS"))
    said = [(event.phase, event.state) for event in events]
    assert said == [
        ("train", "started"),
        ("train", "failed"),
        ("train", "note"),
        ("train", "finished"),
    ]
    assert "next in 30 s" in events[2].detail


def test_a_step_that_has_the_pipeline_s_name_is_told_by_it(tmp_path: Path) -> None:
    """Its component is called otherwise, and the runner's words are the component's."""
    events: list[RunEvent] = []
    tasks = {"train": {"componentRef": {"name": "comp-train-step"}}}
    tasks["load-step"] = {"componentRef": {"name": "comp-load-step"}}
    observer = Observer({"root": {"dag": {"tasks": tasks}}}, tmp_path, events.append)
    for task in ("train-step", "load-step"):
        observer.filter(record(f"Executing task '{task}'"))
    assert [event.phase for event in events] == ["train", "load-step"]


@pytest.mark.parametrize("exit_task", [False, True])
def test_a_final_outcome_ends_the_run_unless_an_exit_task_must_run(
    tmp_path: Path, exit_task: bool
) -> None:
    folder = tmp_path / "pipeline-now" / "check"
    folder.mkdir(parents=True)
    outcome = {"final": True, "message": "2 rows fail", "hint": "mend", "rows": [{"id": 1}]}
    (folder / "exai-outcome.json").write_text(json.dumps(outcome))
    strategy = "ALL_UPSTREAM_TASKS_COMPLETED" if exit_task else "ALL_UPSTREAM_TASKS_SUCCEEDED"
    ir = {"root": {"dag": {"tasks": {"x": {"triggerPolicy": {"strategy": strategy}}}}}}
    observer = Observer(ir, tmp_path, [].append)
    observer.filter(record("Executing task 'check'"))
    ending = record("Task 'check' finished with status FAILURE")
    if exit_task:
        observer.filter(ending)
    else:
        with pytest.raises(EndRun):
            observer.filter(ending)
    assert observer.failure is not None
    assert observer.failure.detail == "step check: 2 rows fail"
    assert observer.failure.hint == "mend"
    assert observer.failure.rows == ({"id": 1},)


def test_tails_show_what_steps_wrote(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_text(
        "10:00:00.000 - INFO - Executing task \x1b[96m'a'\x1b[0m\n"
        "    Traceback (most recent call last):\n      File x\n    ValueError: y\n\n"
        "10:00:00.100 - ERROR - Task 'a' finished with status FAILURE\n"
    )
    wanted = ("Traceback (most recent call last):", "  File x", "ValueError: y")
    assert step_tail(log, 5) == wanted
    assert tail(log, 1) == ("10:00:00.100 - ERROR - Task 'a' finished with status FAILURE",)
    assert tail(tmp_path / "none", 5) == ()
