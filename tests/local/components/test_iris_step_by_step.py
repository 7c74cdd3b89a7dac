"""All six components on iris, each in its own process, with H2O, Great Expectations and MLflow."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
GBM = {"ntrees": 20.0, "max_depth": "5.0", "learn_rate": 0.1}


def test_from_a_table_to_a_version(
    step: Any, flowers: Path, iris: dict[str, Any], tmp_path: Path
) -> None:
    before = flowers.read_bytes()
    load = step("load-dataset", {"dataset": iris}, outputs=("data",))
    assert load.code == 0, load.err
    check = step(
        "validate-dataset",
        {"dataset": iris},
        {"data": load.folder / "data"},
        ("data", "report"),
    )
    assert check.code == 0, check.err
    assert "4 of 4 expectations met" in check.out
    assert (check.folder / "data").read_bytes() == (load.folder / "data").read_bytes()
    split = step(
        "split-data",
        {"test": 0.2, "stratify": "species", "seed": 42.0},
        {"data": check.folder / "data"},
        ("train", "test"),
    )
    assert split.code == 0, split.err

    def train(folder: str) -> Any:
        return step(
            "train-h2o",
            {
                "algorithm": "gbm",
                "target": "species",
                "features": FEATURES,
                "parameters": GBM,
                "seed": 42.0,
                "task": "classification",
            },
            {"data": split.folder / "train"},
            ("model",),
            folder=folder,
            env={"EXAI_MEMORY": str(2**30), "PATH": "/nowhere", "JAVA_HOME": "/nowhere"},
        )

    trained = train("train")
    assert trained.code == 0, trained.err
    assert names_in(trained.folder) == ["executor_output.json", "model"]
    told = json.loads((trained.folder / "model" / "exai-model.json").read_text())
    assert told["classes"] == ["setosa", "versicolor", "virginica"]
    assert [column["name"] for column in told["columns"]] == FEATURES
    assert told["parameters"] == {"learn_rate": 0.1, "max_depth": 5, "ntrees": 20, "seed": 42}
    assert (told["task"], told["trainedRows"]) == ("classification", 120)

    def evaluate(model: Path, folder: str, target: str = "species") -> Any:
        return step(
            "evaluate-model",
            {"task": "classification", "target": target, "champion": "iris_model@champion"},
            {"model": model, "data": split.folder / "test"},
            ("metrics",),
            folder=folder,
        )

    first = evaluate(trained.folder / "model", "evaluate")
    assert first.code == 0, first.err
    assert "there is no iris_model@champion in local yet" in first.err
    metrics = json.loads((first.folder / "metrics").read_text())
    assert metrics["champion"] is None
    assert metrics["rows"] == 30
    assert metrics["metrics"]["accuracy"] > 0.9
    output = json.loads((first.folder / "executor_output.json").read_text())
    recorded = output["artifacts"]["metrics"]["artifacts"][0]["metadata"]
    assert recorded == metrics["metrics"]

    def register(key: str, folder: str) -> Any:
        return step(
            "register-model",
            {
                "as": "iris_model",
                "experiment": "iris_exp",
                "exai_run_key": key,
                "exai_data_versions": {"iris": "abc"},
            },
            {"model": trained.folder / "model", "metrics": first.folder / "metrics"},
            folder=folder,
        )

    for folder in ("register", "again"):
        done = register("key-1", folder)
        assert done.code == 0, done.err
        assert done.parameters() == {"version": 1}
    # A second training with the same seed predicts the same, whatever its file's digest.
    repeated = train("repeated")
    assert repeated.code == 0, repeated.err
    make_champion(tmp_path)
    second = evaluate(repeated.folder / "model", "evaluate-again")
    assert second.code == 0, second.err
    compared = json.loads((second.folder / "metrics").read_text())
    assert compared["champion"]["version"] == 1
    assert compared["champion"]["metrics"] == compared["metrics"] == metrics["metrics"]
    unnamed = register("", "unnamed")
    assert unnamed.parameters() == {"version": 2}
    assert (tmp_path / "models" / "iris_model" / "run").is_dir()  # the run's own id

    (tmp_path / "models" / "iris_model" / "key-1" / "model.zip").write_bytes(b"rot")
    broken = evaluate(trained.folder / "model", "evaluate-broken")
    assert broken.code == 1
    assert broken.outcome()["code"] == "broken-model"
    assert flowers.read_bytes() == before
    assert names_in(tmp_path) == ["iris.db", "mlartifacts", "mlflow.db", "models", "run"]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def make_champion(root: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{root / 'mlflow.db'}")
    client.set_registered_model_alias("iris_model", "champion", "1")
    (version,) = client.search_model_versions("name = 'iris_model'")
    folder = root / "models" / "iris_model" / "key-1"
    assert version.source == version.tags["exai.uri"] == folder.as_uri()
    assert len(version.tags["exai.digest"]) == 64
    assert json.loads(version.tags["exai.data_versions"]) == {"iris": "abc"}
    assert set(json.loads(version.tags["exai.metrics"])) == {"metrics", "champion"}
    run = client.get_run(version.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["ntrees"] == "20"
    assert run.data.metrics["accuracy"] > 0.9
    files = [item.path for item in client.list_artifacts(version.run_id)]
    assert files == ["confusion-matrix.json", "exai-model.json", "figures", "metrics.json"]
    figures = [item.path for item in client.list_artifacts(version.run_id, "figures")]
    assert figures == [f"figures/{name}.svg" for name in ("confusion-matrix", "importance", "roc")]
    assert version.tags["exai.format"] == "h2o-mojo"
    assert "exai.features" not in version.tags


def test_failing_rows_are_named_and_nothing_is_handed_on(
    step: Any, flowers: Path, iris: dict[str, Any]
) -> None:
    with sqlite3.connect(flowers) as session:
        session.execute("update demo_iris set sepal_length = 70 where flower_id in (7, 12)")
        session.execute("update demo_iris set species = 'tulip' where flower_id = 9")
        session.execute("update demo_iris set flower_id = 1 where flower_id = 2")
    session.close()
    between = {"column": "sepal_length", "min_value": 0.0, "max_value": 10.0}
    iris["quality"]["expectations"].append({"expect_column_values_to_be_between": between})
    load = step("load-dataset", {"dataset": iris}, outputs=("data",))
    inputs = ({"dataset": iris}, {"data": load.folder / "data"}, ("data", "report"))
    check = step("validate-dataset", *inputs)
    assert check.code == 1
    assert check.outcome() == {
        "final": True,
        "code": "expectation-failed",
        "message": (
            "iris fails 3 of 5 expectations: "
            "expect_column_values_to_be_unique on flower_id: 2 of 150 rows (flower_id 1, 1); "
            "expect_column_values_to_be_in_set on species: 1 of 150 rows (flower_id 9); "
            "expect_column_values_to_be_between on sepal_length: 2 of 150 rows (flower_id 7, 12)"
        ),
        "hint": "Mend the rows at their source, or the expectation in the Dataset",
        "rows": [{"flower_id": 1}, {"flower_id": 9}, {"flower_id": 7}, {"flower_id": 12}],
    }
    assert "Traceback" not in check.err
    assert not (check.folder / "data").exists()
    assert "tulip" in (check.folder / "report").read_text()

    iris["quality"]["onFailure"] = "warn"
    warned = step("validate-dataset", *inputs, folder="warned")
    assert warned.code == 0, warned.err
    assert "flower_id 7, 12). Goes on: onFailure is warn" in warned.err
    assert (warned.folder / "data").is_file()


@pytest.mark.parametrize("on_failure", ["block", "warn"])
@pytest.mark.parametrize(
    ("expectation", "code", "words"),
    [
        (
            {"expect_column_value_to_be_between": {"column": "sepal_length"}},
            "unknown-expectation",
            'Did you mean "expect_column_values_to_be_between"?',
        ),
        (
            {"expect_column_values_to_be_between": {"max_value": 3.0}},
            "ill-made-expectation",
            "column",
        ),
        (
            {"expect_column_values_to_be_between": {"column": "sepal_lenth", "min_value": 0.0}},
            "expectation-not-evaluated",
            "sepal_lenth",
        ),
        (
            {"expect_column_values_to_be_between": {"column": "species", "min_value": 0.0}},
            "expectation-not-evaluated",
            "same type",
        ),
    ],
)
def test_an_expectation_that_cannot_be_evaluated_never_passes(
    *,
    step: Any,
    flowers: Path,
    iris: dict[str, Any],
    expectation: dict[str, Any],
    code: str,
    words: str,
    on_failure: str,
) -> None:
    assert flowers.exists()
    iris["quality"] = {"onFailure": on_failure, "expectations": [expectation]}
    load = step("load-dataset", {"dataset": iris}, outputs=("data",))
    inputs = ({"dataset": iris}, {"data": load.folder / "data"}, ("data", "report"))
    check = step("validate-dataset", *inputs)
    assert check.code == 1
    assert check.outcome()["code"] == code
    assert words in check.err
    assert "Traceback" not in check.err
