"""scikit-learn models over the same protocols as H2O's, and only by their declared digest."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from serve.fed import save

from exai_components.model_file import ModelColumn, digest_of

pytestmark = pytest.mark.slow

V1, V2 = "/v1/models/iris:predict", "/v2/models/iris/infer"
COLUMNS = (ModelColumn("a", "float64", nullable=False), ModelColumn("b", "int64"))


@pytest.fixture(scope="module")
def table() -> tuple[Any, Any]:
    import numpy as np

    values = np.random.default_rng(3).normal(size=(80, 2)).round(1)
    values[:, 1] = values[:, 1].round()
    return values, np.where(values.sum(axis=1) > 0, "yes", "no")


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory, table: tuple[Any, Any]) -> tuple[Path, Any]:
    from sklearn.linear_model import LogisticRegression

    estimator = LogisticRegression().fit(*table)
    folder = tmp_path_factory.mktemp("binary") / "model"
    return save(folder, estimator, COLUMNS, ("no", "yes")), estimator


def tensors(values: Any) -> list[dict[str, Any]]:
    count = len(values)
    return [
        {"name": "a", "shape": [count], "datatype": "FP64", "data": values[:, 0].tolist()},
        {
            "name": "b",
            "shape": [count],
            "datatype": "INT64",
            "data": [int(each) for each in values[:, 1]],
        },
    ]


def test_a_binary_classifier_scores_as_scikit_learn_does(
    launch: Any, binary: tuple[Path, Any], table: tuple[Any, Any]
) -> None:
    folder, estimator = binary
    server = launch(folder, port=0)
    server.port = server.tell("GET", "/exai/state")[1]["port"]
    values = table[0]
    instances = [{"a": float(a), "b": int(b)} for a, b in values]
    status, one = server.ask("POST", V1, {"instances": instances})
    assert status == 200
    expected = estimator.predict_proba(values)
    for answer, shares, label in zip(
        one["predictions"], expected, estimator.predict(values), strict=True
    ):
        assert answer["prediction"] == label
        assert list(answer["probabilities"].values()) == pytest.approx(shares.tolist(), abs=1e-12)
    status, two = server.ask("POST", V2, {"inputs": tensors(values)})
    labels, shares = two["outputs"]
    assert (status, labels["datatype"], shares["shape"]) == (200, "BYTES", [80, 2])
    assert shares["data"] == pytest.approx(expected.ravel().tolist(), abs=1e-12)
    assert json.loads(shares["parameters"]["classes"]) == ["no", "yes"]
    metadata = server.ask("GET", "/v2/models/iris")[1]
    assert [(one["name"], one["datatype"]) for one in metadata["inputs"]] == [
        ("a", "FP64"),
        ("b", "INT64"),
    ]
    assert [one["name"] for one in metadata["outputs"]] == ["prediction", "probabilities"]
    # An estimator that takes no missing values says so, and it is the request's fault.
    status, refused = server.ask("POST", V1, {"instances": [{"a": 1.0, "b": None}]})
    assert (status, refused["code"], refused["column"]) == (400, "null-value", "b")
    maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "libjvm" not in maps
    assert "pandas" not in maps


def test_a_classifier_without_probabilities_and_a_regression(
    launch: Any, tmp_path: Path, table: tuple[Any, Any]
) -> None:
    import pandas as pd
    from sklearn.linear_model import LinearRegression
    from sklearn.svm import LinearSVC

    values, labels = table
    only = launch(save(tmp_path / "svc", LinearSVC().fit(values, labels), COLUMNS, ("no", "yes")))
    assert only.take_over(None, 0)[0] == 200
    only.port = only.tell("GET", "/exai/state")[1]["port"]
    outputs = only.ask("GET", "/v2/models/iris")[1]["outputs"]
    assert [(one["name"], one["datatype"]) for one in outputs] == [("prediction", "BYTES")]
    answer = only.ask("POST", V2, {"inputs": tensors(values[:3])})[1]["outputs"]
    assert [one["name"] for one in answer] == ["prediction"]
    assert answer[0]["data"] == LinearSVC().fit(values, labels).predict(values[:3]).tolist()
    assert set(only.ask("POST", V1, {"instances": [[1.0, 1]]})[1]["predictions"][0]) == {
        "prediction"
    }

    frame = pd.DataFrame(values, columns=["b", "a"])  # by name, in an order of its own
    line = LinearRegression().fit(frame, values @ [3.0, 5.0])
    regression = launch(save(tmp_path / "line", line, COLUMNS))
    status, told = regression.tell("POST", V1, {"instances": [{"a": 2.0, "b": 1}]})
    assert status == 200
    assert told["predictions"] == [{"prediction": pytest.approx(13.0)}]
    (output,) = regression.tell("GET", "/v2/models/iris")[1]["outputs"]
    assert (output["name"], output["datatype"]) == ("prediction", "FP64")


@pytest.mark.parametrize("digest", ["0" * 64, ""])
def test_a_pickle_with_another_digest_or_none_is_never_loaded(
    tmp_path: Path, binary: tuple[Path, Any], digest: str
) -> None:
    class Harm:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "ran",))

    save(tmp_path / "harm", Harm(), COLUMNS, ("no", "yes"))
    done = started(tmp_path / "harm", digest)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "digest" in done.stderr
    assert not (tmp_path / "ran").exists()
    # The right digest of a signature whose pickle was swapped doesn't help either.
    other = tmp_path / "swapped"
    save(other, Harm(), COLUMNS, ("no", "yes"))
    (other / "exai-model.json").write_bytes((binary[0] / "exai-model.json").read_bytes())
    done = started(other, digest_of(binary[0]))
    assert (done.returncode, "model.joblib" in done.stderr) == (1, True)
    assert not (tmp_path / "ran").exists()


def started(model: Path, digest: str) -> subprocess.CompletedProcess[str]:
    command = ["-m", "exai_components.serve", "--model_name", "iris", "--model_dir", str(model)]
    return subprocess.run(
        [sys.executable, *command, "--http_port", "0"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"EXAI_MODEL_DIGEST": digest},
    )
