"""What children get to see: exai's variables, secrets by name, nothing of the user's own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from exai_runtime.local.connections import container_variables, secrets_of, step_variables
from exai_runtime.local.paths import Paths
from exai_runtime.local.surroundings import surroundings
from exai_runtime.target import TargetError
from exai_specs.kinds.environment import Environment

POSTGRES = {"host": "h", "database": "d", "user": "u"}
KEY = "password"


def environment(**more: Any) -> Environment:
    fields = {"target": "local", **more}
    return TypeAdapter(Environment).validate_python(fields, by_name=True)


def test_nothing_of_the_users_own_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JAVA_HOME", "CLASSPATH", "PYTHONHOME", "MLFLOW_TRACKING_URI", "DB_PASSWORD"):
        monkeypatch.setenv(name, "the user's own")
    monkeypatch.setenv("PYTHONPATH", "/somewhere/of/the/user")
    found = surroundings()
    assert "the user's own" not in found.values()
    assert "/somewhere/of/the/user" not in found.get("PYTHONPATH", "")
    assert found["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert found["PATH"].startswith(str(Path(sys.executable).parent))


def test_exai_can_be_imported_there() -> None:
    code = "import exai_components, exai_runtime, exai_compiler, exai_specs"
    subprocess.run([sys.executable, "-c", code], env=surroundings(), cwd="/", check=True)


def test_connections_are_open_json_and_secret_fields(tmp_path: Path) -> None:
    paths = Paths(tmp_path, "local")
    folder = tmp_path / ".exai/secrets/db"
    folder.mkdir(parents=True)
    (folder / "password").write_text("hunter22\n")
    place = environment(
        connections={
            "ware-house": {"postgresql": {**POSTGRES, "password": {"secret": "db", "key": KEY}}},
            "lite": {"sqlite": {"path": "data/x.db"}},
        }
    )
    found = step_variables(paths, place, "proj", {}, secrets_of(paths, place))
    assert json.loads(found.plain["EXAI_CONNECTION_WARE_HOUSE"]) == {
        "postgresql": {"database": "d", "host": "h", "port": 5432, "user": "u"}
    }
    assert json.loads(found.plain["EXAI_CONNECTION_LITE"]) == {"sqlite": {"path": "data/x.db"}}
    assert found.secret == {"EXAI_CONNECTION_WARE_HOUSE_PASSWORD": "hunter22"}
    assert found.environment()["EXAI_REDACT"] == "EXAI_CONNECTION_WARE_HOUSE_PASSWORD"
    assert found.plain["EXAI_MODEL_STORE"] == (tmp_path / ".exai/local/models").as_uri()
    assert found.plain["EXAI_DATA_ROOT"] == str(tmp_path)


@pytest.mark.parametrize(("named", "offline"), [("lake", ""), ("", "lake"), ("", "")])
def test_a_run_gets_and_needs_secrets_of_what_it_reads_alone(
    tmp_path: Path, named: str, offline: str
) -> None:
    """The other connection's secret is nowhere."""
    paths = Paths(tmp_path, "local")
    (tmp_path / ".exai/secrets/lake").mkdir(parents=True)
    (tmp_path / ".exai/secrets/lake/password").write_text("hunter22")
    place = environment(
        connections={
            name: {"postgresql": {**POSTGRES, "password": {"secret": name, "key": KEY}}}
            for name in ("lake", "warehouse")
        },
        features={"offline_store": {"type": "postgres", "connection": offline}} if offline else {},
    )
    secrets = secrets_of(paths, place)
    found = step_variables(paths, place, "p", {}, secrets, loading(named))
    wanted = {"EXAI_CONNECTION_LAKE_PASSWORD": "hunter22"} if named or offline else {}
    assert found.secret == wanted
    assert "EXAI_CONNECTION_WAREHOUSE" in found.plain
    with pytest.raises(TargetError, match="secret warehouse, key password"):
        step_variables(paths, place, "p", {}, secrets, loading("warehouse"))


def loading(connection: str) -> dict[str, Any]:
    """The IR of a pipeline that loads a table of a connection, or a file."""
    table = {"sql": {"connection": connection, "table": "t"}}
    dataset = {"name": "iris", "source": table if connection else {"csv": {"path": "x.csv"}}}
    constant = {"runtimeValue": {"constant": dataset}}
    other = {"runtimeValue": {"constant": {"connection": {"of": "the user's own"}}}}
    inputs = {"parameters": {"dataset": constant, "options": other}}
    return {"root": {"dag": {"tasks": {"load": {"inputs": inputs}}}}}


def secret_env(**entry: Any) -> dict[str, Any]:
    executors = {"exec-train-it": {"secretAsEnv": [entry]}}
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}


def test_a_steps_own_secrets_carry_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = Paths(tmp_path, "local")
    monkeypatch.setenv("HF_ACCESS_TOKEN", "tok")
    place = environment(secrets={"hf": {"env": "HF_"}})
    mapping = [{"secretKey": "access-token", "envVar": "HF_TOKEN"}]
    for named in (
        {"secretName": "hf"},
        {"secretNameParameter": {"runtimeValue": {"constant": "hf"}}},
    ):
        platform = secret_env(**named, keyToEnv=mapping)
        found = step_variables(paths, place, "p", platform, secrets_of(paths, place))
        assert found.secret == {"EXAI_STEP_ENV__train_it__HF_TOKEN": "tok"}


def test_a_missing_secret_is_named_and_an_optional_one_is_left_out(tmp_path: Path) -> None:
    paths = Paths(tmp_path, "local")
    place = environment(secrets={"other": {"dir": "mine"}})
    secrets = secrets_of(paths, place)
    with pytest.raises(TargetError) as caught:
        secrets.value("db", "password")
    problem = caught.value.diagnostic
    assert problem.code == "secret-missing"
    assert "secret db, key password" in problem.message
    assert ".exai/secrets/db/password" in problem.message
    assert "environments.local.secrets.db" in problem.hint
    reference = {"name": "db", "key": "password", "optional": True}
    items = [{"name": "A", "valueFrom": {"secretKeyRef": reference}}, {"name": "B", "value": "b"}]
    found = container_variables(items, secrets, "Service/iris")
    assert (found.plain, found.secret) == ({"B": "b"}, {})


def test_secrets_from_folders_and_renamed_ones(tmp_path: Path) -> None:
    paths = Paths(tmp_path, "local")
    for folder, value in (("mine", "one"), (".exai/secrets/db-v2", "two")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "key").write_text(value)
    sources = {"a": {"dir": "mine"}, "db": {"name": "db-v2"}}
    secrets = secrets_of(paths, environment(secrets=sources))
    assert secrets.value("a", "key") == "one"
    assert secrets.value("db", "key") == secrets.value("db-v2", "key") == "two"
    assert secrets.find("a", "../../etc/passwd") is None


def test_a_config_map_is_named_and_never_an_empty_text(tmp_path: Path) -> None:
    paths = Paths(tmp_path, "local")
    secrets = secrets_of(paths, environment())
    entry = {"configMapName": "db", "keyToEnv": [{"configMapKey": "region", "envVar": "REGION"}]}
    executors = {"exec-train-it": {"configMapAsEnv": [entry]}}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}
    with pytest.raises(TargetError) as of_step:
        step_variables(paths, environment(), "p", platform, secrets)
    reference = {"name": "db", "key": "region"}
    items = [{"name": "REGION", "valueFrom": {"configMapKeyRef": reference}}]
    with pytest.raises(TargetError) as of_service:
        container_variables(items, secrets, "Service/iris")
    for caught, of in ((of_step, "step train-it"), (of_service, "Service/iris")):
        problem = caught.value.diagnostic
        assert problem.code == "not-local"
        assert problem.message.startswith(f"{of}: the variable REGION comes from the ConfigMap db")
        assert problem.hint
    optional = [{"name": "A", "valueFrom": {"configMapKeyRef": {**reference, "optional": True}}}]
    assert container_variables(optional, secrets, "Service/iris").environment() == {}
