"""The child that answers questions about data: its bounds, its end, and what it may not show."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from exai_runtime.local import questions
from exai_runtime.local.answers import Answers
from exai_runtime.local.paths import Paths
from exai_runtime.local.questions import Answer, Failure, Question, ask
from exai_specs.frozen import freeze
from exai_specs.kinds.connections import Postgresql
from exai_specs.kinds.environment import Environment
from exai_specs.kinds.workload import SecretRef

STRUCT = freeze(
    {"name": "d", "source": {"csv": {"path": "x.csv"}}, "schema": {"n": {"type": "int64"}}}
)
LOCAL = Environment(target="local")


def snapshot(name: str = "d") -> Question:
    return Question(name, "snapshot", STRUCT)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "x.csv").write_text("n\n1\n")
    return Paths(tmp_path, "local")


def test_one_child_answers_all_and_leaves_nothing(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    started: list[Any] = []
    popen = subprocess.Popen

    def counted(*arguments: Any, **settings: Any) -> Any:
        started.append(popen(*arguments, **settings))
        return started[-1]

    monkeypatch.setattr(questions.subprocess, "Popen", counted)
    bad = Question("e", "snapshot", freeze({**dict(STRUCT), "source": {"csv": {"path": "y"}}}))  # type: ignore[call-overload]
    found = ask(paths, LOCAL, (snapshot(), bad), 60)
    assert isinstance(found["d"], Answer)
    assert isinstance(found["e"], Failure)
    assert found["e"].code == "missing-file"
    assert len(started) == 1
    assert list(temporary.iterdir()) == []
    assert sorted(item.name for item in tmp_path.iterdir()) == ["tmp", "x.csv"]


def test_no_question_starts_no_child(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions.subprocess, "Popen", None)
    assert dict(ask(paths, LOCAL, (), 60)) == {}


def test_too_long_is_an_answer_and_the_child_is_gone(paths: Paths) -> None:
    started = time.monotonic()
    found = ask(paths, LOCAL, (snapshot(),), 0.05)["d"]
    assert isinstance(found, Failure)
    assert found.code == "took-too-long"
    assert time.monotonic() - started < 5


def test_a_secret_that_isnt_there_costs_the_others_nothing(paths: Paths) -> None:
    reference = SecretRef(secret="db", key="password")  # noqa: S106 - a name
    server = Postgresql(host="h", database="d", user="u", password=reference)
    environment = Environment(target="local", connections={"pg": server})
    lacking = Question("p", "query", STRUCT, "pg", MappingProxyType({"query": "SELECT 1"}))
    found = ask(paths, environment, (lacking, snapshot()), 60)
    assert isinstance(found["p"], Failure)
    assert found["p"].code == "secret-missing"
    assert isinstance(found["d"], Answer)


def test_within_a_command_a_question_has_one_answer(paths: Paths, tmp_path: Path) -> None:
    answers = Answers(paths, LOCAL, tmp_path / "cache" / "answers.json")
    first = answers.of({"d": (snapshot(), "")})
    (tmp_path / "x.csv").write_text("n\n2\n")
    assert answers.of({"d": (snapshot(), "")}) == first
    again = Answers(paths, LOCAL, tmp_path / "cache" / "answers.json")
    assert again.of({"d": (snapshot(), "")}) != first
    assert not (tmp_path / "cache").exists(), "what no content stands for isn't kept"


ASKS = """
import sys
from pathlib import Path
from exai_runtime.local.paths import Paths
from exai_runtime.local.questions import Question, ask
from exai_specs.frozen import freeze
from exai_specs.kinds import Environment, Sqlite
for_ever = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
dataset = freeze({"name": "d", "source": {"sql": {"connection": "db"}}, "schema": {}})
question = Question("d", "query", dataset, "db", freeze({"query": for_ever}))
environment = Environment(target="local", connections={"db": Sqlite(path="x.db")})
ask(Paths(Path(sys.argv[1]), "local"), environment, (question,), 60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_child_ends_with_whoever_asked(tmp_path: Path, number: signal.Signals) -> None:
    sqlite3.connect(tmp_path / "x.db").executescript("CREATE TABLE t (a)").connection.close()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", ASKS, str(tmp_path)], env=env, stderr=subprocess.DEVNULL
    ) as asker:
        child = _wait(lambda: _children(asker.pid))[0]
        answers = _wait(lambda: list(tmp_path.glob("exai-data-*/answers.jsonl")))
        time.sleep(0.5)  # the query is on its way by now
        assert answers[0].read_bytes() == b""
        asker.send_signal(number)
        asker.wait(20)
    _wait(lambda: not Path(f"/proc/{child}").exists())


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _wait(look: Any) -> Any:
    deadline = time.monotonic() + 20
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found
