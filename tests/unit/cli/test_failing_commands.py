"""Every code that a command can give, apart from those of specs, is given as `exai explain` shows.

A folder of `tests/invalid/commands` has the command line, the files that are at fault, if any, and
what is said. Where a machine, a target or a person is at fault, a function here makes it so.
UPDATE_GOLDEN=1 writes what is said anew.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from mlflow_rest import tracking
from oci_registry import registry as images

from exai_compiler.build import Build
from exai_compiler.changes import Create, Delete, ObjectId, Outcome, Plan, Planned, Run
from exai_compiler.facts import GateResult, Verdict
from exai_runtime import applying, asking, session, validating
from exai_runtime.cli.problems import explained
from exai_runtime.codes import CODES
from exai_runtime.compiling import Checked, check_project
from exai_runtime.explaining import parsed
from exai_runtime.features import looking_up, materializing, pushing
from exai_runtime.local import data as local_data
from exai_runtime.local import extras, paths, python_env, questions, registry, secrets
from exai_runtime.local.features.drift import Online, unsure_of
from exai_runtime.local.features.process import FeatureProcess
from exai_runtime.local.target import LocalTarget
from exai_runtime.predicting import Refusal
from exai_runtime.target import TargetError
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.effects import Effect
from exai_specs.frozen import freeze
from exai_specs.identity import Ref
from exai_specs.kinds.environment import Environment

TESTS = Path(__file__).parents[2]
INVALID = TESTS / "invalid/commands"
FOLDERS = sorted(path for path in INVALID.iterdir() if path.is_dir())
SOUND = (TESTS / "language_section_0.yaml").read_text()
HERE = "/home/you/flowers"
PORT = re.compile(r"127\.0\.0\.1:\d{4,}")  # of a server of this process
SERVICE = ObjectId("serving.kserve.io/v1beta1", "InferenceService", "iris")


def printed(diagnostics: tuple[Diagnostic, ...]) -> str:
    """As in the other folders of `tests/invalid`; what has several lines is indented."""
    lines: list[str] = []
    for problem in diagnostics:
        at = f"{problem.at}: " if problem.at.path else ""
        message = problem.message.replace("\n", "\n    ")
        lines.append(f"{at}{problem.severity}: {problem.code}: {message}")
        if problem.hint:
            lines.append("  hint: " + problem.hint.replace("\n", "\n    "))
        lines += [f"  {at}: {words}" for words, at in problem.related]
    return "\n".join(lines) + "\n" if lines else ""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound project, whose files those of a folder replace."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TZ", "UTC")
    folder = tmp_path / "flowers"
    (folder / "specs").mkdir(parents=True)
    (folder / "exai.yaml").write_text(SOUND)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_code_is_given_as_written(
    folder: Path, root: Path, exai: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder, root, dirs_exist_ok=True)
    words = shlex.split((root / "command").read_text())
    for name in ("command", "expected"):
        (root / name).unlink(missing_ok=True)
    made = MADE.get(folder.name)
    if made is not None:
        found = made(root)
    else:
        world = WORLDS.get(folder.name)
        with world(root, monkeypatch) if world else nothing():
            done = exai(*words[1:], "--output", "json")
        found = tuple(map(diagnostic, json.loads(done.out)["diagnostics"]))
    said = printed(found).replace(str(root), HERE).replace(str(root.parent), "/home/you")
    said = PORT.sub("127.0.0.1:1", said)
    expected = folder / "expected"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        expected.write_text(said)
    assert said == expected.read_text()
    assert printed(parsed(said)) == said
    mine = [problem for problem in found if problem.code == folder.name]
    assert mine and all(problem.hint for problem in found)
    assert any(problem.severity == CODES[folder.name].severity for problem in mine)


def test_every_code_has_a_failing_command() -> None:
    assert {folder.name for folder in FOLDERS} == set(CODES)


def diagnostic(told: dict[str, Any]) -> Diagnostic:
    def span(at: dict[str, Any] | None) -> Span:
        return Span("") if at is None else Span(at["path"], at["line"], at["column"])

    related = tuple((each["message"], span(each["at"])) for each in told["related"])
    hint, message = told["hint"] or "", told["message"]
    return Diagnostic(told["code"], message, span(told["at"]), told["severity"], hint, related)


@contextmanager
def nothing() -> Iterator[None]:
    yield


# Worlds: what is wrong around a command that is run for real.

World = Callable[[Path, pytest.MonkeyPatch], Any]


@contextmanager
def many_steps(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    del monkeypatch
    (root / "specs/own.py").write_text("def own(x: int) -> int:\n    return x\n")
    steps = "    a: {python: own.py:own, with: {x: 1}}\n" + "".join(
        f"    s{at}: {{python: own.py:own, with: {{x: '${{{{ steps.a.Output }}}}'}}}}\n"
        for at in range(501)
    )
    (root / "specs/many.yaml").write_text(
        "apiVersion: exai.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: many}\nspec:\n"
        "  steps:\n" + steps
    )
    yield


def a_run(root: Path, key: str) -> None:
    folder = root / ".exai/local/runs" / key
    folder.mkdir(parents=True)
    request = {"key": key, "spec_key": "s", "pipeline": "iris-training", "version": "v"}
    more = {"data": {}, "arguments": {}, "scratch": "x", "generation": 0}
    (folder / "request.json").write_text(json.dumps(request | more))


@contextmanager
def two_runs(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    a_run(root, "abcd" + "0123" * 15)
    a_run(root, "ab12" + "4567" * 15)
    yield


@contextmanager
def one_run(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    a_run(root, "abcd" + "0123" * 15)
    yield


@contextmanager
def another_apply(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    state = root / ".exai/local"
    state.mkdir(parents=True)
    with (state / "apply.lock").open("w") as file:
        file.write(json.dumps({"pid": 4711, "since": "2026-11-20T10:03:20+00:00"}))
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def failing(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    del root

    def validate(*_: object) -> Any:
        raise KeyError("flower_id")

    monkeypatch.setattr(validating, "validate", validate)
    yield


@contextmanager
def ctrl_c(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    del root

    def apply(*_: object) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "apply", apply)
    yield


@contextmanager
def junk_registry(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    state = root / ".exai/local"
    state.mkdir(parents=True)
    (state / "mlflow.db").write_bytes(b"this is no database" * 500)
    yield


@contextmanager
def junk_state(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    state = root / ".exai/local"
    state.mkdir(parents=True)
    (state / "control.db").write_bytes(b"this is no database" * 500)
    yield


@contextmanager
def held_state(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    state = root / ".exai/local"
    state.mkdir(parents=True)
    held = sqlite3.connect(state / "control.db", isolation_level=None)
    held.execute("CREATE TABLE x (y)")
    held.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        held.close()


@contextmanager
def a_changed_file(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    from exai_runtime.rendering import render

    render(root, "local", (), root / "out")
    (service,) = (root / "out").rglob("servingruntime-*.yaml")
    service.write_text("changed by a person\n")
    yield


@contextmanager
def a_folder_of_prod(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    from exai_runtime.output_folder import write

    write(root / "out", {"kubernetes/a.yaml": "of prod\n"}, "prod", keep_others=False)
    yield


@contextmanager
def a_full_folder(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    (root / "out").mkdir()
    (root / "out/notes.txt").write_text("of a person\n")
    yield


def committed(root: Path, text: str) -> None:
    """A repository with one commit, whose hash is the same on every machine."""
    fixed = {
        "GIT_AUTHOR_DATE": "2026-11-20T10:00:00Z",
        "GIT_COMMITTER_DATE": "2026-11-20T10:00:00Z",
    }
    person = (
        "-c",
        "user.name=you",
        "-c",
        "user.email=you@example.com",
        "-c",
        "commit.gpgsign=false",
    )
    sound = (root / "exai.yaml").read_text()
    (root / "exai.yaml").write_text(text)
    for words in (("init", "-q"), ("add", "exai.yaml"), ("commit", "-q", "-m", "specs")):
        subprocess.run(["git", *person, *words], cwd=root, check=True, env=os.environ | fixed)
    (root / "exai.yaml").write_text(sound)


@contextmanager
def a_broken_commit(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    committed(root, "apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: flowers}\n")
    yield


@contextmanager
def a_commit(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    committed(root, SOUND)
    yield


@contextmanager
def no_repository(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(root.parent))
    yield


@contextmanager
def no_root_file(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    (root / "exai.yaml").unlink()
    yield


@contextmanager
def a_pipe(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    os.mkfifo(root / "specs/iris.yaml")
    yield


@contextmanager
def a_database(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    with sqlite3.connect(root / "flowers.db") as database:
        database.execute("CREATE TABLE flower (flower_id INTEGER, petal_length REAL)")
    database.close()
    yield


@contextmanager
def a_refusing_server(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    del root

    def ask(*_: object) -> Any:
        raise Refusal('there is no column "petal_lenght"', 'did you mean "petal_length"?')

    monkeypatch.setattr(asking, "ask", ask)
    target = SimpleNamespace(address=lambda _: "http://127.0.0.1:1")
    monkeypatch.setattr(asking, "open_target", lambda *_: target)
    yield


@contextmanager
def two_versions(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    with tracking() as server:
        server.has("fraud_model", ["s3://ml/fraud/1", "s3://ml/fraud/2"], {})
        text = (root / "exai.yaml").read_text()
        (root / "exai.yaml").write_text(text.replace("http://127.0.0.1:1", server.uri))
        yield


@contextmanager
def no_image(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    """Its port is another each time, so the message has that of the specs."""
    with images() as server:
        text = (root / "exai.yaml").read_text()
        (root / "exai.yaml").write_text(text.replace("127.0.0.1:1", server.host))
        yield


FEATURES = {
    "entities": {
        "flower": {"key": "flower_id", "type": "int64"},
        "driver": {"key": "driver_id", "type": "int64"},
        "city": {"key": "city", "type": "string"},
    },
    "views": {
        "measurements": {"entities": ["flower"], "online": True, "push": None, "source": "m"},
        "trips": {"entities": ["driver", "city"], "online": True, "push": None, "source": "t"},
    },
    "transforms": {"ratios": {"request": None, "sources": ["measurements"]}},
    "services": {},
}


class Place:
    """An environment with features, as far as these commands look before they ask a store."""

    name, spec = "local", FEATURES

    def __init__(self, root: Path) -> None:
        self.checked = check_project(load(root))
        self.target = LocalTarget(root, "local", Environment(target="local"), "flowers")
        self.answer: dict[str, Any] = {}

    def process(self, **_: object) -> Any:
        asked = SimpleNamespace(repository=Path("r"))
        return SimpleNamespace(ask=lambda *_, **__: self.answer, close=lambda: None, paths=asked)


def a_store(status: str, age: float | None) -> World:
    @contextmanager
    def world(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        place = Place(root)
        value = {"value": None, "status": status, "time": None, "age": age}
        row = {"entity": {"flower_id": 7}, "features": {"petal_length": value}}
        place.answer = {"features": {"petal_length": "measurements"}, "rows": [row]}
        for module in (looking_up, materializing, pushing):
            monkeypatch.setattr(module, "place_of", lambda *_, **__: place)
        yield

    return world


WORLDS: dict[str, World] = {
    "image-not-found": no_image,
    "many-edges": many_steps,
    "no-version": two_versions,
    "broken-revision": a_broken_commit,
    "unknown-revision": a_commit,
    "unreadable-revision": no_repository,
    "ambiguous-run": two_runs,
    "needs-approval": one_run,
    "apply-running": another_apply,
    "bug": failing,
    "damaged-registry": junk_registry,
    "damaged-state": junk_state,
    "foreign-file": a_changed_file,
    "foreign-folder": a_full_folder,
    "interrupted": ctrl_c,
    "missing-entity-key": a_store("present", 1.0),
    "missing-table": a_database,
    "no-project": no_root_file,
    "no-schedule": a_store("present", 1.0),
    "not-materialized": a_store("present", 1.0),
    "not-pushable": a_store("present", 1.0),
    "one-run": one_run,
    "other-environment": a_folder_of_prod,
    "prediction-refused": a_refusing_server,
    "stale-feature": a_store("outside ttl", 90_000.0),
    "state-locked": held_state,
    "unknown-entity": a_store("not found", None),
    "unknown-entity-key": a_store("present", 1.0),
    "unknown-view": a_store("present", 1.0),
    "unreadable-file": a_pipe,
}


# What takes a target at work, a driver or an index: the function that says it is called.


def told(call: Callable[[], object]) -> tuple[Diagnostic, ...]:
    with pytest.raises(TargetError) as raised:
        call()
    return (raised.value.diagnostic,)


def died(root: Path) -> tuple[Diagnostic, ...]:
    class Dying(FeatureProcess):
        def _started(self) -> subprocess.Popen[str]:
            child = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE, text=True)
            child.wait()
            self._answers = io.StringIO()
            self._child = child
            return child

    log = root / ".exai/local/features/store.log"
    place: Any = SimpleNamespace(log=log)
    return told(lambda: Dying(place, {}, dict).ask("get"))


def silent(root: Path) -> tuple[Diagnostic, ...]:
    class Silent(FeatureProcess):
        def _started(self) -> subprocess.Popen[str]:
            reading, writing = os.pipe()
            waits = [sys.executable, "-c", "import time; time.sleep(600)", str(writing)]
            child = subprocess.Popen(waits, stdin=subprocess.PIPE, text=True, pass_fds=(writing,))
            os.close(writing)
            self._answers = os.fdopen(reading, encoding="utf-8")
            self._child = child
            return child

    place: Any = SimpleNamespace(log=root / ".exai/local/features/store.log")
    return told(lambda: Silent(place, {}, dict, {"get": 0.1}).ask("get"))


def missed(root: Path) -> tuple[Diagnostic, ...]:
    gate = GateResult("accuracy", "min", False, 0.87, 0.9)
    verdict = Verdict("iris_model", 4, "key", False, (gate,))
    return tuple(applying.missed_gates(check_project(load(root)), (verdict,)))


def not_installed(root: Path) -> tuple[Diagnostic, ...]:
    del root
    run = Planned(Run(Ref("Pipeline", "p"), "k", ()), 1, Effect.RETRAIN, ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extras, "find_spec", lambda name: None if name in ("h2o", "kfp") else True)
        problem = extras.missing_extra(Plan("local", (run,), (), (), ""))
    assert problem is not None
    return (problem,)


def too_large(root: Path) -> tuple[Diagnostic, ...]:
    del root
    with pytest.raises(MemoryError) as raised:
        bytearray(sys.maxsize)
    return explained(raised.value).diagnostics


def outgrown(root: Path) -> tuple[Diagnostic, ...]:
    """A second round that would delete what the first plan doesn't list."""
    run = Planned(Delete(SERVICE, "no spec wants it"), 1, Effect.REDEPLOY, ())
    later = Planned(Create(SERVICE, Ref("Service", "iris"), freeze({})), 2, Effect.REDEPLOY, ())
    first = Plan("local", (run, later), (), (), "")
    other = ObjectId("serving.kserve.io/v1beta1", "InferenceService", "roses")
    grown = Plan("local", (Planned(Delete(other, "gone"), 1, Effect.REDEPLOY, ()),), (), (), "")
    build = Build("local", (), (), (), (), (), MappingProxyType({}))
    checked: Checked = check_project(load(root))
    target: Any = SimpleNamespace(observe=lambda: None)
    compiled: Any = SimpleNamespace(problems=(), build=build)
    with pytest.MonkeyPatch.context() as patch:
        done = Outcome(run.change, "deleted")
        patch.setattr(applying, "execute_changes", lambda *_: iter((done,)))
        patch.setattr(applying, "plan", lambda *_: grown)
        ended = applying.execute_rounds(
            checked, target, first, build, lambda: compiled, lambda _: None
        )
    return ended.problems


def unanswered(seconds: float, child: str) -> Callable[[Path], tuple[Diagnostic, ...]]:
    def made(root: Path) -> tuple[Diagnostic, ...]:
        (root / "work").mkdir()
        (root / "work/request.json").write_text("{}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(questions, "_CHILD", child)
            failure = questions._run(root / "work", questions.Variables({}, {}), seconds)
        project = check_project(load(root)).project
        assert project is not None
        spec = project.find("Dataset", "flowers")
        assert spec is not None
        return (local_data._diagnostic(spec, failure),)

    return made


def no_secret(root: Path) -> tuple[Diagnostic, ...]:
    found = secrets.Secrets("local", root / ".exai/secrets", {})
    return told(lambda: found.value("db", "password"))


def silent_store(root: Path) -> tuple[Diagnostic, ...]:
    project = check_project(load(root)).project
    assert project is not None
    return tuple(unsure_of(Online(unsure="it doesn't answer"), project, "local"))


def open_folder(root: Path) -> tuple[Diagnostic, ...]:
    folder = root / "tmp"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    place: Any = SimpleNamespace(private=folder / "x")
    return told(lambda: paths.private_folder(place))


PIP = "ERROR: No matching distribution found for polars==99.0"
MADE: dict[str, Callable[[Path], tuple[Diagnostic, ...]]] = {
    "feature-store-died": died,
    "feature-store-timeout": silent,
    "feature-store-unreachable": silent_store,
    "gate-missed": missed,
    "missing-extra": not_installed,
    "no-answer": unanswered(60.0, "json.tool"),
    "no-memory": too_large,
    "packages-not-installed": lambda _: (python_env._refusal(("polars==99.0",), PIP),),
    "plan-outgrown": outgrown,
    "registry-locked": lambda root: (
        registry._trouble(root / ".exai/local/mlflow.db", "database is locked").diagnostic,
    ),
    "secret-missing": no_secret,
    "took-too-long": unanswered(0.0, "json.tool"),
    "unsafe-temp-folder": open_folder,
    "unusable-path": lambda _: told(lambda: registry.registry_uri(Path("/srv/50%/mlflow.db"))),
}
