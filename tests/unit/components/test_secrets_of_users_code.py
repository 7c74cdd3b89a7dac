"""What a pickle or a transform finds in `os.environ` while exai runs it: no password of a
connection or a store, whichever process it is.
"""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.connection_names import open_variable, secret_variables
from exai_components.feature_store.repository import _filled
from exai_components.load_dataset.connection import connection
from exai_components.model_file import ModelColumn, ModelFile, file_digest, render_model_file
from exai_components.secrets_in_env import (
    SECRET_FIELDS,
    connection_variable,
    secret,
    withdraw,
)
from exai_components.step import READ_SOURCES, component_names
from exai_specs.kinds.connections import Postgresql, Sqlite
from exai_specs.kinds.workload import SecretRef

ROOT = Path(__file__).parents[3]
PHRASE = "-".join(("another", "long", "phrase"))
SECRETS = {
    "EXAI_CONNECTION_PG": json.dumps({"postgresql": {"host": "127.0.0.1", "port": 9}}),
    "EXAI_CONNECTION_PG_PASSWORD": PHRASE,
    "EXAI_FEATURES_ONLINE_STORE_CONNECTION_STRING": PHRASE,
    "EXAI_STEP_ENV__other__TOKEN": PHRASE,
    "OWN": "what the spec gives it",
}
# Users' code: it says what it sees.
REPORT = "import json, os; open({place!r}, 'w').write(json.dumps(dict(os.environ)))"


class Reporting:
    """A pickle that reports the environment when it is loaded."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return (exec, (REPORT.format(place=str(self.place)),))


def seen(place: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(place.read_text())
    assert found["OWN"] == SECRETS["OWN"]
    assert json.loads(found["EXAI_CONNECTION_PG"])  # an address is no secret
    return found


def run(*arguments: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**os.environ, **SECRETS, **more},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def artifact(path: Path, kind: str) -> dict[str, Any]:
    told = {"name": path.name, "uri": str(path), "type": {"schemaTitle": kind}, "metadata": {}}
    return {"artifacts": [told]}


def reporting_model(folder: Path, place: Path) -> Path:
    folder.mkdir()
    (folder / "model.joblib").write_bytes(pickle.dumps(Reporting(place)))
    signature = ModelFile(
        "regression",
        "y",
        (ModelColumn("x", "float64"),),
        {"model.joblib": file_digest(folder / "model.joblib")},
        format="sklearn",
        format_version="1",
    )
    (folder / "exai-model.json").write_bytes(render_model_file(signature))
    return folder


@pytest.mark.parametrize("step", ["evaluate-model", "register-model"])
def test_a_pickle_in_a_step_sees_no_password(tmp_path: Path, step: str) -> None:
    model, place = tmp_path / "model.joblib", tmp_path / "seen.json"
    model.write_bytes(pickle.dumps(Reporting(place)))
    (tmp_path / "metrics").write_text('{"metrics": {"rmse": 1}}')
    signature = {"task": "regression", "target": "y", "columns": [{"name": "x", "type": "float64"}]}
    metrics = artifact(tmp_path / "metrics", "system.Metrics")
    evaluates = step == "evaluate-model"
    other = {"data": artifact(tmp_path / "data", "system.Dataset")} if evaluates else None
    told = {
        "inputs": {
            "parameterValues": {"signature": signature, "as": "m", "experiment": "e"},
            "artifacts": {
                "model": artifact(model, "system.Model"),
                **(other or {"metrics": metrics}),
            },
        },
        "outputs": {
            "outputFile": str(tmp_path / "step" / "executor_output.json"),
            **({"artifacts": {"metrics": metrics}} if evaluates else {}),
        },
    }
    done = run(
        *("exai_components.step", "kfp.dsl.executor_main", step),
        *("--executor_input", json.dumps(told)),
    )
    assert "it is no estimator" in done.stderr, done.stderr  # but it has run
    assert PHRASE not in str(seen(place))


def test_a_pickle_in_a_server_sees_no_password(tmp_path: Path) -> None:
    from exai_components.model_file import digest_of

    place = tmp_path / "seen.json"
    folder = reporting_model(tmp_path / "model", place)
    done = run(
        *("exai_components.serve", "--model_name", "m", "--model_dir", str(folder)),
        "--no_listen",
        *("--control", str(tmp_path / "s")),
        EXAI_MODEL_DIGEST=digest_of(folder),
    )
    assert done.returncode == 1, done.stderr
    found = seen(place)
    del found["EXAI_STEP_ENV__other__TOKEN"]  # nothing gives a server one
    assert PHRASE not in str(found)


@pytest.mark.slow
def test_a_transform_in_the_store_s_process_sees_no_password(tmp_path: Path) -> None:
    place, folder = tmp_path / "seen.json", tmp_path / "repository"
    folder.mkdir()
    (folder / "definitions.py").write_text(REPORT.format(place=str(place)))
    (folder / "feature_store.yaml").write_text(
        "project: p\nprovider: local\nentity_key_serialization_version: 3\n"
        "registry: {registry_type: sql, path: 'sqlite:///../registry.db'}\n"
        "online_store: {type: sqlite, path: ../online.db}\n"
    )
    request = json.dumps({"action": "apply", "repository": str(folder)})
    done = run("exai_components.feature_store", "1", given=request + "\n")
    assert place.exists(), done.stdout + done.stderr
    found = seen(place)
    del found["EXAI_STEP_ENV__other__TOKEN"]
    assert PHRASE not in str(found)


@pytest.mark.slow
def test_a_transform_in_load_features_sees_no_password(tmp_path: Path) -> None:
    """It reads sources, so it keeps the password, but not where users' code looks."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    place = tmp_path / "seen.json"
    times = pa.array([0], pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"id": [1], "at": times}), tmp_path / "rows")
    features = {
        "service": "s",
        "repository": {"definitions.py": REPORT.format(place=str(place))},
        "sources": {},
        "columns": {},
        "types": {},
    }
    told = {
        "inputs": {
            "parameterValues": {"features": features, "timestamp": "at"},
            "artifacts": {"data": artifact(tmp_path / "rows", "system.Dataset")},
        },
        "outputs": {
            "outputFile": str(tmp_path / "step" / "executor_output.json"),
            "artifacts": {"data": artifact(tmp_path / "step" / "data", "system.Dataset")},
        },
    }
    done = run(
        *("exai_components.step", "kfp.dsl.executor_main", "load-features"),
        *("--executor_input", json.dumps(told)),
    )
    assert place.exists(), done.stderr
    assert PHRASE not in str(seen(place))


@pytest.fixture
def nothing_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("exai_components.secrets_in_env._WITHDRAWN", {})


@pytest.mark.usefixtures("nothing_withdrawn")
def test_who_reads_a_source_still_knows_the_password() -> None:
    withdraw()
    assert not [name for name in SECRETS if "PASSWORD" in name and name in os.environ]
    assert connection("pg") == (
        "postgresql",
        {"host": "127.0.0.1", "port": 9, "password": PHRASE},
    )
    filled = _filled({"a": ["${EXAI_FEATURES_ONLINE_STORE_CONNECTION_STRING}"]})
    assert filled == {"a": [PHRASE]}


@pytest.mark.usefixtures("nothing_withdrawn")
def test_who_has_no_use_for_a_password_forgets_it() -> None:
    withdraw(keep=False)
    assert secret("EXAI_CONNECTION_PG_PASSWORD") is None
    assert "password" not in connection("pg")[1]


def test_one_connection_s_variables_are_never_a_field_of_another_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = {"EXAI_CONNECTION_PG_TWO": '{"sqlite": {"path": "x"}}', "EXAI_CONNECTION_PG_HOST": "{}"}
    secrets = {"EXAI_CONNECTION_PG_TWO_PASSWORD": "second", "EXAI_CONNECTION_PG_PASSWORD": "first"}
    address = {"EXAI_CONNECTION_PG": '{"postgresql": {"host": "h"}}'}
    for name, value in {**other, **secrets, **address}.items():
        monkeypatch.setenv(name, value)
    assert connection("pg") == ("postgresql", {"host": "h", "password": "first"})
    assert connection("pg-two") == ("sqlite", {"path": "x"})


def test_both_sides_know_the_same_variables() -> None:
    hidden = SecretRef(secret="db", key="password")  # noqa: S106 - names of it
    pg = Postgresql(host="h", database="d", user="u", password=hidden)
    assert open_variable("ware-House") == connection_variable("ware-House")
    assert tuple(secret_variables("a", pg)) == SECRET_FIELDS
    assert secret_variables("a-b", pg)["password"] == ("EXAI_CONNECTION_A_B_PASSWORD", hidden)
    assert not secret_variables("a", Sqlite(path="x"))


def test_who_reads_sources_is_what_the_components_say() -> None:
    folder = ROOT / "components/exai_components"
    said = {
        name: (folder / name.replace("-", "_") / "component.yaml").read_text()
        for name in component_names()
    }
    reading = {name for name, text in said.items() if "exai.dev/effects: reads-source" in text}
    assert reading == set(READ_SOURCES)
