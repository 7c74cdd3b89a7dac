"""train-sklearn, evaluate-model and register-model, each in a process of its own."""

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exai_components.model_file import ModelFile, read_model_file

pytestmark = pytest.mark.slow

FEATURES = ["size", "colour", "round"]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """90 rows of three kinds and a price, with holes in what may have some."""
    dice = random.Random(5)  # noqa: S311  # rows, not keys
    table: dict[str, list[Any]] = {name: [] for name in (*FEATURES, "kind", "price")}
    for at in range(90):
        kind, size = at % 3, round(at % 3 * 2 + dice.gauss(0, 0.3), 2)
        table["size"].append(None if at % 30 == 7 else size)
        table["colour"].append(None if at % 30 == 8 else ("red", "blue", "grün")[kind])
        table["round"].append(dice.random() < 0.5)
        table["kind"].append("abc"[kind])
        table["price"].append(3 * size + kind)
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table(table), path)
    return path


def train(step: Any, rows: Path, **told: Any) -> tuple[Any, ModelFile]:
    done = step("train-sklearn", {"features": FEATURES, **told}, {"data": rows}, ("model",))
    assert done.code == 0, done.err
    return done.folder / "model", read_model_file(done.folder / "model")


def evaluate(step: Any, model: Path, rows: Path, folder: str = "", **told: Any) -> dict[str, Any]:
    inputs = {"model": model, "data": rows}
    done = step("evaluate-model", told, inputs, ("metrics",), folder=folder or "evaluate-model")
    assert done.code == 0, done.err
    value: dict[str, Any] = json.loads((done.folder / "metrics").read_text())
    assert sorted(path.name for path in done.folder.iterdir()) == [
        "executor_output.json",
        "metrics",
    ]
    return value


def test_three_classes_from_rows_to_a_version(step: Any, rows: Path, tmp_path: Path) -> None:
    used = {"service": "f", "views": {"v": "0" * 64}, "columns": {"size": "v:size"}, "request": {}}
    model, signature = train(
        step,
        rows,
        target="kind",
        estimator="RandomForestClassifier",
        parameters={"n_estimators": "5.0", "max_features": "sqrt"},
        folds=3.0,
        seed=7.0,
        task="classification",
        feature_service=used,
    )
    assert (signature.format, signature.format_version) == ("sklearn", "1")
    assert signature.algorithm == "RandomForestClassifier"
    assert signature.parameters == {"max_features": "sqrt", "n_estimators": 5, "seed": 7}
    assert signature.classes == ("a", "b", "c")
    assert [column.levels for column in signature.columns] == [(), ("blue", "grün", "red"), ()]
    assert signature.features == used
    assert signature.cross_validation["accuracy"].mean > 0.9
    told = evaluate(step, model, rows, task="classification", target="kind")
    assert set(told["metrics"]) == {"accuracy", "f1", "logloss", "precision", "recall"}
    assert told["metrics"]["accuracy"] > 0.95
    assert told["confusion"]["labels"] == ["a", "b", "c"]
    assert sum(map(sum, told["confusion"]["counts"])) == 90
    assert set(told["figures"]) == {"confusion-matrix", "importance", "roc"}

    metrics = tmp_path / "run" / "evaluate-model" / "metrics"
    asked = {"as": "m", "experiment": "e", "exai_run_key": "k"}
    done = step("register-model", asked, {"model": model, "metrics": metrics})
    assert done.code == 0, done.err
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    (version,) = client.search_model_versions("name = 'm'")
    assert version.tags["exai.format"] == "sklearn"
    kept = {name: used[name] for name in ("service", "views", "columns")}
    assert json.loads(version.tags["exai.features"]) == kept
    logged = client.get_run(version.run_id).data.metrics
    assert logged["cv_accuracy_mean"] == pytest.approx(signature.cross_validation["accuracy"].mean)
    assert "cv_accuracy_sd" in logged
    client.set_registered_model_alias("m", "champion", "1")

    # A challenger of another format, beside the champion's pickle on the same rows.
    done = step(
        "train-h2o",
        {"features": FEATURES, "target": "kind", "parameters": {"ntrees": 3.0, "min_rows": 5.0}},
        {"data": rows},
        ("model",),
    )
    assert done.code == 0, done.err
    beside = evaluate(step, done.folder / "model", rows, "beside", champion="m@champion")
    assert beside["champion"]["metrics"] == pytest.approx(told["metrics"])
    # And the pickle of the champion changes under its digest.
    (tmp_path / "models" / "m" / "k" / "model.joblib").write_bytes(b"rot")
    inputs = {"model": done.folder / "model", "data": rows}
    broken = step("evaluate-model", {"champion": "m@champion"}, inputs, ("metrics",), folder="rot")
    assert (broken.outcome()["code"], broken.outcome()["final"]) == ("broken-model", True)
    assert "model.joblib has the digest" in broken.err


def test_numbers_and_refusals(step: Any, rows: Path) -> None:
    model, signature = train(step, rows, target="price", estimator="Ridge", folds=3)
    assert signature.task == "regression"
    assert signature.importance["size"] > 0.5
    told = evaluate(step, model, rows)
    assert set(told["metrics"]) == {"rmse", "mae", "r2"}
    assert set(told["figures"]) == {"importance", "residuals"}
    for asked, code, words in (
        ({"target": "price", "estimator": "SVC"}, "unfit-estimator", "nothing for classification"),
        ({"target": "kind", "estimator": "Rigde"}, "unknown-estimator", 'Did you mean "Ridge"?'),
        ({"target": "kind", "estimator": "SVC", "folds": 31}, "unfit-folds", "has 30 rows"),
        ({"target": "pric", "estimator": "Ridge"}, "missing-column", 'Did you mean "price"?'),
        (
            {"target": "price", "estimator": "Ridge", "parameters": {"alpha": -1.0}},
            "ill-typed-parameter",
            "'alpha' parameter of Ridge must be",
        ),
    ):
        done = step("train-sklearn", {"features": FEATURES, **asked}, {"data": rows}, ("model",))
        assert done.code == 1
        assert (done.outcome()["code"], done.outcome()["final"]) == (code, True)
        assert words in done.err
        assert "Traceback" not in done.err
        (done.folder / "exai-outcome.json").unlink()


OWN = {
    "task": "classification",
    "target": "kind",
    "columns": [
        {"name": "size", "type": "float64", "nullable": True},
        {"name": "round", "type": "bool", "nullable": True},
    ],
    "feature_service": {},
}


def test_a_model_of_one_s_own_step(step: Any, rows: Path, tmp_path: Path) -> None:
    import joblib
    from sklearn.linear_model import RidgeClassifier

    frame = pq.read_table(rows).to_pandas().dropna()
    made = RidgeClassifier().fit(frame[["round", "size"]].astype(float), frame["kind"])
    (tmp_path / "own").mkdir()
    joblib.dump(made, tmp_path / "own" / "model.joblib")
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / "whole.parquet")
    data = {"model": tmp_path / "own", "data": tmp_path / "whole.parquet"}
    unsaid = step("evaluate-model", {}, data, ("metrics",), folder="unsaid")
    assert (unsaid.outcome()["code"], unsaid.outcome()["final"]) == ("no-signature", True)
    told = evaluate(step, tmp_path / "own", tmp_path / "whole.parquet", signature=OWN)
    assert set(told["metrics"]) == {"accuracy", "f1", "precision", "recall"}, "no probabilities"
    assert set(told["figures"]) == {"confusion-matrix"}
    asked = {"as": "own", "experiment": "e", "exai_run_key": "k", "signature": OWN}
    metrics = tmp_path / "run" / "evaluate-model" / "metrics"
    done = step("register-model", asked, {"model": tmp_path / "own", "metrics": metrics})
    assert done.code == 0, done.err
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["model.joblib"]
    stored = read_model_file(tmp_path / "models" / "own" / "k")
    assert (stored.algorithm, stored.classes) == ("RidgeClassifier", ("a", "b", "c"))
    assert not list((tmp_path / "run").rglob("*.registered"))
