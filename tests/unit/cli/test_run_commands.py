"""Commands about runs and the machine: their words, exit codes, completion."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exai_runtime import doctor, looking_back, rendering, running
from exai_runtime.results import Checkup, Finding, RenderedFiles
from exai_runtime.run_results import Asked, Log, RunList

Run = Callable[..., Any]
IRIS = Path(__file__).parents[3] / "examples" / "iris"
EXAI = [sys.executable, "-m", "exai_runtime.cli.main"]


class Calls(list[tuple[Any, ...]]):
    """What a function was called with, while it gives `result`."""

    def take(
        self, monkeypatch: pytest.MonkeyPatch, module: object, name: str, result: object
    ) -> None:
        def function(*arguments: object) -> object:
            self.append(arguments)
            if isinstance(result, BaseException):
                raise result
            return result

        monkeypatch.setattr(module, name, function)


@pytest.fixture
def calls() -> Calls:
    return Calls()


def asked(code: int) -> Asked:
    return Asked("local", "p", None, (), (), (), {}, code, 0.1)


@pytest.mark.parametrize("code", [0, 1])
def test_run_hands_over_its_words(
    exai: Run, project: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    calls.take(monkeypatch, running, "run", asked(code))
    done = exai("run", "training", "-p", "a=1", "-e", "x", "--parameter", 'b={"c": 2}', "--again")
    assert done.code == code
    (call,) = calls
    assert call[:5] == (project, "x", "training", ("a=1", 'b={"c": 2}'), True)


@pytest.mark.usefixtures("project")
def test_an_interrupted_run_can_go_on(
    exai: Run, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls.take(monkeypatch, running, "run", KeyboardInterrupt())
    done = exai("run", "training")
    assert done.code == 130
    assert "goes on where it stopped" in done.err


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(("words", "most"), [((), 20), (("-n", "3"), 3), (("-n", "0"), 1 << 30)])
def test_runs_list(
    exai: Run,
    calls: Calls,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    most: int,
) -> None:
    calls.take(monkeypatch, looking_back, "list_runs", RunList("local", ()))
    assert exai("runs", "list", "training", *words).code == 0
    assert calls[0][1:] == ("local", "training", most)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("runs", "compare", "aa"), "two runs or more"),
        (("runs", "list", "-n", "-1"), "-1"),
        (("runs", "lst"), "No such command 'lst'"),
        (("logs",), "KIND/NAME"),
        (("logs", "Service/x", "--follow", "--output", "json"), "--follow"),
        (("run",), "PIPELINE"),
        (("history",), "MODEL"),
    ],
)
def test_a_wrong_command_line(exai: Run, words: tuple[str, ...], said: str) -> None:
    done = exai(*words)
    assert done.code == 2
    assert said in done.err


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("code", [0, 130])
def test_followed_lines_go_to_stdout_as_they_come(
    exai: Run, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def logs(*arguments: Any) -> Log:
        say = arguments[-1]
        say("one\x1b[2J")
        return Log("Service/x", "log", (), streamed=True, exit_code=code)

    monkeypatch.setattr(looking_back, "logs", logs)
    done = exai("logs", "Service/x", "--follow")
    assert (done.code, done.out, done.err) == (code, "one\n", "")


@pytest.mark.usefixtures("project")
def test_render_hands_over_its_words(
    exai: Run, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = RenderedFiles("local", None, (), ({"kind": "K", "on": "y"},), (), ())
    calls.take(monkeypatch, rendering, "render", made)
    done = exai("render", "Service/a", "-o", "out", "Service/b", "-e", "prod")
    assert done.code == 0
    assert done.out == "kind: K\n'on': 'y'\n"
    assert calls[0][1:] == ("prod", ("Service/a", "Service/b"), Path("out"))
    assert json.loads(exai("render", "--output", "json").out)["result"]["objects"] == [
        {"kind": "K", "on": "y"}
    ]


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("warning", 0), ("problem", 1)])
def test_doctor_fails_on_problems_and_needs_no_project(
    exai: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: Any, code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    seen: list[Path | None] = []

    def check(root: Path | None, environment: str) -> Checkup:
        assert environment == "local"
        seen.append(root)
        return Checkup((Finding("x", state, "said", "do this"),))

    monkeypatch.setattr(doctor, "doctor", check)
    done = exai("doctor")
    assert done.code == code
    assert ("do this" in done.out) == (state != "ok")
    assert seen == [None]


@pytest.mark.parametrize(
    "words",
    [
        *(("runs",), ("runs", "list"), ("runs", "show"), ("runs", "compare"), ("run",)),
        *(("logs",), ("history",), ("render",), ("doctor",)),
    ],
)
def test_help_has_examples(exai: Run, words: tuple[str, ...]) -> None:
    done = exai(*words, "--help")
    assert done.code == 0
    assert "Examples:" in done.out
    assert f"exai {' '.join(words)}" in done.out


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has been run twice."""
    root = tmp_path_factory.mktemp("completion") / "iris"
    shutil.copytree(IRIS, root, ignore=shutil.ignore_patterns(".exai", "data"))
    for key in ("aa1122334455667788", "bb1122334455667788"):
        folder = root / ".exai/local/runs" / key
        folder.mkdir(parents=True)
        result = {"key": key, "spec_key": "", "pipeline": "iris-training", "data": {}}
        (folder / "result.json").write_text(json.dumps(result | {"state": "succeeded"}))
    return root


SEPAL_AND_SPECIES = ("sepal_length", "sepal_width", "species")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("exai run ir", ["iris-training"]),
        ("exai run iris-training -p ", ["ntrees="]),
        ("exai runs ", ["compare", "list", "show"]),
        ("exai runs show ", ["aa1122334455", "bb1122334455"]),
        ("exai runs compare aa11 b", ["bb1122334455"]),
        ("exai runs list ", ["iris-training"]),
        ("exai logs --run a", ["aa1122334455"]),
        ("exai logs P", ["Pipeline/iris-training"]),
        ("exai history ", ["iris_model"]),
        ("exai data preview ", ["iris"]),
        ("exai predict ", ["iris"]),
        ("exai render Service/", ["Service/iris"]),
        ("exai lineage Model", ["Model/iris_model"]),
        ("exai lineage Pipeline/iris-training#e", ["Pipeline/iris-training#evaluate"]),
        ("exai lineage Dataset/iris:s", [f"Dataset/iris:{c}" for c in SEPAL_AND_SPECIES]),
        ("exai lineage Nothing/at-all#", []),
        ("exai run nothing", []),
    ],
)
def test_completion(iris: Path, line: str, offered: list[str]) -> None:
    words = line.split(" ")
    done = subprocess.run(
        EXAI,
        cwd=iris,
        env={
            **os.environ,
            "_EXAI_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert [found.partition(",")[2] for found in done.stdout.split()] == offered


def test_a_pipeline_that_is_for_a_cluster_alone_runs_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "exai.yaml").write_text(
        "apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: p}\n"
        "spec: {environments: {local: {target: local}}}\n"
        "---\napiVersion: exai.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: abroad}\n"
        "spec:\n  run: {on: []}\n  steps:\n    score: {image: a/score:1, command: [score]}\n"
    )
    found = running.run(tmp_path, "local", "abroad", (), False, lambda _: None)
    assert found.exit_code == 1
    refused = [each for each in found.diagnostics if each.severity == "error"]
    assert [(each.code, str(each.at)) for each in refused] == [("not-local", "exai.yaml:12:5")]
    assert not (tmp_path / ".exai").exists()
