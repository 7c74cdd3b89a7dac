"""The components in a pipeline under KFP's own local runner, and how a failure looks there."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

# KFP's runner leaves stdout broken and keeps its settings for good: a process of its own.
PIPELINE = """
import json, sys
from pathlib import Path
import exai_components
from kfp import components, dsl, local

root = Path(exai_components.__file__).parent
def component(name):
    return components.load_component_from_file(str(root / name / "component.yaml"))

load, split, train, evaluate, register = map(
    component, ("load_dataset", "split_data", "train_h2o", "evaluate_model", "register_model")
)
check = component("validate_dataset")
told = json.loads(sys.argv[1])

@dsl.pipeline(name="iris-training")
def iris_training(ntrees: int = 5, exai_run_key: str = "", exai_data_versions: dict = {}) -> int:
    loaded = load(dataset=told["dataset"])
    checked = check(dataset=told["dataset"], data=loaded.outputs["data"])
    parts = split(data=checked.outputs["data"], test=0.2, stratify="species", seed=42)
    trained = train(
        data=parts.outputs["train"],
        target="species",
        features=told["features"],
        parameters={"ntrees": ntrees, "max_depth": 3},
        seed=42,
    )
    scored = evaluate(model=trained.outputs["model"], data=parts.outputs["test"])
    made = register(
        model=trained.outputs["model"],
        metrics=scored.outputs["metrics"],
        **{"as": "iris_model"},
        experiment="iris_exp",
        exai_run_key=exai_run_key,
        exai_data_versions=exai_data_versions,
    )
    return made.outputs["version"]

local.init(local.SubprocessRunner(use_venv=False), pipeline_root=told["root"], raise_on_error=False)
result = iris_training(exai_run_key=told["key"], exai_data_versions={"iris": "abc"})
Path(told["root"], "result.json").write_text(json.dumps(result.outputs.get("Output")))
"""


def run(tmp_path: Path, dataset: dict[str, Any]) -> tuple[Path, str]:
    root = tmp_path / "root"
    root.mkdir()
    columns = [name for name in dataset["schema"] if "_" in name and name != "flower_id"]
    told = {"dataset": dataset, "features": columns, "root": str(root), "key": "key-1"}
    done = subprocess.run(
        [sys.executable, "-c", PIPELINE, json.dumps(told)],
        env={
            **os.environ,
            "EXAI_DATA_ROOT": str(tmp_path),
            "EXAI_MODEL_STORE": str(tmp_path / "models"),
            "EXAI_CONNECTION_WAREHOUSE": json.dumps({"sqlite": {"path": "iris.db"}}),
            "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path / 'mlflow.db'}",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return root, done.stdout + done.stderr


def test_a_pipeline_of_all_six(flowers: Path, iris: dict[str, Any], tmp_path: Path) -> None:
    assert flowers.exists()
    root, log = run(tmp_path, iris)
    assert json.loads((root / "result.json").read_text()) == 1, log
    told = json.loads(
        (tmp_path / "models" / "iris_model" / "key-1" / "exai-model.json").read_text()
    )
    assert told["parameters"] == {"max_depth": 3, "ntrees": 5, "seed": 42}


def test_a_failure_ends_the_run_with_its_outcome(
    flowers: Path, iris: dict[str, Any], tmp_path: Path
) -> None:
    assert flowers.exists()
    iris["source"]["sql"]["table"] = "demo_irises"
    root, log = run(tmp_path, iris)
    assert json.loads((root / "result.json").read_text()) is None
    assert 'exai: The connection warehouse has no table "demo_irises". Did you mean' in log
    (outcome,) = root.rglob("exai-outcome.json")
    assert outcome.parent.name == "load-dataset"
    assert json.loads(outcome.read_text())["code"] == "missing-table"
