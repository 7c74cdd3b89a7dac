"""The entry of a step as a process: its exit codes, its outcome file, its environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from exai_components.outcome import Outcome, StepFailure, did_you_mean, read_outcome, write_outcome
from exai_components.secrets_in_env import redact, take_own_secrets, task_name
from exai_components.step import component_names


def run(folder: Path, name: str, environment: dict[str, str] | None = None, **parameters: object):
    told = {
        "inputs": {"parameterValues": parameters},
        "outputs": {
            "outputFile": str(folder / "executor_output.json"),
            "artifacts": {
                "data": {
                    "artifacts": [
                        {
                            "name": "data",
                            "uri": str(folder / "data"),
                            "type": {"schemaTitle": "system.Dataset"},
                        }
                    ]
                }
            },
        },
    }
    return subprocess.run(
        [
            *(sys.executable, "-m", "exai_components.step", "kfp.dsl.executor_main"),
            *(name, "--executor_input", json.dumps(told)),
        ],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


IRIS = {
    "name": "iris",
    "source": {"csv": {"path": "iris.csv"}},
    "key": ["id"],
    "schema": {"id": {"type": "int64"}},
}


def test_success_leaves_no_outcome(tmp_path: Path) -> None:
    (tmp_path / "iris.csv").write_text("id\n2\n1\n")
    step = tmp_path / "load"
    write_outcome_of_an_earlier_attempt(step, final=False)
    done = run(step, "load-dataset", {"EXAI_DATA_ROOT": str(tmp_path)}, dataset=IRIS)
    assert done.returncode == 0, done.stderr
    assert read_outcome(step) is None
    assert (step / "data").is_file()
    assert json.loads((step / "executor_output.json").read_text())["artifacts"]["data"]


def write_outcome_of_an_earlier_attempt(folder: Path, *, final: bool) -> None:
    write_outcome(
        folder, Outcome("missing-file", "There is no file x", "Did you mean y?", (), final)
    )


def test_a_final_failure_is_repeated_at_once(tmp_path: Path) -> None:
    (tmp_path / "iris.csv").write_text("id\n1\n")
    write_outcome_of_an_earlier_attempt(tmp_path, final=True)
    done = run(tmp_path, "load-dataset", {"EXAI_DATA_ROOT": str(tmp_path)}, dataset=IRIS)
    assert done.returncode == 1
    assert done.stderr == "exai: There is no file x. Did you mean y? [missing-file]\n"
    assert not (tmp_path / "data").exists()


def test_a_known_failure_is_one_line_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "irises.csv").write_text("id\n1\n")
    done = run(tmp_path / "load", "load-dataset", {"EXAI_DATA_ROOT": str(tmp_path)}, dataset=IRIS)
    assert done.returncode == 1
    assert done.stderr.startswith("exai: There is no file iris.csv")
    assert done.stderr.endswith('Did you mean "irises.csv"? [missing-file]\n')
    assert done.stderr.count("\n") == 1
    outcome = json.loads((tmp_path / "load" / "exai-outcome.json").read_text())
    assert set(outcome) == {"final", "code", "message", "hint", "rows"}
    assert (outcome["final"], outcome["code"]) == (True, "missing-file")


def test_a_bug_shows_its_traceback_and_may_be_retried(tmp_path: Path) -> None:
    done = run(tmp_path, "load-dataset", dataset={"name": "no source"})
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    outcome = read_outcome(tmp_path)
    assert outcome is not None
    assert (outcome.final, outcome.code, outcome.message) == (
        False,
        "unexpected",
        "KeyError: 'source'",
    )


def test_an_unknown_component_has_a_hint(tmp_path: Path) -> None:
    done = run(tmp_path, "load-datset")
    assert done.returncode == 1
    assert 'Did you mean "load-dataset"?' in done.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["load-dataset"], ["load-dataset", "--executor_input", "{"]]
)
def test_wrong_arguments_are_usage(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "exai_components.step", "kfp.dsl.executor_main", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_secret_never_gets_into_a_message(tmp_path: Path) -> None:
    secret = "-".join(("hunter", "two", "and", "a", "half"))
    environment = {
        "EXAI_CONNECTION_W": json.dumps({"sqlite": {"path": f"{secret}.db"}}),
        "EXAI_CONNECTION_W_PASSWORD": secret,
        "EXAI_DATA_ROOT": str(tmp_path),
    }
    dataset = {**IRIS, "source": {"sql": {"connection": "w", "table": "t"}}}
    done = run(tmp_path / "load", "load-dataset", environment, dataset=dataset)
    assert done.returncode == 1
    assert secret not in done.stderr + done.stdout
    assert secret not in (tmp_path / "load" / "exai-outcome.json").read_text()


def test_a_step_sees_its_own_secrets_only() -> None:
    environment = {
        "EXAI_STEP_ENV__train_big__TOKEN": "mine-1",
        "EXAI_STEP_ENV__train__TOKEN": "theirs",
        "EXAI_CONNECTION_DB": '{"postgresql": {}}',
        "EXAI_CONNECTION_DB_PASSWORD": "mine-22",
        "OTHER": "x",
    }
    values = take_own_secrets("train-big", environment)
    assert values == ("mine-22", "mine-1")
    assert environment.pop("TOKEN") == values[1]
    assert not any(name.startswith("EXAI_STEP_ENV__") for name in environment)
    assert redact("a mine-1 b mine-22", values) == "a *** b ***"


def test_the_task_is_known_from_its_folder() -> None:
    told = {"outputs": {"outputFile": "/runs/1/train-big/executor_output.json"}}
    assert task_name(told, {}) == "train-big"
    assert task_name(told, {"EXAI_STEP": "train"}) == "train"


def test_outcomes_survive_the_file(tmp_path: Path) -> None:
    outcome = StepFailure("code", "message", "hint", rows=[{"id": 1}], final=False).outcome
    write_outcome(tmp_path, outcome)
    assert read_outcome(tmp_path) == outcome
    (tmp_path / "exai-outcome.json").write_text("{")
    assert read_outcome(tmp_path) is None


def test_hints() -> None:
    assert did_you_mean("Species", ["species", "petal"]) == 'Did you mean "species"?'
    assert did_you_mean("x", ["b", "a"]) == "There is a, b"
    assert did_you_mean("x", []) == ""


def test_the_built_in_components() -> None:
    assert component_names() == (
        "evaluate-model",
        "load-dataset",
        "load-features",
        "register-model",
        "split-data",
        "train-h2o",
        "train-sklearn",
        "validate-dataset",
    )


def test_what_the_entry_imports() -> None:
    code = "import sys, exai_components.step; print(sorted(m.split('.')[0] for m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    for heavy in ("kfp", "pyarrow", "numpy", "pandas", "mlflow", "h2o", "great_expectations"):
        assert f"'{heavy}'" not in done.stdout
