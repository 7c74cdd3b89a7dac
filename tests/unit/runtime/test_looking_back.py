"""Runs and logs from the files of a state folder, those of an older exai among them."""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from exai_runtime import looking_back
from exai_runtime.local.follow import follow_lines
from exai_runtime.results import Refused
from exai_runtime.run_results import Log, RunList, RunsCompared, RunShown

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: iris}
spec: {model: m@champion}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    project = tmp_path / "project"
    project.mkdir()
    (project / "exai.yaml").write_text(PROJECT)
    return project


def a_run(root: Path, key: str, at: float, **more: Any) -> Path:
    """A run's files, as an exai before this one wrote them but for what `more` adds."""
    folder = root / ".exai/local/runs" / key
    folder.mkdir(parents=True)
    request = {
        "key": key,
        "spec_key": "s",
        "pipeline": "training",
        "version": "training-0123",
        "data": {"iris": "v1"},
        "arguments": {"ntrees": 20, "exai_run_key": key, "exai_data_versions": {}},
        "scratch": "x",
        "generation": 0,
    }
    (folder / "request.json").write_text(json.dumps(request | more.pop("request", {})))
    events = [(at, "load", "started"), (at + 2, "load", "finished"), (at + 2, "train", "started")]
    text = "".join(
        json.dumps({"at": when, "phase": phase, "state": state, "detail": ""}) + "\n"
        for when, phase, state in events
    )
    (folder / "events.jsonl").write_text(text)
    (folder / "run.log").write_text("".join(f"line {number}\n" for number in range(500)))
    result = {
        "key": key,
        "spec_key": "s",
        "pipeline": "training",
        "data": {"iris": "v1"},
        "state": "succeeded",
        "finished": at + 10,
        "phases": {"train": 7.5, "load": 2.0},
    }
    if more.pop("ended", True):
        (folder / "result.json").write_text(json.dumps(result | more))
    return folder


def test_runs_the_newest_first(root: Path) -> None:
    a_run(root, "aa11", 1000.0)
    a_run(root, "aa22", 2000.0, request={"started": 1999.0, "commit": "c" * 40, "by_hand": True})
    a_run(root, "bb33", 1500.0, ended=False)
    a_run(root, "cc44", 500.0, state="failed", step="load", detail="no")
    (root / ".exai/local/runs/broken").mkdir()
    (root / ".exai/local/runs/broken/request.json").write_text("{")
    found = looking_back.list_runs(root, "local", None, 3)
    assert isinstance(found, RunList)
    assert [(one.key, one.state) for one in found.runs] == [
        ("aa22", "succeeded"),
        ("bb33", "stopped"),
        ("aa11", "succeeded"),
    ]
    assert found.left_off == 1
    old = found.runs[2]
    assert (old.started, old.elapsed, old.commit, old.by_hand) == (1000.0, 10.0, "", False)
    assert dict(old.parameters) == {"ntrees": 20}, "reserved ones are exai's own business"
    assert list(old.seconds) == ["load", "train"], "in the order of the steps"
    new = found.runs[0]
    assert (new.started, new.elapsed, new.commit, new.by_hand) == (1999.0, 11.0, "c" * 40, True)


def test_a_run_under_way_says_what_it_has_done(root: Path) -> None:
    folder = a_run(root, "aa11", 1000.0, ended=False)
    with locked(folder):
        found = looking_back.show_run(root, "local", "aa")
    assert isinstance(found, RunShown)
    assert found.run.state == "running"
    assert dict(found.run.seconds) == {"load": 2.0}
    assert found.run.elapsed is None


def test_the_beginning_of_a_key_is_enough_unless_it_is_two(root: Path) -> None:
    for key in ("aa11", "aa22", "bb33"):
        a_run(root, key, 1000.0)
    found = looking_back.show_run(root, "local", "BB")
    assert isinstance(found, RunShown)
    assert found.run.key == "bb33"
    for key, code, said in [
        ("aa", "ambiguous-run", "aa22 (training)"),
        ("cc", "unknown-run", "the newest: "),
        ("", "unknown-run", "no run's key"),
        ("../aa11", "unknown-run", "no run's key"),
    ]:
        refused = looking_back.show_run(root, "local", key)
        assert isinstance(refused, Refused)
        (problem,) = refused.diagnostics
        assert problem.code == code
        assert said in problem.message + problem.hint


def test_comparing_says_what_differs(root: Path) -> None:
    a_run(root, "aa11", 1000.0)
    a_run(root, "bb22", 2000.0, request={"arguments": {"ntrees": 50}}, phases={"load": 2.0})
    found = looking_back.compare_runs(root, "local", ("aa", "bb"))
    assert isinstance(found, RunsCompared)
    (ntrees,) = found.parameters
    assert (ntrees.values, ntrees.same) == ((20, 50), False)
    assert [(row.name, row.values) for row in found.seconds] == [
        ("load", (2.0, 2.0)),
        ("train", (7.5, None)),
    ]
    assert isinstance(looking_back.compare_runs(root, "local", ("aa", "aa11")), Refused)


def test_names_that_nobody_knows(root: Path) -> None:
    a_run(root, "aa11", 1000.0)
    for refused, said in [
        (looking_back.list_runs(root, "local", "trainin", 9), 'did you mean "training"?'),
        (looking_back.history(root, "local", "nobody"), "there is none yet"),
        (looking_back.logs(root, "local", "Pipeline/trainin", None, 9), '"training"'),
        (looking_back.logs(root, "local", "Model/m", None, 9), "Pipeline/NAME"),
        (looking_back.logs(root, "local", "training", None, 9), "Pipeline/NAME"),
        (looking_back.logs(root, "local", "Service/iriss", None, 9), '"iris"'),
        (looking_back.logs(root, "local", "Service/iris", None, 9), "exai status"),
        (looking_back.logs(root, "local", "Service/iris", "aa", 9), "--run"),
        (looking_back.list_runs(root, "prod", None, 9), "declared here: local"),
    ]:
        assert isinstance(refused, Refused)
        assert said in refused.diagnostics[0].hint


def test_nothing_is_written(root: Path) -> None:
    a_run(root, "aa11", 1000.0)
    before = sorted((path, path.stat().st_mtime_ns) for path in root.rglob("*"))
    looking_back.list_runs(root, "local", None, 9)
    looking_back.logs(root, "local", "Pipeline/training", None, 9)
    assert sorted((path, path.stat().st_mtime_ns) for path in root.rglob("*")) == before


def test_a_log_has_its_last_lines(root: Path) -> None:
    a_run(root, "aa11", 1000.0)
    a_run(root, "bb22", 2000.0)
    (root / ".exai/local/runs/bb22/run.log").write_text("\x1b[31mred\x1b[0m\n\nend")
    newest = looking_back.logs(root, "local", "pipeline/training", None, 9)
    assert isinstance(newest, Log)
    assert newest.lines == ("red", "end")
    older = looking_back.logs(root, "local", "Pipeline/training", "aa", 2)
    assert isinstance(older, Log)
    assert older.lines == ("line 498", "line 499")
    assert older.run == "aa11"


def test_following_ends_with_the_run(root: Path) -> None:
    folder = a_run(root, "aa11", 1000.0, ended=False)
    said: list[str] = []
    with locked(folder):
        reader = threading.Thread(
            target=looking_back.logs,
            args=(root, "local", "Pipeline/training", None, 1, said.append),
        )
        reader.start()
        wait_for(lambda: said == ["line 499"])
        with (folder / "run.log").open("a") as log:
            log.write("half a ")
            log.flush()
            time.sleep(0.3)
            assert said == ["line 499"], "half a line isn't told"
            log.write("line\nthe end")
    reader.join(10)
    assert not reader.is_alive()
    assert said == ["line 499", "half a line", "the end"]


def test_ctrl_c_ends_following(root: Path) -> None:
    a_run(root, "aa11", 1000.0)

    def stop(line: str) -> None:
        del line
        raise KeyboardInterrupt

    found = looking_back.logs(root, "local", "Pipeline/training", None, 1, stop)
    assert isinstance(found, Log)
    assert (found.exit_code, found.streamed) == (130, True)


def test_a_log_that_begins_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\n")
    answers = iter([True, True, False])

    def sleep(_: float) -> None:
        path.unlink(missing_ok=True)
        path.write_text("anew\n")

    assert list(follow_lines(path, 5, lambda: next(answers), sleep)) == ["one", "anew", "anew"]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """As a run's process holds it."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


def wait_for(what: Any) -> None:
    deadline = time.monotonic() + 10
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)
