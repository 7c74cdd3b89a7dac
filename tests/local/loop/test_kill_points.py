"""Killed at any moment, the next apply finishes the job: nothing twice, nothing orphaned."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Project

pytestmark = pytest.mark.slow


def wait_for(what: Callable[[], bool], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


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
    assert project.versions() == [1]
    assert project.champion() == 1
    assert len(project.runs()) == 1
    assert project.ask(project.url)["prediction"] == "setosa"
    assert project.changes() == []
    project.exai("destroy", "--yes", "--purge")
    wait_for(lambda: processes_of(project) == [], 20)


def test_the_apply_is_killed_in_a_run_and_the_run_is_adopted(iris: Project) -> None:
    apply = iris.start("apply", "--yes")
    wait_for(lambda: "train" in events(iris))
    apply.kill()
    apply.wait()
    converges(iris)


def test_apply_and_run_are_killed_and_the_run_is_repeated(iris: Project) -> None:
    apply = iris.start("apply", "--yes")
    wait_for(lambda: "train" in events(iris))
    for pid in processes_of(iris):
        os.kill(pid, signal.SIGKILL)
    apply.wait()
    converges(iris)


def test_everything_is_killed_between_register_and_result(iris: Project) -> None:
    apply = iris.start("apply", "--yes")

    def registered() -> bool:
        store = iris.root / ".exai" / "local" / "models" / "iris_model"
        return store.exists() and any(f.name == "exai-model.json" for f in store.rglob("*"))

    wait_for(registered)
    for pid in processes_of(iris):
        os.kill(pid, signal.SIGKILL)
    apply.wait()
    converges(iris)


def test_everything_is_killed_when_the_service_starts(iris: Project) -> None:
    apply = iris.start("apply", "--yes")
    wait_for(lambda: bool(iris.runs()))
    time.sleep(1.0)
    apply.kill()
    apply.wait()
    converges(iris)


@pytest.mark.parametrize("delay", [0.2, 1.5, 3.0])
def test_the_apply_is_killed_during_a_hand_over(iris: Project, delay: float) -> None:
    iris.exai("apply", "--yes")
    url = iris.url
    iris.edit("specs/pipeline.yaml", "default: 20", "default: 25")
    apply = iris.start("apply", "--yes")
    wait_for(lambda: len(iris.runs()) == 2)
    time.sleep(delay)
    apply.kill()
    apply.wait()
    assert iris.ask(url)["prediction"] == "setosa", "the old one or the new one answers, always"
    iris.exai("apply", "--yes")
    assert iris.versions() == [1, 2]
    assert iris.champion() == 2
    assert iris.url == url
    assert iris.ask(url)["prediction"] == "setosa"
    assert iris.changes() == []
    servers = [pid for pid in processes_of(iris) if b"serve" in cmdline(pid)]
    wait_for(lambda: len([p for p in processes_of(iris) if b"serve" in cmdline(p)]) == 1, 20)
    assert servers


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_second_apply_is_refused_while_one_runs(iris: Project) -> None:
    first = iris.start("apply", "--yes")
    wait_for(lambda: "load" in events(iris))
    second = iris.exai("apply", "--yes", code=1)
    assert "apply-running" in second.stderr + second.stdout
    output, _ = first.communicate(timeout=200)
    assert first.returncode == 0, output
