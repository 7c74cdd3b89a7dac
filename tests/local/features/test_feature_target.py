"""The feature store of a project's environment: applied, brought online, killed, taken away."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from features import made
from features.clinic import Clinic, apply, write_clinic
from servers import Postgres, Redis, postgres, redis_server

from exai_compiler.changes import Delete
from exai_components.feature_store.actions import answer
from exai_runtime.local import process
from exai_runtime.local.ledger import read

pytestmark = pytest.mark.slow


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = write_clinic(tmp_path / "clinic")
    yield found
    marks = {"EXAI_OWNER": found.target().paths.owner}
    assert not list(process.marked(**marks)), "a process is left over"


def online(clinic: Clinic) -> dict[str, tuple[int, str]]:
    """What the control plane says is online: rows, newest."""
    found = read(clinic.target().paths.control).online.materialized
    return {name: (each.fact.rows, each.fact.newest) for name, each in found.items()}


def bmi(clinic: Clinic, *patients: int) -> list[object]:
    """What is online, asked of the store in this process, which has Feast imported by then."""
    entities = [{"patient_id": patient} for patient in patients]
    repository = str(clinic.features / "repository")
    found = answer(
        {"action": "get", "repository": repository, "name": "body", "entities": entities}
    )
    return [row["features"]["bmi"]["value"] for row in found["result"]["rows"]]


def bmi_by_command(clinic: Clinic, *patients: int) -> list[object]:
    """The same as a person asks for it, who needs no password at hand."""
    words = [word for patient in patients for word in ("--entity", f"patient_id={patient}")]
    rows = clinic.json("features", "get", "body", *words, code=None)["result"]["rows"]
    return [row["features"]["bmi"]["value"] for row in rows]


NEWEST = {
    "blood": (2, "2026-01-01T00:00:00+00:00"),
    "body": (2, "2026-01-01T05:00:00+00:00"),
}


def test_applied_once_and_then_only_what_is_new(clinic: Clinic) -> None:
    with clinic.target() as target:
        done = apply(clinic, target)
        assert apply(clinic, target) == []
    assert [outcome.result for outcome in done] == ["created", "succeeded", "succeeded"], done
    assert done[0].detail == "2 views, 1 transform, 1 service"
    assert done[2].detail == "2 rows up to 2026-01-01T05:00:00+00:00, 2 new or changed"
    assert online(clinic) == NEWEST
    late = [made.body(1, 0, 20.0), made.body(1, 5, 21.0), made.body(2, 3, 22.0)]
    clinic.data("body", [*late, made.body(3, -9, 9.0)])
    with clinic.target() as target:
        (again,) = apply(clinic, target)
    assert again.detail == "3 rows up to 2026-01-01T05:00:00+00:00, 1 new or changed"
    assert bmi(clinic, 1, 3) == [21.0, 9.0]


def test_the_repository_is_what_feast_itself_takes(clinic: Clinic) -> None:
    """`feast plan` in the folder, as a person would: nothing is to be made or deleted. (Feast shows
    a view over a source as updated each time, because of the time at which it wrote the source.)
    """
    with clinic.target() as target:
        apply(clinic, target)
    repository = clinic.features / "repository"
    link = repository / "data" / "body.parquet"
    assert link.is_symlink() and link.resolve().is_relative_to(clinic.features / "snapshots")
    feast = Path(sys.executable).with_name("feast")
    done = subprocess.run(
        [str(feast), "plan"], cwd=repository, capture_output=True, text=True, check=True
    )
    first = {line.split(" ")[0] for line in done.stdout.splitlines()}
    assert not first & {"Created", "Deleted"}, done.stdout
    assert "No changes to infrastructure" in done.stdout


def test_what_is_gone_is_made_again(clinic: Clinic) -> None:
    with clinic.target() as target:
        apply(clinic, target)
    (clinic.features / "registry.db").unlink()
    (clinic.features / "online.db").unlink()
    target = clinic.target()
    (held,) = (live for live in target.observe().objects.values())
    assert [change.path for change in held.drift] == [
        ("status", "registry"),
        ("status", "online_store"),
    ]
    assert dict(target.facts(target._specs).materialized) == {}  # type: ignore[arg-type]
    with clinic.target() as target:
        done = apply(clinic, target)
    assert [outcome.result for outcome in done] == ["updated", "succeeded", "succeeded"]
    assert bmi(clinic, 1) == [21.0]


def test_a_column_that_means_another_one_is_read_anew(clinic: Clinic) -> None:
    """The data is the same, and what a snapshot of it holds is not."""
    with clinic.target() as target:
        apply(clinic, target)
    specs = clinic.root / "specs" / "features.yaml"
    text = specs.read_text()
    assert "bmi: float64" in text
    specs.write_text(text.replace("bmi: float64", "bmi: {type: float64, source: visits}"))
    with clinic.target() as target:
        assert {outcome.result for outcome in apply(clinic, target)} <= {"updated", "succeeded"}
    assert bmi(clinic, 1) == [1.0]


def test_a_push_that_is_repeated_is_kept_once(clinic: Clinic) -> None:
    with clinic.target() as target:
        apply(clinic, target)
    rows = clinic.root / "rows.json"
    row = {
        "patient_id": 1,
        "seen_at": "2026-01-02T00:00:00Z",
        "bmi": 30.5,
        "visits": 2,
        "ward": "w",
    }
    rows.write_text(json.dumps([row]))
    for _ in range(2):
        clinic.exai("features", "push", "body", "--data", str(rows))
    clinic.exai("features", "materialize", "body")
    assert bmi(clinic, 1) == [30.5]


def test_old_snapshots_go(clinic: Clinic) -> None:
    with clinic.target() as target:
        for number in range(7):
            clinic.data("body", [made.body(1, number, float(number))])
            assert {outcome.result for outcome in apply(clinic, target)} <= {"created", "succeeded"}
    assert len(list((clinic.features / "snapshots" / "body").iterdir())) == 3
    assert bmi(clinic, 1) == [6.0]


def test_a_view_that_is_gone_is_forgotten(clinic: Clinic) -> None:
    with clinic.target() as target:
        apply(clinic, target)
    specs = clinic.root / "specs" / "features.yaml"
    documents = specs.read_text().split("---\n")
    kept = [text for text in documents if "name: blood" not in text and "ratios" not in text]
    specs.write_text("---\n".join(kept))
    with clinic.target() as target:
        (done,) = apply(clinic, target)
    assert (done.result, done.detail) == ("updated", "1 view")
    assert list(online(clinic)) == ["body"]
    assert not (clinic.features / "repository" / "transforms").exists()


def test_two_rows_of_one_time_fail_with_their_key(clinic: Clinic) -> None:
    clinic.data("body", [made.body(4, 1, 1.0), made.body(4, 1, 2.0)])
    with clinic.target() as target:
        done = apply(clinic, target)
    assert [outcome.result for outcome in done] == ["created", "succeeded", "failed"]
    assert "patient_id 4, seen_at 2026-01-01T01:00:00+00:00 comes more than once" in done[2].detail
    assert list(online(clinic)) == ["blood"]


def test_the_stores_process_dies(clinic: Clinic) -> None:
    with clinic.target() as target:
        first = apply(clinic, target)
        child = target.features._child
        assert child is not None
        clinic.data("body", [made.body(5, 1, 5.0)])
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        (again,) = apply(clinic, target)  # another one is started
    assert (first[0].result, again.result) == ("created", "succeeded")
    assert bmi(clinic, 5) == [5.0]


APPLY = """
import sys
from pathlib import Path
from features.clinic import Clinic, apply
clinic = Clinic(Path(sys.argv[1]))
with clinic.target() as target:
    apply(clinic, target)
"""


def test_killed_at_any_moment_the_next_apply_converges(clinic: Clinic) -> None:
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    environment = {**os.environ, "PYTHONPATH": paths}

    def started() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", APPLY, str(clinic.root)]
        return subprocess.Popen(command, env=environment)

    began = time.monotonic()
    assert started().wait() == 0
    whole = time.monotonic() - began
    with clinic.target() as target:
        target.purge()
    for part in (0.5, 0.8, 0.95):
        child = started()
        time.sleep(whole * part)
        child.kill()
        child.wait()
    clinic.data("body", [made.body(1, 0, 20.0), made.body(1, 5, 21.0), made.body(2, 3, 22.0)])
    assert started().wait() == 0
    assert online(clinic) == NEWEST
    assert bmi(clinic, 1, 2) == [21.0, 22.0]
    with clinic.target() as target:
        assert apply(clinic, target) == []
    left = [file.name for file in clinic.features.rglob("*") if ".new" in file.name]
    assert left == []


KILLED = """
import os, signal
from exai_runtime.local.features.process import FeatureProcess
ask = FeatureProcess.ask
def killed(self, action, **request):
    found = ask(self, action, **request)
    if action == "materialize" and request["view"] == "body":
        os.kill(os.getpid(), signal.SIGKILL)
    return found
FeatureProcess.ask = killed
"""


def test_killed_over_one_data_then_comes_another(clinic: Clinic) -> None:
    """What only the killed apply's data had is gone, though no record ever said that it was there;
    and what it had and hadn't written yet is there.
    """
    first = [made.body(1, 5, 21.0), made.body(2, 3, 22.0)]
    clinic.data("body", first)
    with clinic.target() as target:
        apply(clinic, target)
    clinic.data("body", [made.body(1, 9, 29.0), made.body(2, 3, 22.0), made.body(3, 9, 39.0)])
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    environment = {**os.environ, "PYTHONPATH": paths}
    command = [sys.executable, "-c", KILLED + APPLY, str(clinic.root)]
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    assert bmi(clinic, 1, 3) == [29.0, 39.0]
    assert online(clinic) == {**NEWEST, "body": (2, "2026-01-01T05:00:00+00:00")}
    clinic.data("body", [*first, made.body(4, 1, 44.0)])
    with clinic.target() as target:
        (done,) = apply(clinic, target)
    assert done.result == "succeeded", done
    assert bmi(clinic, 1, 2, 3, 4) == [21.0, 22.0, None, 44.0]
    assert read(clinic.target().paths.control).online.begun == ()


def test_live_tables_and_a_redis_that_is_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is gone from the table goes online; who is gone from Redis is noticed by a plan."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with postgres() as warehouse, redis_server() as redis:
        clinic = write_clinic(tmp_path / "clinic", warehouse_features(warehouse, redis))
        specs = clinic.root / "specs" / "features.yaml"
        text = specs.read_text()
        for name in ("body", "blood"):
            source = f"parquet: {{path: data/{name}.parquet}}"
            assert source in text
            text = text.replace(source, f"sql: {{connection: warehouse, table: {name}}}")
        specs.write_text(text)
        secret = clinic.root / ".exai" / "secrets" / "warehouse" / "password"
        secret.parent.mkdir(parents=True)
        secret.write_text(warehouse.password)
        warehouse.execute(
            "CREATE TABLE body (patient_id bigint, seen_at timestamptz, bmi double precision,"
            " visits bigint, ward text)"
        )
        warehouse.execute(
            "CREATE TABLE blood (patient_id bigint, drawn_at timestamptz, written_at timestamptz,"
            " tc double precision, hdl double precision)"
        )
        rows = [made.body(1, 5, 21.0), made.body(2, 3, 22.0)]
        insert = "INSERT INTO body VALUES (%s, %s, %s, %s, %s)"
        warehouse.execute(insert, [tuple(row.values()) for row in rows])
        with clinic.target() as target:
            done = apply(clinic, target)
            assert [each.result for each in done] == ["created", "succeeded", "succeeded"], done
            assert apply(clinic, target) == []
        assert bmi_by_command(clinic, 1, 2) == [21.0, 22.0]
        file = tmp_path / "rows.json"
        file.write_text(json.dumps([dict(made.body(1, 9, 9.0))], default=str))
        refused = clinic.exai("features", "push", "body", "--data", str(file), code=1).stderr
        assert "[not-pushable] rows pushed to body are kept offline" in refused
        assert bmi_by_command(clinic, 1, 2) == [21.0, 22.0]
        warehouse.execute("DELETE FROM body WHERE patient_id = 1")
        (outcome,) = clinic.json("features", "materialize", "body")["outcomes"]
        assert outcome["detail"] == "1 row up to 2026-01-01T03:00:00+00:00, 1 new or changed"
        assert bmi_by_command(clinic, 1, 2) == [None, 22.0]
        (outcome,) = clinic.json("features", "materialize", "body")["outcomes"]
        assert outcome["detail"] == "1 row up to 2026-01-01T03:00:00+00:00, nothing new"
        redis.client().flushall()
        states = {each["view"]: each["state"] for each in clinic.json("status")["features"]}
        assert states == {"FeatureView/blood": "missing", "FeatureView/body": "missing"}
        with clinic.target() as target:
            done = apply(clinic, target)
            assert [each.result for each in done] == ["succeeded", "succeeded"], done
            assert apply(clinic, target) == []
        assert bmi_by_command(clinic, 2) == [22.0]
        redis.stop()
        planned = json.loads(clinic.exai("plan", "--output", "json", code=None).stdout)
        assert planned["result"]["changes"] == []
        (warning,) = [each for each in planned["diagnostics"] if "Redis" in each["message"]]
        assert (warning["code"], warning["severity"]) == ("feature-store-unreachable", "warning")
        assert warning["at"]["path"] == "exai.yaml"


def warehouse_features(warehouse: Postgres, redis: Redis) -> str:
    """An environment's fields: both stores, and the connection, as YAML inside its braces."""
    fields = {"host": warehouse.host, "port": warehouse.port, "database": warehouse.database}
    password = {"secret": "warehouse", "key": "password"}
    found = {
        "connections": {
            "warehouse": {"postgresql": {**fields, "user": warehouse.user, "password": password}}
        },
        "features": {
            "online_store": {"type": "redis", "connection_string": redis.connection_string},
            "offline_store": {"type": "postgres", "connection": "warehouse"},
        },
    }
    return f", {json.dumps(found)[1:-1]}"


def test_taken_away(clinic: Clinic) -> None:
    with clinic.target() as target:
        done = apply(clinic, target)
        build = clinic.compiled(target).build
        change = Delete(done[0].change.id, "no view is left")  # type: ignore[union-attr]
        assert target.apply(change, build, print).result == "deleted"
        assert not clinic.features.exists()
        assert not target.observe().objects
    assert online(clinic) == {}
    with clinic.target() as target:
        target.purge()
    assert not (clinic.root / ".exai").exists()


def test_a_password_is_read_from_its_secret_and_written_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    features = (
        ", features: {online_store: {type: redis, connection_string: {secret: feast, key: redis}}}"
    )
    clinic = write_clinic(tmp_path / "clinic", features)
    secret = clinic.root / ".exai" / "secrets" / "feast" / "redis"
    secret.parent.mkdir(parents=True)
    with redis_server(password="pw-right-4711") as redis:  # noqa: S106 - a test's own server
        secret.write_text(f"{redis.host}:{redis.port},password=pw-wrong-4711\n")
        with clinic.target() as target:
            done = apply(clinic, target)
        assert [outcome.result for outcome in done] == ["created", "failed", "failed"]
        assert done[1].detail == "the online store (Redis) refused the password"
        secret.write_text(redis.connection_string)
        with clinic.target() as target:
            done = apply(clinic, target)
        assert [outcome.result for outcome in done] == ["succeeded", "succeeded"], done
        assert bmi_by_command(clinic, 1) == [21.0]
        redis.stop()
        found = clinic.json("features", "get", "body", "--entity", "patient_id=1", code=1)
        (problem,) = found["diagnostics"]
        assert problem["code"] == "feature-store-unreachable"
        redis.start()
        with clinic.target() as target:
            outcome = target.apply(
                Delete(next(iter(target.observe().objects)), "gone"),
                clinic.compiled(target).build,
                print,
            )
        assert outcome.result == "deleted", outcome
        assert redis.client().dbsize() == 0
    words = (b"pw-wrong-4711", b"pw-right-4711")
    for file in tmp_path.rglob("*"):
        if file.is_file() and file != secret:
            assert not any(word in file.read_bytes() for word in words), file


def test_a_renamed_project_keeps_its_features(clinic: Clinic) -> None:
    """Feast's project has another name then, and the environment has one folder for both."""
    clinic.exai("apply", "--yes")
    project = clinic.root / "exai.yaml"
    project.write_text(project.read_text().replace("clinic-platform", "surgery"))
    planned = [change["verb"] for change in clinic.json("plan")["changes"]]
    assert planned == ["create", "materialize", "materialize", "delete"]
    clinic.exai("apply", "--yes")
    assert clinic.json("plan")["changes"] == []
    assert bmi_by_command(clinic, 1, 2) == [21.0, 22.0]
    with sqlite3.connect(clinic.features / "online.db") as rows:
        tables = {name for (name,) in rows.execute("SELECT name FROM sqlite_master")}
    assert not [name for name in tables if name.startswith("clinic_platform_")], tables
    assert {path.name for path in clinic.features.iterdir()} >= {"repository", "registry.db"}
    assert not (clinic.features / "former").exists()


def test_another_online_store_is_filled_by_the_apply_that_names_it(clinic: Clinic) -> None:
    clinic.exai("apply", "--yes")
    project = clinic.root / "exai.yaml"
    store = "{target: local, features: {online_store: {type: sqlite, path: data/rows.db}}}"
    project.write_text(project.read_text().replace("{target: local}", store))
    planned = [change["verb"] for change in clinic.json("plan")["changes"]]
    assert planned == ["update", "materialize", "materialize"]
    clinic.exai("apply", "--yes")
    assert clinic.json("plan")["changes"] == []
    assert bmi_by_command(clinic, 1) == [21.0]


def test_what_was_pushed_to_the_former_store_isnt_counted(clinic: Clinic) -> None:
    clinic.exai("apply", "--yes")
    rows = clinic.root / "rows.json"
    row = {"patient_id": 1, "seen_at": "2026-01-02T00:00:00Z", "bmi": 30.5, "visits": 2}
    rows.write_text(json.dumps([{**row, "ward": "w"}]))
    clinic.exai("features", "push", "body", "--data", str(rows))
    assert "body" in clinic.target().pushes()
    project = clinic.root / "exai.yaml"
    project.write_text(project.read_text().replace("clinic-platform", "surgery"))
    clinic.exai("apply", "--yes")
    assert dict(clinic.target().pushes()) == {}
    assert bmi_by_command(clinic, 1) == [30.5]
