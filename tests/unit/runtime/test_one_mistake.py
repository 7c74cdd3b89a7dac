"""A wrong task is one error, however much of the project says otherwise."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exai_runtime.compiling import check_project
from exai_runtime.workspace import load

EXAMPLES = Path(__file__).parents[3] / "examples"
OTHER = {"classification": "regression", "regression": "classification"}


def errors(root: Path) -> list[tuple[str, str]]:
    found = check_project(load(root)).diagnostics
    return [(each.code, str(each.at)) for each in found if each.severity == "error"]


def swapped(folder: Path, task: str, gate: str = "") -> Path:
    model = folder / "specs/model.yaml"
    text = model.read_text()
    assert f"task: {task}" in text
    text = text.replace(f"task: {task}", f"task: {OTHER[task]}")
    model.write_text(text.replace("  gates:\n", f"  gates:\n{gate}"))
    return folder


@pytest.mark.parametrize(
    ("example", "task"), [("iris", "classification"), ("diabetes", "regression")]
)
def test_a_wrong_task_is_told_at_the_task_alone(tmp_path: Path, example: str, task: str) -> None:
    shutil.copytree(EXAMPLES / example, tmp_path / "p")
    assert errors(swapped(tmp_path / "p", task)) == [("task-mismatch", "specs/model.yaml:6:9")]


def test_a_gate_that_no_task_has_is_told_beside_it(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "diabetes", tmp_path / "p")
    found = errors(swapped(tmp_path / "p", "regression", "    r3: {min: 0.5}\n"))
    assert found == [
        ("task-mismatch", "specs/model.yaml:6:9"),
        ("gate-without-metric", "specs/model.yaml:8:5"),
    ]


def test_without_a_target_the_estimator_tells_it(tmp_path: Path) -> None:
    """Whole numbers may be classes: then it is one error at the estimator, with what to write."""
    shutil.copytree(EXAMPLES / "diabetes", tmp_path / "p")
    datasets = tmp_path / "p/specs/datasets.yaml"
    text = datasets.read_text()
    assert "progression: {type: float64" in text
    datasets.write_text(text.replace("progression: {type: float64", "progression: {type: int64"))
    found = errors(swapped(tmp_path / "p", "regression"))
    assert [code for code, _ in found] == ["task-mismatch"]
    assert found[0][1].startswith("specs/pipeline.yaml:")
