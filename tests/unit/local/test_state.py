"""The state folder: what a reader never makes, one apply at a time, a ledger that kills spare."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.changes import ObjectId
from exai_runtime.local import ledger as control_plane
from exai_runtime.local import paths
from exai_runtime.local.control import Control
from exai_runtime.local.ledger import Served
from exai_runtime.local.lock import ApplyLock
from exai_runtime.local.paths import Paths, RunPaths
from exai_runtime.local.process import Process
from exai_runtime.local.run_requests import (
    Request,
    RunResult,
    read_request,
    read_result,
    write_request,
    write_result,
)
from exai_runtime.local.target import LocalTarget
from exai_runtime.target import TargetError
from exai_specs.identity import Ref
from exai_specs.kinds.environment import Environment

SERVICE = ObjectId("serving.kserve.io/v1beta1", "InferenceService", "iris")
SERVED = Served("iris", Process(7, 8, "boot"), 8080, "/tmp/x.sock", "d", "f")  # noqa: S108


def test_working_out_paths_makes_nothing(tmp_path: Path) -> None:
    place = Paths(tmp_path, "local")
    assert place.run("k").events == tmp_path / ".exai/local/runs/k/events.jsonl"
    assert len(place.owner) == 16
    assert control_plane.read(place.control).objects == {}
    assert list(tmp_path.iterdir()) == []


def test_sockets_fit_whatever_the_temp_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    private = Paths(tmp_path, "local").private
    assert len(os.fsencode(private / "s01234567-01234567.sock.fd")) < 100


def test_the_private_folder_is_the_users_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory(prefix="exai") as short:
        monkeypatch.setattr(tempfile, "tempdir", short)
        place = Paths(Path(short) / "project", "local")
        folder = paths.private_folder(place)
        assert folder.parent.parent == Path(short)
        assert folder.stat().st_mode & 0o777 == 0o700
        paths.remove_private(place)
        assert list(Path(short).iterdir()) == []
        (Path(short) / f"exai-{os.geteuid()}").mkdir(mode=0o755)
        with pytest.raises(TargetError) as caught:
            paths.private_folder(place)
        assert caught.value.diagnostic.code == "unsafe-temp-folder"


def test_git_ignores_all_of_it(tmp_path: Path) -> None:
    paths.prepare(Paths(tmp_path, "local"))
    assert (tmp_path / ".exai/.gitignore").read_text() == "*\n"


def test_a_second_apply_is_told_who_runs_and_since_when(tmp_path: Path) -> None:
    path = tmp_path / "apply.lock"
    with ApplyLock(path, "shown"):
        with pytest.raises(TargetError) as caught, ApplyLock(path, "shown"):
            pass
        problem = caught.value.diagnostic
        assert problem.code == "apply-running"
        assert f"process {os.getpid()} since 20" in problem.message
        assert problem.at.path == "shown"
    with ApplyLock(path, "shown"):
        pass


def test_the_lock_goes_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "apply.lock"
    code = (
        "import sys, os, pathlib; from exai_runtime.local.lock import ApplyLock\n"
        "ApplyLock(pathlib.Path(sys.argv[1]), '').__enter__(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    with ApplyLock(path, ""):
        pass


def test_an_object_and_its_process_are_stored_together_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    writer = Control(path)
    line = writer.begin("create", str(SERVICE))
    with pytest.raises(RuntimeError), writer.ending(line, "created") as store:
        store.store(SERVICE, Ref("Service", "iris"), {"kind": "InferenceService"})
        store.store_service(SERVED)
        raise RuntimeError
    assert control_plane.read(path).objects == {}
    assert [entry.result for entry in control_plane.read(path).journal] == ["started"]
    with writer.ending(line, "created", "http://127.0.0.1:8080") as store:
        store.store(SERVICE, Ref("Service", "iris"), {"kind": "InferenceService"})
        store.store_service(SERVED)
    writer.close()
    ledger = control_plane.read(path)
    assert ledger.objects[SERVICE].body == {"kind": "InferenceService"}
    assert ledger.services == {"iris": SERVED}
    (entry,) = ledger.journal
    assert (entry.apply, entry.seq, entry.verb, entry.result) == (1, 1, "create", "created")
    assert Control(path).begin("create", "x") == 2
    assert control_plane.read(path).journal[-1].apply == 2


def test_an_update_keeps_the_sequence(tmp_path: Path) -> None:
    writer = Control(tmp_path / "control.db")
    other = ObjectId("pipelines.kubeflow.org/v2beta1", "Pipeline", "p")
    for which, body in ((SERVICE, 1), (other, 2), (SERVICE, 3)):
        with writer.ending(writer.begin("update", str(which)), "updated") as store:
            store.store(which, Ref("Service", "iris"), {"value": body})
    objects = writer.ledger().objects
    assert [(live.sequence, live.body) for live in objects.values()] == [
        (1, {"value": 3}),
        (2, {"value": 2}),
    ]
    with writer.ending(writer.begin("delete", str(SERVICE)), "deleted") as store:
        store.remove(SERVICE)
    assert set(writer.ledger().objects) == {other}


def test_a_transaction_that_a_kill_left_is_read_without_writing(tmp_path: Path) -> None:
    folder = tmp_path / "state with ünlaut"
    folder.mkdir()
    path = folder / "control.db"
    Control(path).close()
    code = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA cache_size = 1")
db.execute("BEGIN IMMEDIATE")
for number in range(3000):
    db.execute("INSERT INTO meta VALUES (?, ?)", (str(number), "x" * 500))
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert "control.db-journal" in before, "the kill came in the middle of a transaction"
    with pytest.raises(sqlite3.OperationalError):
        sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("SELECT * FROM objects")
    assert control_plane.read(path).objects == {}
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def damaged(database: Path) -> None:
    """Past its header, which alone stays as it was."""
    whole = database.read_bytes()
    database.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))


def junk(database: Path) -> None:
    database.write_bytes(b"no database at all\n" * 100)


@pytest.mark.parametrize("ruin", [junk, damaged])
def test_a_damaged_control_plane_is_named_with_what_to_do(
    tmp_path: Path, ruin: Callable[[Path], None]
) -> None:
    target = LocalTarget(tmp_path, "local", Environment(target="local"), "p")
    path = target.paths.control
    paths.prepare(target.paths)
    Control(path).close()
    ruin(path)
    for look in (target.observe, target.__enter__):
        with pytest.raises(TargetError) as caught:
            look()
        problem = caught.value.diagnostic
        assert problem.code == "damaged-state"
        assert str(path) in problem.message
        assert "destroy --purge" in problem.hint
    path.unlink()
    with target as writer:
        writer.purge()
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_is_no_json_is_damage_too(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    Control(path).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO objects VALUES ('a', 'k', 'n', 'Service', 'n', '{', 1)")
    with pytest.raises(TargetError) as caught:
        control_plane.read(path)
    assert caught.value.diagnostic.code == "damaged-state"


def test_a_reader_does_not_wait_long_for_a_lock(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    Control(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with pytest.raises(TargetError) as caught:
            control_plane.read(path)
        assert time.monotonic() - began < 3
    assert caught.value.diagnostic.code == "state-locked"
    assert control_plane.read(path).objects == {}


def test_a_writer_that_did_nothing_leaves_nothing(tmp_path: Path) -> None:
    target = LocalTarget(tmp_path, "local", Environment(target="local"), "p")
    with target:
        pass
    assert list(tmp_path.iterdir()) == []
    with target as writer:
        writer.purge()
    assert list(tmp_path.iterdir()) == []
    secret = tmp_path / ".exai" / "secrets" / "db"
    secret.mkdir(parents=True)
    with target:
        pass
    assert secret.exists()
    assert not target.paths.state.exists()
    with pytest.raises(KeyError), target:
        raise KeyError
    assert not target.paths.state.exists()


def test_what_a_ledger_holds_is_read_only(tmp_path: Path) -> None:
    Control(tmp_path / "control.db").close()
    ledger = control_plane.read(tmp_path / "control.db")
    for value in (ledger.objects, ledger.services, control_plane.read(tmp_path / "none").objects):
        assert isinstance(value, MappingProxyType)


def test_a_request_and_a_result_are_read_only_all_the_way(tmp_path: Path) -> None:
    run = RunPaths(tmp_path)
    nested = MappingProxyType({"a": ({"b": 1},)})
    write_request(run, Request("k", "s", "p", "v", {"d": "1"}, nested, "/scratch"))
    request = read_request(run)
    assert request is not None
    assert isinstance(request.data, MappingProxyType)
    assert isinstance(request.arguments["a"][0], MappingProxyType)
    write_result(run, RunResult("k", "s", "p", request.data, "succeeded", rows=({"id": 1},)))
    result = read_result(run)
    assert result is not None
    assert result.rows == ({"id": 1},)
    assert isinstance(result.phases, MappingProxyType)
