"""train-h2o's other algorithms with H2O, and that their MOJOs score rows in this process."""

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exai_components.model_file import ModelFile, read_model_file
from exai_components.scorer import open_scorer

pytestmark = pytest.mark.slow


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """150 rows: `size` and `colour` tell of everything, `noise` of nothing."""
    dice = random.Random(3)  # noqa: S311  # rows, not keys
    table: dict[str, list[Any]] = {name: [] for name in ("size", "colour", "noise", "kind")}
    for at in range(150):
        kind = at % 3
        table["size"].append(round(kind * 1.5 + dice.gauss(0, 0.5), 2))
        table["colour"].append("red" if kind == 2 or dice.random() < 0.1 else "blue")
        table["noise"].append(dice.random())
        table["kind"].append("abc"[kind])
    table["good"] = [kind != "a" for kind in table["kind"]]
    table["price"] = [
        3 * size + (1 if colour == "red" else 0)
        for size, colour in zip(table["size"], table["colour"], strict=True)
    ]
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table(table), path)
    return path


def trained(step: Any, rows: Path, **told: Any) -> tuple[Any, ModelFile]:
    parameters = {"features": ["size", "colour", "noise"], "seed": 1, **told}
    done = step("train-h2o", parameters, {"data": rows}, ("model", "leaderboard"))
    assert done.code == 0, done.err
    return done, read_model_file(done.folder / "model")


def row(size: float, colour: str) -> dict[str, Any]:
    return {"size": size, "colour": colour, "noise": 0.5}


def test_a_linear_model_of_three_classes_in_folds(step: Any, rows: Path) -> None:
    used = {"service": "f", "views": {"v": "0" * 64}, "columns": {"size": "v:size"}}
    done, model = trained(
        step,
        rows,
        algorithm="glm",
        target="kind",
        parameters={"nfolds": 3.0, "lambda": "0.001"},
        feature_service=used,
    )
    assert model.algorithm == "glm"
    assert model.parameters == {"nfolds": 3, "lambda": 0.001, "seed": 1}
    assert model.features == used
    assert set(model.cross_validation) == {"accuracy", "logloss"}
    assert 0.7 < model.cross_validation["accuracy"].mean < 1
    assert 0 < model.cross_validation["accuracy"].sd < 0.3
    assert sum(model.importance.values()) == pytest.approx(1)
    assert model.importance["size"] > model.importance["colour"] > model.importance["noise"]
    (alone,) = pq.read_table(done.folder / "leaderboard").to_pylist()
    assert alone["model_id"] == "glm"
    scores = open_scorer(done.folder / "model").score([row(0.0, "blue"), row(3.5, "red")])
    assert scores.predictions == ("a", "c")
    assert scores.probabilities is not None
    assert sum(scores.probabilities[0]) == pytest.approx(1)


def test_a_forest_for_numbers_in_folds(step: Any, rows: Path) -> None:
    done, model = trained(
        step, rows, algorithm="drf", target="price", parameters={"ntrees": 10, "nfolds": 3}
    )
    assert (model.task, model.algorithm, model.classes) == ("regression", "drf", ())
    assert set(model.cross_validation) == {"rmse", "mae", "r2"}
    assert model.cross_validation["r2"].mean > 0.8
    (value,) = open_scorer(done.folder / "model").score([row(2.0, "red")]).predictions
    assert float(value) == pytest.approx(7, abs=1)


def test_automl_of_two_classes_keeps_its_leaderboard(step: Any, rows: Path) -> None:
    wanted = {
        "max_models": 2,
        "max_runtime_secs": 120,
        "nfolds": 2,
        "sort_metric": "AUC",
        "exclude_algos": ["GLM"],
    }
    done, model = trained(step, rows, algorithm="automl", target="good", parameters=wanted)
    board = json.loads((done.folder / "model" / "leaderboard.json").read_text())
    assert len(board) >= 2
    assert not any(item["model_id"].startswith(("GLM", "XGBoost", "DeepL")) for item in board)
    assert [item["auc"] for item in board] == sorted((item["auc"] for item in board), reverse=True)
    assert pq.read_table(done.folder / "leaderboard").to_pylist() == board
    assert model.algorithm == "automl"
    leader = board[0]["model_id"].partition("_")[0].lower()
    assert str(model.parameters["leader"]).startswith(leader)
    assert set(model.files) == {"model.zip", "leaderboard.json"}
    assert model.cross_validation["auc"].mean > 0.9
    scores = open_scorer(done.folder / "model").score([row(0.0, "blue"), row(3.5, "red")] * 20)
    assert scores.predictions == ("false", "true") * 20


@pytest.mark.parametrize(
    ("told", "code", "words"),
    [
        ({"algorithm": "automl"}, "no-limit", "Set max_runtime_secs (seconds) or max_models"),
        (
            {"algorithm": "glm", "parameters": {"family": "gaussian"}},
            "unfit-family",
            "gaussian is nothing for classification",
        ),
        (
            {"algorithm": "automl", "parameters": {"max_models": 1, "sort_metric": "nope"}},
            "unknown-metric",
            'sort_metric "nope"',
        ),
    ],
)
def test_refusals_of_the_others(
    step: Any, rows: Path, *, told: dict[str, Any], code: str, words: str
) -> None:
    parameters = {"features": ["size"], "target": "kind", **told}
    done = step("train-h2o", parameters, {"data": rows}, ("model", "leaderboard"))
    assert done.code == 1
    assert (done.outcome()["code"], done.outcome()["final"]) == (code, True)
    assert words in done.err
    assert "Traceback" not in done.err
