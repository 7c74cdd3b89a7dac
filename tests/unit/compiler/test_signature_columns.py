"""A Model's signature beside the data that its own pipeline evaluates it with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exai_runtime.validating import validate
from exai_specs.diagnostics import Diagnostic

EXAMPLE = Path(__file__).parents[3] / "examples/own-code"
NECTAR = ("      sepal_length: float64\n", "      sepal_length: float64\n      nectar: float64\n")
TESTED = "        data: ${{ steps.split.test }}\n"
OF_OWN = (TESTED, "        data: ${{ steps.clean.rows }}\n")
CLEAN = """
    clean:
      image: ghcr.io/acme/clean:1
      command: [clean, "${{ inputs.data.path }}", "${{ outputs.rows.path }}"]
      with: {data: "${{ steps.split.test }}"}
      outputs: {rows: OUTPUT}
    evaluate:"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "own", ignore=shutil.ignore_patterns(".exai", "data"))
    return tmp_path / "own"


def found(project: Path, *changes: tuple[str, str]) -> list[Diagnostic]:
    for old, new in changes:
        (file,) = (each for each in (project / "specs").glob("*.yaml") if old in each.read_text())
        file.write_text(file.read_text().replace(old, new, 1))
    told = validate(project).diagnostics
    others = {each.code for each in told if each.severity == "error"} - {"unknown-column"}
    assert others <= {"not-local", "missing-input"}  # of containers, of no evaluation
    return [each for each in told if each.code == "unknown-column"]


def test_an_input_that_the_data_lacks_is_told_at_the_signature(project: Path) -> None:
    (problem,) = found(project, NECTAR)
    assert problem.at.path == "specs/model.yaml"
    assert "no column `nectar`" in problem.message
    assert [at.path for _, at in problem.related] == ["specs/dataset.yaml", "specs/pipeline.yaml"]


def test_the_example_as_it_is_has_none(project: Path) -> None:
    assert found(project) == []


def test_of_code_in_between_nothing_is_said(project: Path) -> None:
    assert found(project, NECTAR, OF_OWN, between("Dataset")) == []


def test_columns_that_code_in_between_declares_are_known(project: Path) -> None:
    declared = "{type: Dataset, columns: {sepal_length: float64, species: string}}"
    said = [each.message for each in found(project, OF_OWN, between(declared))]
    assert len(said) == 3
    assert all("step `clean` declares no column" in each for each in said)


def between(output: str) -> tuple[str, str]:
    return "\n    evaluate:", CLEAN.replace("OUTPUT", output)


def test_without_an_evaluation_nothing_is_said(project: Path) -> None:
    """The code that trains may make columns itself: no step of exai's own asks for them."""
    gone = (
        "    evaluate:\n      uses: evaluate-model\n      with:\n"
        "        model: ${{ steps.train.model }}\n        data: ${{ steps.split.test }}\n"
    )
    own = "        metrics: ${{ steps.evaluate.metrics }}\n", ""
    assert found(project, NECTAR, (gone, ""), own) == []
