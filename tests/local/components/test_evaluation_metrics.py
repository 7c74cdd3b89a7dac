"""The metrics are scikit-learn's, and a champion that can't be compared is said."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exai_components.evaluate_model.metrics import classification, regression
from exai_components.evaluate_model.scoring import unfit
from exai_components.model_file import ModelColumn, ModelFile

pytestmark = pytest.mark.slow


@settings(deadline=None)
@given(st.integers(2, 5), st.integers(1, 60), st.integers(0, 10_000))
def test_classification_as_scikit_learn(count: int, rows: int, seed: int) -> None:
    from sklearn import metrics

    dice = np.random.RandomState(seed)
    classes = [f"c{at}" for at in range(count)]
    labels = [classes[at] for at in dice.randint(0, count, rows)]
    shares = dice.dirichlet(np.ones(count), rows).round(2)  # rounded, so that there are ties
    predictions = [classes[at] for at in shares.argmax(axis=1)]
    found = classification(labels, predictions, shares.tolist(), classes)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(labels, predictions))
    eps = np.finfo(float).eps
    own = [shares[row, classes.index(label)] for row, label in enumerate(labels)]
    assert found["logloss"] == pytest.approx(-np.log(np.clip(own, eps, 1 - eps)).mean())
    if count == 2:
        expected = metrics.f1_score(labels, predictions, pos_label=classes[1], zero_division=0)
        assert ("auc" in found) == (len(set(labels)) == 2)
        if "auc" in found:
            area = metrics.roc_auc_score([label == classes[1] for label in labels], shares[:, 1])
            assert found["auc"] == pytest.approx(area)
    else:
        expected = metrics.f1_score(labels, predictions, average="macro", zero_division=0)
        assert "auc" not in found
    assert found["f1"] == pytest.approx(expected)


def test_logloss_as_scikit_learn() -> None:
    from sklearn import metrics

    shares = np.random.RandomState(0).dirichlet(np.ones(3), 50)
    labels = [("a", "b", "c")[at % 3] for at in range(50)]
    found = classification(labels, labels, shares.tolist(), ("a", "b", "c"))
    assert found["logloss"] == pytest.approx(metrics.log_loss(labels, shares))


@settings(deadline=None)
@given(st.integers(2, 60), st.integers(0, 10_000))
def test_regression_as_scikit_learn(rows: int, seed: int) -> None:
    from sklearn import metrics

    dice = np.random.RandomState(seed)
    true, predicted = dice.normal(size=rows), dice.normal(size=rows)
    found = regression(true.tolist(), predicted.tolist())
    assert found["rmse"] == pytest.approx(metrics.root_mean_squared_error(true, predicted))
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(true, predicted))
    assert found["r2"] == pytest.approx(metrics.r2_score(true, predicted))


def test_a_constant_has_no_r2_and_an_unknown_label_is_wrong() -> None:
    assert set(regression([1.0, 1.0], [1.0, 2.0])) == {"rmse", "mae"}
    found = classification(["a", "new"], ["a", "b"], [[0.9, 0.1], [0.2, 0.8]], ("a", "b"))
    assert found["accuracy"] == 0.5
    assert found["logloss"] > 10


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
        told = {"target": "y", "features": features, "parameters": {"ntrees": 2}}
        trained = step("train-h2o", told, rows, ("model",), folder=f"train-{name}")
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
    _, done = made("new", ["x"])
    champion = json.loads((done.folder / "metrics").read_text())["champion"]
    assert (champion["version"], champion["metrics"]) == (1, {})
    assert 'it needs the column "z"' in champion["problem"]
    assert "can't be compared" in done.err
