"""Bad input gets one message with a place and what to do, exit code 1, and nothing half-
done."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from dataclasses import dataclass

import pytest

from .conftest import Project


@dataclass(frozen=True)
class Mistake:
    """An edit of examples/iris, and what the answer must say and where it must point."""

    name: str
    file: str
    old: str
    new: str
    code: str
    place: str
    says: tuple[str, ...] = ()


COMPILE_ERRORS = (
    Mistake("a misspelt field", "specs/pipeline.yaml", "experiment:", "experimnt:", "unknown-field", "specs/pipeline.yaml:6:3", ("experiment",)),
    Mistake("a misspelt kind", "specs/model.yaml", "kind: Model", "kind: Modle", "unknown-kind", "specs/model.yaml:3:7", ("Model",)),
    Mistake("a misspelt step", "specs/pipeline.yaml", "steps.split.train", "steps.spilt.train", "unknown-reference", "specs/pipeline.yaml:", ("split",)),
    Mistake("a misspelt dataset", "specs/pipeline.yaml", "with: {dataset: iris}", "with: {dataset: irsi}", "unknown-reference", "specs/pipeline.yaml:", ("iris",)),
    Mistake("a misspelt component", "specs/pipeline.yaml", "uses: train-h2o", "uses: train-h20", "unknown-component", "specs/pipeline.yaml:", ("train-h2o",)),
    Mistake("a column that isn't there", "specs/pipeline.yaml", "[sepal_length, ", "[sepal_lenght, ", "unknown-column", "specs/pipeline.yaml:", ("sepal_length",)),
    Mistake("the target among the features", "specs/pipeline.yaml", "petal_width]", "petal_width, species]", "target-in-features", "specs/pipeline.yaml:", ("species",)),
    Mistake("a model nobody registers", "specs/service.yaml", "iris_model@champion", "iris_modle@champion", "unknown-reference", "specs/service.yaml:", ("iris_model",)),
    Mistake("a gate on no metric", "specs/model.yaml", "accuracy:", "acuracy:", "gate-without-metric", "specs/model.yaml:", ("accuracy",)),
    Mistake("a connection that isn't declared", "specs/dataset.yaml", "connection: warehouse", "connection: warehose", "unknown-reference", "specs/dataset.yaml:", ("warehouse",)),
)  # fmt: skip


@pytest.mark.parametrize("mistake", COMPILE_ERRORS, ids=lambda m: m.name)
def test_a_mistake_in_the_specs(mistake: Mistake, iris: Project) -> None:
    iris.edit(mistake.file, mistake.old, mistake.new)
    for command in (["validate"], ["plan"], ["apply", "--yes"]):
        done = iris.exai(*command, code=1)
        text = done.stdout + done.stderr
        assert mistake.code in text, text
        assert mistake.place in text, text
        for word in mistake.says:
            assert word in text, text
    assert not (iris.root / ".exai").exists()


def test_a_duplicate_name_shows_both_places(iris: Project) -> None:
    (iris.root / "specs" / "twin.yaml").write_text((iris.root / "specs" / "model.yaml").read_text())
    text = iris.exai("validate", code=1)
    assert "duplicate-name" in text.stdout + text.stderr
    assert "specs/model.yaml:" in text.stdout + text.stderr
    assert "specs/twin.yaml:" in text.stdout + text.stderr


def test_a_missing_database_is_named_before_anything_is_made(iris: Project) -> None:
    (iris.root / "data" / "iris.db").unlink()
    for command in (["plan"], ["apply", "--yes"]):
        done = iris.exai(*command, code=1)
        text = done.stdout + done.stderr
        assert "missing-data" in text
        assert "specs/dataset.yaml:" in text
        assert "data/iris.db" in text
    assert not (iris.root / "data" / "iris.db").exists()


def test_a_missing_table_is_named_with_the_one_that_was_meant(iris: Project) -> None:
    iris.edit("specs/dataset.yaml", "table: demo_iris", "table: demo_iriss")
    text = outputs(iris)
    assert "missing-table" in text
    assert "specs/dataset.yaml:6:" in text
    assert "did you mean `demo_iris`?" in text


def test_a_column_that_the_table_lacks(iris: Project) -> None:
    iris.edit("specs/dataset.yaml", "sepal_width: {", "sepal_widht: {")
    iris.edit("specs/pipeline.yaml", "sepal_width", "sepal_widht")
    text = outputs(iris)
    assert "missing-column" in text
    assert "specs/dataset.yaml:" in text
    assert "did you mean `sepal_width`?" in text


def outputs(project: Project, code: int = 1) -> str:
    done = project.exai("apply", "--yes", code=code)
    return done.stdout + done.stderr


def change_rows(project: Project, statement: str) -> None:
    with closing(sqlite3.connect(project.root / "data" / "iris.db")) as database, database:
        database.execute(statement)


@pytest.mark.slow
def test_a_failing_expectation_names_the_rows_and_stops_before_training(iris: Project) -> None:
    change_rows(iris, "UPDATE demo_iris SET sepal_length = 99 WHERE flower_id IN (7, 11)")
    text = outputs(iris)
    assert "expect_column_values_to_be_between" in text
    assert "sepal_length" in text
    assert "7" in text
    assert "11" in text
    events = "".join(p.read_text() for p in (iris.root / ".exai").rglob("events.jsonl"))
    assert '"train"' not in events
    assert iris.versions() == []


@pytest.mark.slow
def test_a_failing_expectation_that_only_warns_is_said(iris: Project) -> None:
    iris.edit("specs/dataset.yaml", "onFailure: block", "onFailure: warn")
    change_rows(iris, "UPDATE demo_iris SET sepal_length = 99 WHERE flower_id = 7")
    text = outputs(iris, code=0)
    assert "expect_column_values_to_be_between" in text
    assert "onFailure is warn" in text
    assert iris.versions() == [1]


@pytest.mark.slow
def test_too_few_rows_to_stratify_and_to_train(iris: Project) -> None:
    iris.edit("specs/dataset.yaml", "{min_value: 100}", "{min_value: 1}")
    iris.edit(
        "specs/pipeline.yaml", "retry: {max: 2, backoff: 30s}", "retry: {max: 2, backoff: 300s}"
    )
    change_rows(iris, "DELETE FROM demo_iris WHERE flower_id % 15 != 0")
    text = outputs(iris)
    assert "step split" in text
    assert "stratify" in text
    assert "run.log" in text
    # without strata the split succeeds, and training refuses: at once, though it may be retried
    iris.edit("specs/pipeline.yaml", "        stratify: species\n", "")
    text = outputs(iris)
    assert "step train" in text
    assert "8 rows" in text
    assert iris.versions() == []


@pytest.mark.slow
def test_a_port_in_use(short: Project) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        short.edit(
            "specs/service.yaml", "  protocol: v2\n", f"  protocol: v2\n  local: {{port: {port}}}\n"
        )
        text = outputs(short)
        assert "port-in-use" in text
        assert str(port) in text
    short.exai("apply", "--yes")
    assert short.url.endswith(f":{port}")
    assert len(short.runs()) == 1, "the run had succeeded and isn't repeated"
