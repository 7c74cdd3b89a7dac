"""Commands: where they find the project, what they ask, how they end, and what goes to stdout."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.changes import Create, Delete, ObjectId, Plan, Planned
from exai_compiler.maybe import Unknown
from exai_runtime.events import PhaseFinished, PhaseStarted
from exai_runtime.results import Applied, Planning, Prediction
from exai_runtime.target import TargetError
from exai_runtime.validated import Validated
from exai_runtime.views.human.view import HumanView
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.effects import Effect
from exai_specs.frozen import Json, freeze
from exai_specs.identity import Ref
from exai_specs.values import replace

Run = Callable[..., Any]
ERROR = Diagnostic("broken", "it is broken", Span("exai.yaml", 1, 7))
SERVICE = ObjectId("serving.kserve.io/v1beta1", "InferenceService", "iris")
CREATE = Planned(Create(SERVICE, Ref("Service", "iris"), freeze({})), 1, Effect.REDEPLOY, ())
DELETE = Planned(Delete(SERVICE, "no spec wants it"), 1, Effect.REDEPLOY, ())


def plan(*changes: Planned) -> Plan:
    return Plan("local", changes, (), (), "scope")


def planning(*changes: Planned) -> Planning:
    return Planning(plan(*changes), None, (), {})


def applying(*changes: Planned) -> Callable[..., Applied]:
    def apply(_: Path, environment: str, *rest: Any) -> Applied:
        approve, listen = rest[-2:]
        listen(PhaseStarted("looking"))
        listen(PhaseFinished("looking", 0.1))
        approved = approve(plan(*changes))
        return Applied(environment, plan(*changes), (), (), (), (), {}, 0, 1.0, approved=approved)

    return apply


@pytest.mark.parametrize("words", [[], ["-C", ".."]])
def test_the_project_is_the_nearest_one(
    exai: Run, session: Any, project: Path, words: list[str]
) -> None:
    session.give("validate", Validated(None, (), {}, {"Project": 1}))
    assert exai("validate", *words).code == 0
    ((_, root, *_),) = session.calls
    assert root.resolve() == project.resolve()


def test_a_named_folder_is_taken_at_its_word(exai: Run, session: Any, project: Path) -> None:
    done = exai("validate", "-C", ".")
    assert done.code == 1
    assert f"-C {project}" in done.err
    assert session.calls == []


@pytest.mark.parametrize(
    "words", [["-e", "a", "plan"], ["plan", "-e", "a"], ["-e", "b", "plan", "--environment", "a"]]
)
def test_options_stand_before_or_after(
    exai: Run, session: Any, project: Path, words: list[str]
) -> None:
    session.give("plan", planning())
    assert exai(*words).code == 0
    assert session.calls == [("plan", project, "a")]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("result", "plain", "detailed"),
    [
        (planning(), 0, 0),
        (planning(CREATE), 0, 2),
        (
            Planning(
                replace(plan(), waiting=(Unknown(Ref("Model", "m"), "it has no version"),)),
                None,
                (),
                {},
            ),
            0,
            0,
        ),
        (Planning(None, None, (ERROR,), {}), 1, 1),
        (Planning(plan(CREATE), None, (ERROR,), {}), 1, 1),
    ],
)
def test_exit_codes_of_plan(
    exai: Run, session: Any, result: Planning, plain: int, detailed: int
) -> None:
    session.give("plan", result)
    assert exai("plan").code == plain
    done = exai("plan", "--detailed-exitcode", "--output", "json")
    assert done.code == detailed
    assert json.loads(done.out)["exitCode"] == detailed


@pytest.mark.usefixtures("project")
def test_errors_go_to_stderr_and_a_validation_to_stdout(exai: Run, session: Any) -> None:
    sources = {"exai.yaml": "kind: Project\n"}
    session.give("plan", Planning(None, None, (ERROR,), sources))
    session.give("validate", Validated(None, (ERROR,), sources, {}))
    planned, validated = exai("plan"), exai("validate")
    assert planned.out == ""
    assert "exai.yaml:1:7" in planned.err
    assert validated.err == ""
    assert "exai.yaml:1:7" in validated.out
    assert validated.code == 1


@pytest.mark.usefixtures("project")
def test_apply_asks_for_nothing_when_nothing_is_deleted(exai: Run, session: Any) -> None:
    session.give("apply", applying(CREATE))
    assert exai("apply").code == 0


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("output", ["human", "json"])
def test_deletions_need_somebody(exai: Run, session: Any, output: str) -> None:
    session.give("apply", applying(DELETE))
    refused = exai("apply", "--output", output)
    assert refused.code == 1
    assert "--yes" in (refused.err if output == "human" else refused.out)
    assert exai("apply", "--yes", "--output", output).code == 0


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 1)])
def test_a_person_decides(
    exai: Run, session: Any, monkeypatch: pytest.MonkeyPatch, answer: bool, code: int
) -> None:
    asked: list[str] = []

    def ask(view: HumanView, question: str) -> bool:
        del view
        asked.append(question)
        return answer

    monkeypatch.setattr(HumanView, "ask", ask)
    session.give("apply", applying(DELETE, CREATE))
    assert exai("apply").code == code
    assert asked == ["1 object of environment local will be deleted. Go on?"]


@pytest.mark.usefixtures("project")
def test_destroy_always_asks(exai: Run, session: Any) -> None:
    session.give("destroy", applying())
    assert exai("destroy").code == 1
    assert "registry" in exai("destroy", "--purge").err
    assert exai("destroy", "--purge", "-y").code == 0
    assert [call[3] for call in session.calls] == [False, True, True]


@pytest.mark.usefixtures("project")
def test_json_is_alone_on_stdout(exai: Run, session: Any) -> None:
    session.give("apply", applying(CREATE))
    done = exai("apply", "--output", "json")
    assert json.loads(done.out)["result"]["approved"] is True
    assert "looking" in done.err
    assert exai("apply", "--output", "json", "-q").err == ""


@pytest.mark.usefixtures("project")
def test_plain_progress_has_a_line_for_begin_and_end(exai: Run, session: Any) -> None:
    session.give("apply", applying())
    done = exai("apply")
    assert [line.partition("] ")[2] for line in done.err.splitlines()] == [
        "looking ...",
        "looking: done (0.1 s)",
    ]
    assert "looking" not in done.out
    assert exai("apply", "--quiet").err == ""


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("output", ["human", "json"])
def test_a_bug_says_so(exai: Run, session: Any, output: str) -> None:
    session.give("status", KeyError("x"))
    done = exai("status", "--output", output)
    assert done.code == 70
    text = done.err if output == "human" else json.loads(done.out)["diagnostics"][0]["message"]
    assert "this is a bug in exai: KeyError: 'x'" in text
    assert "Traceback" not in done.err
    assert "--debug" in done.err + done.out
    assert "Traceback" in exai("status", "--debug").err


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (TargetError(ERROR), 1, "it is broken"),
        (ModuleNotFoundError("No module named 'mlflow'", name="mlflow.x"), 1, "exai[local]"),
        (ModuleNotFoundError("No module named 'exai_x'", name="exai_x"), 70, "bug"),
        (PermissionError(13, "Permission denied", "/x/.exai"), 1, "/x/.exai"),
        (OSError(28, "No space left on device"), 1, "make room"),
        (FileNotFoundError(2, "gone", "x"), 70, "bug"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_every_error_is_a_message(
    exai: Run, session: Any, error: BaseException, code: int, text: str
) -> None:
    session.give("plan", error)
    done = exai("plan")
    assert done.code == code
    assert done.out == ""
    assert text in done.err
    assert "Traceback" not in done.err


@pytest.mark.usefixtures("project")
def test_an_interrupted_apply_can_go_on(exai: Run, session: Any) -> None:
    session.give("apply", KeyboardInterrupt())
    assert "goes on where it stopped" in exai("apply").err


def test_predict_hands_over_rows(exai: Run, session: Any, project: Path) -> None:
    answers: tuple[Mapping[str, Json], ...] = (
        {"prediction": "setosa", "probabilities": {"setosa": 0.98}},
    )
    session.give("predict", Prediction("iris", answers, "http://127.0.0.1:1", "v2", 0.01, ()))
    done = exai("predict", "iris", "--row", "a=1.5", "--row", "b=x", "--protocol", "v1")
    assert done.code == 0
    assert "setosa" in done.out
    assert "http://" in done.err
    (call,) = session.calls
    assert call == ("predict", project, "local", "iris", ({"a": 1.5, "b": "x"},), "v1")


@pytest.mark.usefixtures("project")
def test_colour_is_for_terminals(exai: Run, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    session.give("plan", planning())
    assert "\x1b" not in exai("plan").out
    monkeypatch.setattr("exai_runtime.cli.run._is_terminal", lambda _: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b" in exai("plan").out
    assert "\x1b" not in exai("plan", "--no-color").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in exai("plan").out
