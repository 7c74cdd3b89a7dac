"""Questions about data that only its libraries can answer, put to a child process.

In: questions about datasets, an environment's connections. Out: an answer or a failure for each.
The child gets the connections' secrets in its environment, behind the redactor; it is started once
for all questions and gone when this returns, whatever happens meanwhile. Never imports a library
for data itself, never writes into the project.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from exai_runtime.local.connections import (
    Variables,
    connection_variables,
    data_root,
    secrets_of,
)
from exai_runtime.local.paths import Paths
from exai_runtime.local.surroundings import surroundings
from exai_runtime.target import TargetError
from exai_specs.frozen import Json, empty, thaw
from exai_specs.kinds.environment import Environment
from exai_specs.values import field, frozen

_CHILD = "exai_components.data"
_STATEMENT = 60.0  # seconds for a statement on a server
_GRACE = 2.0  # seconds between asking the child to end and ending it


@frozen
class Question:
    """`dataset` is as load-dataset gets it; `connection` names the one that it reads, if any."""

    id: str
    what: Literal["columns", "query", "snapshot", "preview"]
    dataset: Json
    connection: str = ""
    more: Mapping[str, Json] = field(default_factory=empty)


@frozen
class Answer:
    """What the child says: plain JSON."""

    value: Any


@frozen
class Failure:
    """Why there is no answer. `message` never holds a secret."""

    code: str
    message: str
    hint: str = ""


def ask(
    paths: Paths, environment: Environment, questions: tuple[Question, ...], seconds: float
) -> Mapping[str, Answer | Failure]:
    """An answer for each question, by id; nothing takes longer than `seconds`."""
    if not questions:
        return MappingProxyType({})
    answers: dict[str, Answer | Failure] = {}
    plain = {"EXAI_DATA_ROOT": str(data_root(paths, environment))}
    secret: dict[str, str] = {}
    secrets = secrets_of(paths, environment)
    asked = []
    for question in questions:
        if missing := _missing_package(question):
            hint = "pip install 'exai[local]'"
            answers[question.id] = Failure("missing-extra", f"it takes {missing}", hint)
            continue
        try:
            names = (question.connection,) if question.connection else ()
            found = connection_variables(environment, names, secrets)
        except TargetError as error:
            problem = error.diagnostic
            answers[question.id] = Failure(problem.code, problem.message, problem.hint)
            continue
        plain.update(found.plain)
        secret.update(found.secret)
        asked.append(question)
    if asked:
        answers |= _answers(tuple(asked), Variables(plain, secret), seconds)
    return MappingProxyType(answers)


def _missing_package(question: Question) -> str:
    needed = ("pyarrow", "sqlalchemy") if question.connection else ("pyarrow",)
    return next((name for name in needed if find_spec(name) is None), "")


def _answers(
    questions: tuple[Question, ...], variables: Variables, seconds: float
) -> dict[str, Answer | Failure]:
    with tempfile.TemporaryDirectory(prefix="exai-data-") as name:
        folder = Path(name)
        lines = [
            {"id": one.id, "what": one.what, "dataset": thaw(one.dataset)}
            | {key: thaw(value) for key, value in one.more.items()}
            for one in questions
        ]
        request = {"seconds": min(seconds, _STATEMENT), "questions": lines}
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        why = _run(folder, variables, seconds)
        found = _read(folder / "answers.jsonl")
        return {one.id: found.get(one.id, why) for one in questions}


def _run(folder: Path, variables: Variables, seconds: float) -> Failure:
    """Let the child answer; why an answer may be missing."""
    command = [sys.executable, "-m", "exai_runtime.local.launch", _CHILD]
    command += [str(folder / "request.json"), str(folder / "answers.jsonl")]
    environment = {**surroundings(), **variables.environment(), "TMPDIR": str(folder)}
    with (folder / "log").open("wb") as log:
        # The child reads until this end of the pipe is closed, so it never outlives us.
        child = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder
        )
        try:
            code = child.wait(seconds)
        except subprocess.TimeoutExpired:
            return Failure(
                "took-too-long",
                f"there was no answer within {seconds:.0f} seconds",
                "see that the server is up; a smaller table or an index helps",
            )
        finally:
            _end(child)
    tail = (folder / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    last = f": {tail[-1]}" if tail else ""
    said = f"the process that reads data ended with code {code}{last}"
    return Failure("no-answer", said, "run it again; if it stays, look at the source itself")


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _read(file: Path) -> dict[str, Answer | Failure]:
    """The answers that were given in full."""
    found: dict[str, Answer | Failure] = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    except OSError:
        return found
    for line in lines:
        if not line.endswith("\n"):
            break
        told = json.loads(line)
        if "failure" in told:
            found[told["id"]] = Failure(*told["failure"])
        else:
            found[told["id"]] = Answer(told["answer"])
    return found
