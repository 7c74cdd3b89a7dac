"""A champion that can't be compared is said, and so is an answer that can't be measured."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exai_components.evaluate_model.scoring import unfit
from exai_components.model_file import ModelColumn, ModelFile
from exai_components.registry import named_in_file

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("task", "target", "columns", "words"),
    [
        ("regression", "y", ["x"], "trained for classification"),
        ("classification", "z", ["x"], 'it predicts "y", not "z"'),
        ("classification", "y", ["xx"], 'it needs the column "x", which the data lacks'),
        ("classification", "y", ["x"], ""),
    ],
)
def test_why_a_champion_cannot_be_compared(
    task: str, target: str, columns: list[str], words: str
) -> None:
    model = ModelFile("classification", "y", (ModelColumn("x", "float64"),), {}, ("a", "b"))
    problem = unfit(model, columns, task, target)
    assert words in problem
    assert bool(words) == bool(problem)


def test_a_champion_of_other_columns_is_recorded_without_metrics(step: Any, tmp_path: Path) -> None:
    data = {
        "x": [float(at % 7) for at in range(60)],
        "z": [float(at % 5) for at in range(60)],
        "y": [float(at % 7) + 0.1 * (at % 5) for at in range(60)],
    }
    pq.write_table(pa.table(data), tmp_path / "old.parquet")
    del data["z"]
    pq.write_table(pa.table(data), tmp_path / "new.parquet")

    def made(name: str, features: list[str]) -> Any:
        rows = {"data": tmp_path / f"{name}.parquet"}
        told = {"target": "y", "features": features, "estimator": "Ridge"}
        trained = step("train-sklearn", told, rows, ("model",), folder=f"train-{name}")
        assert trained.code == 0, trained.err
        inputs = {**rows, "model": trained.folder / "model"}
        champion = {"champion": "m@champion"}
        done = step("evaluate-model", champion, inputs, ("metrics",), folder=f"evaluate-{name}")
        assert done.code == 0, done.err
        return trained.folder / "model", done

    model, done = made("old", ["x", "z"])
    registered = step(
        "register-model",
        {"as": "m", "experiment": "e", "exai_run_key": "k"},
        {"model": model, "metrics": done.folder / "metrics"},
    )
    assert registered.code == 0, registered.err
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    client.set_registered_model_alias("m", "champion", "1")
    told = client.get_model_version_by_alias("m", "champion")
    file = tmp_path / "mlflow.db"
    assert named_in_file(file, "m", "champion") == {int(told.version): dict(told.tags)}
    assert named_in_file(file, "m", "other") == {}
    model, done = made("new", ["x"])
    champion = json.loads((done.folder / "metrics").read_text())["champion"]
    assert (champion["version"], champion["metrics"]) == (1, {})
    assert 'it needs the column "z"' in champion["problem"]
    assert "can't be compared" in done.err

    pq.write_table(pa.table({"x": [1.0, 2.0], "y": [1.0, float("inf")]}), tmp_path / "inf.parquet")
    infinite = {"data": tmp_path / "inf.parquet", "model": model}
    done = step("evaluate-model", {}, infinite, ("metrics",), folder="evaluate-inf")
    assert done.outcome()["code"] == "unfit-target"
    assert done.outcome()["final"]
