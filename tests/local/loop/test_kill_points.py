"""Killed at any moment, the next apply finishes the job: nothing twice, nothing orphaned."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from exai_runtime.local import control_socket, process
from exai_runtime.local.paths import Paths

from .conftest import Project

pytestmark = pytest.mark.slow


def wait_for(what: Callable[[], bool], seconds: float = 90.0, pause: float = 0.1) -> None:
    """`pause` is between two looks: short for what doesn't last."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(pause)


def processes_of(project: Project) -> list[int]:
    """Every living process whose command line or environment names this project's folder."""
    mark = str(project.root).encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if mark in text and state != "Z":
            found.append(int(entry.name))
    return found


def events(project: Project) -> str:
    files = (project.root / ".exai" / "local" / "runs").glob("*/events.jsonl")
    return "".join(file.read_text() for file in files)


def converges(project: Project) -> None:
    project.exai("apply", "--yes")
    seen = project.seen()
    assert seen.versions == [1]
    assert seen.champion == 1
    assert len(project.runs()) == 1
    assert project.ask(seen.url)["prediction"] == "setosa"
    assert project.changes() == []
    project.exai("destroy", "--yes", "--purge")
    wait_for(lambda: processes_of(project) == [], 20)


def test_the_apply_is_killed_in_a_run_and_the_run_is_adopted(short: Project) -> None:
    apply = short.start("apply", "--yes")
    wait_for(lambda: "train" in events(short))
    apply.kill()
    apply.wait()
    converges(short)


def test_apply_and_run_are_killed_and_the_run_is_repeated(iris: Project) -> None:
    """With Java among what is killed."""
    apply = iris.start("apply", "--yes")
    wait_for(lambda: "train" in events(iris))
    for pid in processes_of(iris):
        os.kill(pid, signal.SIGKILL)
    apply.wait()
    converges(iris)


def test_everything_is_killed_between_register_and_result(short: Project) -> None:
    apply = short.start("apply", "--yes")

    wait_for(lambda: "register" in events(short))
    wait_for(lambda: len(runners(short)) == 1, pause=0.005)  # a step begins as a copy of it
    (runner,) = runners(short)
    os.kill(runner, signal.SIGSTOP)  # the step goes on, and nobody writes its result
    wait_for(lambda: versions_in_registry(short) == 1, pause=0.02)
    for pid in processes_of(short):
        os.kill(pid, signal.SIGKILL)
    apply.wait()
    assert short.runs() == [], "the version was there before the run had its result"
    converges(short)
    assert not (short.root / ".exai").exists()


def test_everything_is_killed_when_the_service_starts(short: Project) -> None:
    apply = short.start("apply", "--yes")
    wait_for(lambda: bool(servers(short)))
    for pid in processes_of(short):
        os.kill(pid, signal.SIGKILL)
    apply.wait()
    converges(short)


def runners(project: Project) -> list[int]:
    return [pid for pid in processes_of(project) if b"run_child" in cmdline(pid)]


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def versions_in_registry(project: Project) -> int:
    """Rows of model versions that were committed. Looks without a lock: nobody may notice."""
    file = project.root / ".exai" / "local" / "mlflow.db"
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM model_versions").fetchone()[0])
    except sqlite3.Error:
        return 0  # not made yet, or in the middle of a write


def servers(project: Project) -> dict[int, str]:
    """The model servers' processes, and what each says of itself; `mute` before it answers."""
    found = {}
    for one in process.marked(EXAI_OWNER=Paths(project.root, "local").owner):
        if socket := process.environment_of(one).get("EXAI_CONTROL"):
            state = control_socket.state(socket)
            found[one.pid] = state.state if state else "mute"
    return found


def at(moment: str, found: dict[int, str], old: int) -> bool:
    """Whether a hand-over from the server `old` has come to this moment."""
    new = [state for pid, state in found.items() if pid != old]
    match moment:
        case "loading":
            return new == ["mute"]
        case "loaded":
            return new == ["loaded"]
        case "switched":
            return new == ["serving"]
        case _:
            return new == ["serving"] and old not in found


@pytest.mark.parametrize("moment", ["loading", "loaded", "switched", "gone"])
def test_the_apply_is_killed_during_a_hand_over(applied: Project, moment: str) -> None:
    iris, stood = applied, applied.seen()
    url, before = stood.url, stood.versions
    (old,) = servers(iris)
    rounds = 19 + len(before)
    iris.edit("specs/pipeline.yaml", f"default: {rounds}", f"default: {rounds + 1}")
    apply = iris.start("apply", "--yes")
    if moment == "loaded":  # the new server comes to it by itself; the apply would go on at once
        wait_for(lambda: at("loading", servers(iris), old), pause=0.05)
        apply.send_signal(signal.SIGSTOP)
    wait_for(lambda: at(moment, servers(iris), old), pause=0.02)
    apply.kill()
    apply.wait()
    assert iris.ask(url)["prediction"] == "setosa", "the old one or the new one answers, always"
    iris.exai("apply", "--yes")
    seen = iris.seen()
    assert seen.versions == [*before, len(before) + 1]
    assert seen.champion == len(before) + 1
    assert seen.url == url
    assert iris.ask(url)["prediction"] == "setosa"
    assert iris.changes() == []
    wait_for(lambda: list(servers(iris).values()) == ["serving"], 20)


def test_a_second_apply_is_refused_while_one_runs(short: Project) -> None:
    first = short.start("apply", "--yes")
    wait_for(lambda: "load" in events(short))
    second = short.exai("apply", "--yes", code=1)
    assert "apply-running" in second.stderr + second.stdout
    output, _ = first.communicate(timeout=200)
    assert first.returncode == 0, output
