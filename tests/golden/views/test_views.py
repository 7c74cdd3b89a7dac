"""What people and programs get to see, byte for byte. UPDATE_GOLDEN=1 writes the files anew."""

from __future__ import annotations

import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from exai_runtime.results import Result
from exai_runtime.revision_results import Against
from exai_runtime.views.human import result as results
from exai_runtime.views.human.view import HumanView
from exai_runtime.views.json.view import JsonView
from exai_runtime.views.markdown.view import MarkdownView

HERE = Path(__file__).parent
SCHEMAS = Path(__file__).parents[3] / "schemas" / "output"
Sample = tuple[str, str, Result]


def golden(name: str, text: str) -> None:
    path = HERE / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


def shown(command: str, result: Result, colour: bool = False) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    view = HumanView(command, out=out, err=err, colour=colour, colour_err=colour)
    view.show(result, result.exit_code)
    return out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_now", lambda: datetime(2026, 11, 20, 10, 3, 20, tzinfo=UTC))


def test_for_people(sample: Sample) -> None:
    name, command, result = sample
    out, err = shown(command, result)
    golden(f"{name}.txt", f"--- stdout\n{out}--- stderr\n{err}")


def test_colour_changes_no_word(sample: Sample) -> None:
    from exai_runtime.views.human.paint import printable

    _, command, result = sample
    plain, coloured = shown(command, result), shown(command, result, colour=True)
    assert tuple("\n".join(map(printable, text.split("\n"))) for text in coloured) == plain


def test_nothing_reaches_a_terminal_that_it_would_obey(sample: Sample) -> None:
    _, command, result = sample
    for text in shown(command, result):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_for_pull_requests(sample: Sample) -> None:
    """Whatever the specs hold stays text; what isn't a comparison is shown as to people."""
    name, command, result = sample
    out, err = io.StringIO(), io.StringIO()
    MarkdownView(command, out=out, err=err).show(result, result.exit_code)
    if isinstance(result, Against):
        golden(f"{name}.md", out.getvalue())
    else:
        assert (out.getvalue(), err.getvalue()) == shown(command, result)


def test_for_programs(sample: Sample) -> None:
    name, command, result = sample
    out, err = io.StringIO(), io.StringIO()
    JsonView(command, out=out, err=err).show(result, result.exit_code)
    assert err.getvalue() == ""
    golden(f"{name}.json", out.getvalue())
    validator(command).validate(json.loads(out.getvalue()))


def test_schemas_are_schemas() -> None:
    files = sorted(path.name for path in SCHEMAS.glob("*.json"))
    commands = ["apply", "destroy", "init", "plan", "predict", "status", "validate"]
    commands += ["data-preview"]
    commands += [f"features-{name}" for name in ("get", "list", "materialize", "push")]
    commands += ["run", "runs-compare", "runs-list", "runs-show"]
    commands += ["doctor", "explain", "graph", "graph-json", "history", "lineage", "lock", "logs"]
    commands += ["render"]
    assert files == sorted(f"{name}.json" for name in ("common", *commands))
    for path in SCHEMAS.glob("*.json"):
        Draft202012Validator.check_schema(json.loads(path.read_text("utf-8")))


def test_schemas_refuse_what_nobody_promised() -> None:
    envelope = {
        "version": "exai.dev/output/v1",
        "command": "plan",
        "exitCode": 0,
        "diagnostics": [],
        "result": None,
    }
    assert validator("plan").is_valid(envelope)
    assert not validator("plan").is_valid(envelope | {"surprise": 1})
    assert not validator("plan").is_valid(envelope | {"version": "exai.dev/output/v2"})


def validator(command: str) -> Draft202012Validator:
    common = json.loads((SCHEMAS / "common.json").read_text("utf-8"))
    registry = Registry().with_resource(common["$id"], Resource.from_contents(common))
    schema = json.loads((SCHEMAS / f"{command.replace(' ', '-')}.json").read_text("utf-8"))
    return Draft202012Validator(schema, registry=registry)
