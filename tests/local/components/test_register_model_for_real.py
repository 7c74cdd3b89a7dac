"""register-model against MLflow on SQLite: once for each run, wherever an attempt was killed."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exai_components.model_file import MODEL_FILE, ModelFile, render_model_file

pytestmark = pytest.mark.slow


@pytest.fixture
def trained(tmp_path: Path) -> dict[str, Path]:
    model = tmp_path / "trained"
    model.mkdir()
    (model / "model.zip").write_bytes(b"mojo")
    signature = ModelFile(
        task="regression",
        target="y",
        columns=(),
        files={"model.zip": hashlib.sha256(b"mojo").hexdigest()},
        algorithm="gbm",
        parameters={"ntrees": 20, "seed": 42},
    )
    (model / MODEL_FILE).write_bytes(render_model_file(signature))
    metrics = tmp_path / "metrics"
    metrics.write_text(json.dumps({"metrics": {"rmse": 0.5}, "rows": 9, "champion": None}))
    return {"model": model, "metrics": metrics}


def told(key: str = "key-1", model: str = "m") -> dict[str, Any]:
    return {"as": model, "experiment": "exp", "exai_run_key": key, "exai_data_versions": {"d": "1"}}


# Ends the process for good just before one of the calls that an attempt makes, in their order.
KILLED = """
import os, sys
import exai_components.register_model.{module} as module
from exai_components import step
def killed(*_args, **_kwargs):
    os._exit(9)
setattr({owner}, "{call}", killed)
sys.exit(step.main(sys.argv[1:]))
"""
POINTS = [
    ("store", "module.Path", "rename"),
    ("versions", "module", "_finished_run"),
    ("versions", "__import__('mlflow').MlflowClient", "create_run"),
    ("versions", "__import__('mlflow').MlflowClient", "log_batch"),
    ("versions", "__import__('mlflow').MlflowClient", "log_artifact"),
    ("versions", "__import__('mlflow').MlflowClient", "set_terminated"),
    ("versions", "__import__('mlflow').MlflowClient", "create_registered_model"),
    ("versions", "__import__('mlflow').MlflowClient", "create_model_version"),
]


@pytest.mark.parametrize(("module", "owner", "call"), POINTS, ids=[point[2] for point in POINTS])
def test_an_attempt_killed_anywhere_is_finished_by_the_next(
    step: Any, trained: dict[str, Path], tmp_path: Path, *, module: str, owner: str, call: str
) -> None:
    code = KILLED.format(module=module, owner=owner, call=call)
    done = killed_attempt(code, trained, tmp_path)
    assert done.returncode == 9, done.stderr
    for folder in ("next", "after"):
        again = step("register-model", told(), trained, folder=folder)
        assert again.code == 0, again.err
        assert again.parameters() == {"version": 1}
    assert_once(tmp_path)


def killed_attempt(
    code: str, trained: dict[str, Path], root: Path
) -> subprocess.CompletedProcess[str]:
    artifacts = {
        name: {"artifacts": [{"name": name, "uri": str(path)}]} for name, path in trained.items()
    }
    executor_input = {
        "inputs": {"parameterValues": told(), "artifacts": artifacts},
        "outputs": {"outputFile": str(root / "run" / "killed" / "executor_output.json")},
    }
    arguments = ["register-model", "--executor_input", json.dumps(executor_input)]
    environment = {
        **os.environ,
        "EXAI_MODEL_STORE": str(root / "models"),
        "MLFLOW_TRACKING_URI": f"sqlite:///{root / 'mlflow.db'}",
    }
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def assert_once(root: Path) -> None:
    from mlflow import MlflowClient

    assert [path.name for path in (root / "models" / "m").iterdir()] == ["key-1"]
    client = MlflowClient(f"sqlite:///{root / 'mlflow.db'}")
    (version,) = client.search_model_versions("name = 'm'")
    experiment = client.get_experiment_by_name("exp")
    (run,) = client.search_runs([experiment.experiment_id])
    assert version.run_id == run.info.run_id
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"rmse": 0.5}
    assert run.data.params == {"ntrees": "20", "seed": "42"}
    assert [item.path for item in client.list_artifacts(run.info.run_id)] == [
        "exai-model.json",
        "metrics.json",
    ]
    assert (
        version.tags["exai.digest"]
        == hashlib.sha256((root / "models" / "m" / "key-1" / MODEL_FILE).read_bytes()).hexdigest()
    )


def test_keys_and_models_are_apart(step: Any, trained: dict[str, Path], tmp_path: Path) -> None:
    found = [
        step("register-model", told(key, model), trained, folder=f"{key}-{model}").parameters()
        for key, model in (("a", "m"), ("b", "m"), ("a", "n"), ("a", "m"))
    ]
    assert found == [{"version": 1}, {"version": 2}, {"version": 1}, {"version": 1}]
    assert not (tmp_path / "mlruns").exists()


def test_a_registry_that_is_not_there_may_be_there_in_a_minute(
    step: Any, trained: dict[str, Path]
) -> None:
    env = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    done = step("register-model", told(), trained, env=env)
    assert done.code == 1
    assert done.outcome()["code"] == "registry-failed"
    assert not done.outcome()["final"]
    assert "Traceback" not in done.err


def test_metrics_that_are_none(step: Any, trained: dict[str, Path]) -> None:
    trained["metrics"].write_text("accuracy 1")
    done = step("register-model", told(), trained)
    assert done.outcome()["code"] == "not-metrics"
