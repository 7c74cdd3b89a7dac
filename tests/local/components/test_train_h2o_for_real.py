"""train-h2o with H2O: kinds of columns, refusals, and a JVM that never outlives its step."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow


COLOURS = ("red", "NA", 'a "b", c', "grün", "1", "01", None)


def rows(count: int) -> dict[str, Any]:
    return {
        "size": [float(at % 7) for at in range(count)],
        "colour": [
            ("red", "NA", 'a "b", c', "grün", "1", "01", None)[at % 7] for at in range(count)
        ],
        "round": [at % 2 == 0 for at in range(count)],
        "same": ["x"] * count,
        "bought": [datetime(2024, 1, 1 + at % 7, tzinfo=UTC) for at in range(count)],
        "good": [at % 3 == 0 for at in range(count)],
        "price": [float(at % 5) + 0.25 * (at % 2) for at in range(count)],
    }


def train(step: Any, folder: Path, data: dict[str, Any], **parameters: Any) -> Any:
    path = folder / "rows.parquet"
    pq.write_table(pa.table(data), path)
    told = {"features": ["size", "colour", "round", "same"], "target": "good", **parameters}
    return step("train-h2o", told, {"data": path}, ("model",))


def java_of(folder: Path) -> list[int]:
    """JVMs that work below `folder`."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cwd").readlink().is_relative_to(folder):
                found.append(int(place.name))
        except OSError:
            continue
    return found


def test_every_kind_of_feature_and_two_classes(step: Any, tmp_path: Path) -> None:
    done = train(step, tmp_path, rows(140), parameters={"ntrees": 3.0})
    assert done.code == 0, done.err
    assert "same is constant" in done.err
    told = json.loads((done.folder / "model" / "exai-model.json").read_text())
    assert (told["task"], told["classes"]) == ("classification", ["false", "true"])
    columns = {column["name"]: (column["type"], column["levels"]) for column in told["columns"]}
    assert columns["size"] == ("float64", [])
    assert columns["round"] == ("bool", [])
    assert columns["same"] == ("string", ["x"])
    assert sorted(columns["colour"][1]) == sorted(COLOURS[:-1])
    scored = step(
        "evaluate-model",
        {"champion": ""},
        {"model": done.folder / "model", "data": tmp_path / "rows.parquet"},
        ("metrics",),
    )
    assert scored.code == 0, scored.err
    assert set(json.loads((scored.folder / "metrics").read_text())["metrics"]) == {
        *("accuracy", "auc", "f1", "logloss", "precision", "recall")
    }
    assert java_of(tmp_path) == []


def test_regression(step: Any, tmp_path: Path) -> None:
    done = train(step, tmp_path, rows(140), target="price", task="regression", seed=1)
    assert done.code == 0, done.err
    told = json.loads((done.folder / "model" / "exai-model.json").read_text())
    assert (told["task"], told["classes"]) == ("regression", [])
    scored = step(
        "evaluate-model",
        {},
        {"model": done.folder / "model", "data": tmp_path / "rows.parquet"},
        ("metrics",),
    )
    metrics = json.loads((scored.folder / "metrics").read_text())["metrics"]
    assert set(metrics) == {"rmse", "mae", "r2"}


@pytest.mark.parametrize(
    ("count", "parameters", "code", "words"),
    [
        (19, {}, "too-few-rows", "19 rows are too few to train on: min_rows 10 needs 20"),
        (40, {"parameters": {"ntrees": -1}}, "training-refused", "ntrees"),
        (40, {"parameters": {"distribution": "no"}}, "training-refused", "must be one of auto"),
        (40, {"parameters": {"depth": 3}}, "unknown-parameter", "depth"),
        (40, {"target": "goud"}, "missing-column", 'Did you mean "good"?'),
        (40, {"features": ["size", "bought"]}, "unfit-feature", '"bought" is a timestamp'),
        (40, {"algorithm": "gbn"}, "unknown-algorithm", 'Did you mean "gbm"?'),
    ],
)
def test_refusals(
    step: Any, tmp_path: Path, *, count: int, parameters: dict[str, Any], code: str, words: str
) -> None:
    done = train(step, tmp_path, rows(count), **parameters)
    assert done.code == 1
    assert done.outcome()["code"] == code
    assert done.outcome()["final"]
    assert words in done.err
    assert "Traceback" not in done.err
    assert java_of(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_jvm_ends_with_its_step(tmp_path: Path, how: signal.Signals) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table(rows(140)), path)
    place = {"name": "model", "uri": str(tmp_path / "train" / "model")}
    told = {
        "inputs": {
            "parameterValues": {
                "features": ["size"],
                "target": "good",
                "parameters": {"ntrees": 10000, "score_tree_interval": 1},
            },
            "artifacts": {"data": {"artifacts": [{"name": "data", "uri": str(path)}]}},
        },
        "outputs": {
            "outputFile": str(tmp_path / "train" / "executor_output.json"),
            "artifacts": {"model": {"artifacts": [place]}},
        },
    }
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "exai_components.step", "kfp.dsl.executor_main"),
            *("train-h2o", "--executor_input", json.dumps(told)),
        ],
        stderr=subprocess.PIPE,
        env={**os.environ},
    )
    wait_for(lambda: java_of(tmp_path) != [])
    time.sleep(2)
    process.send_signal(how)
    process.communicate(timeout=30)
    assert process.returncode != 0
    wait_for(lambda: java_of(tmp_path) == [])
    if how == signal.SIGTERM:
        left = [path.name for path in (tmp_path / "train").iterdir()]
        assert left in ([], ["model"])


def wait_for(condition: Any) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
