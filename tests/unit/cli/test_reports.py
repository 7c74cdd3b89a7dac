"""`validate --output sarif` and `github`: their form, their paths, what they never hold."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from exai_runtime.views.github.view import command
from exai_runtime.views.sarif.log import log
from exai_specs.diagnostics import Diagnostic, Span

Run = Callable[..., Any]
INVALID = Path(__file__).parents[2] / "invalid"
CHECKS = sorted(path.name for path in (INVALID / "checks").iterdir() if path.is_dir())


def objects(required: str = "", **properties: Any) -> dict[str, Any]:
    """An object as SARIF has them: nothing beyond its properties (those that exai writes)."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def lists(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


# The parts of SARIF 2.1.0 that exai writes, section by section of the standard.
TEXT = {"type": "string", "minLength": 1}
INDEX = {"type": "integer", "minimum": 0}
FROM_ONE = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}  # 3.27.10
MESSAGE = objects("text", text=TEXT, markdown=TEXT)  # 3.11
RELATIVE = {"type": "string", "pattern": "^(?!/)(?!.*\\\\)(?!\\w+:)[!-~]+$"}  # 3.10.1: RFC 3986
LOCATION = objects("uri", uri=RELATIVE, uriBaseId={"const": "%SRCROOT%"})  # 3.4
PHYSICAL = objects(  # 3.29, 3.30
    "artifactLocation region",
    artifactLocation=LOCATION,
    region=objects("startLine", startLine=FROM_ONE, startColumn=FROM_ONE),
)
RULE = objects(  # 3.49
    "id",
    id={"type": "string", "pattern": "^[a-z0-9-]+$"},
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    defaultConfiguration=objects("level", level=LEVEL),
)
NOTIFICATION = objects(  # 3.58
    "message", level=LEVEL, message=MESSAGE, associatedRule=objects("id", id=TEXT, index=INDEX)
)
RESULT = objects(  # 3.27
    "ruleId ruleIndex level message locations partialFingerprints",
    ruleId=TEXT,
    ruleIndex=INDEX,
    level=LEVEL,
    message=MESSAGE,
    locations=lists(objects("physicalLocation", physicalLocation=PHYSICAL)) | {"minItems": 1},
    relatedLocations=lists(
        objects("id physicalLocation message", id=INDEX, physicalLocation=PHYSICAL, message=MESSAGE)
    ),
    partialFingerprints={"type": "object", "additionalProperties": TEXT, "minProperties": 1},
)
DRIVER = objects(  # 3.19
    "name version rules",
    name={"const": "exai"},
    version=TEXT,
    semanticVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
    informationUri={"type": "string", "pattern": "^https://"},
    rules=lists(RULE),
)
RUN = objects(  # 3.14
    "tool invocations results columnKind",
    tool=objects("driver", driver=DRIVER),
    invocations=lists(
        objects(  # 3.20
            "executionSuccessful",
            executionSuccessful={"type": "boolean"},
            exitCode={"type": "integer"},
            toolExecutionNotifications=lists(NOTIFICATION),
        )
    ),
    columnKind={"const": "unicodeCodePoints"},
    artifacts=lists(objects("location", location=LOCATION, encoding=TEXT)),
    results=lists(RESULT),
)
SARIF = Draft202012Validator(
    objects(  # 3.13
        "version runs",
        **{"$schema": {"type": "string", "pattern": "sarif.*2.1.0"}},
        version={"const": "2.1.0"},
        runs=lists(RUN) | {"minItems": 1, "maxItems": 1},
    )
)


def checked(text: str) -> dict[str, Any]:
    """The one run of a log, whose references lead somewhere."""
    whole = json.loads(text)
    SARIF.validate(whole)
    (run,) = whole["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    fingerprints = [result["partialFingerprints"]["exai/v1"] for result in run["results"]]
    assert len(set(fingerprints)) == len(fingerprints)
    found: dict[str, Any] = run
    return found


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """A copy of a project, three folders below the top of a checkout."""
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    (tmp_path / ".git").mkdir()

    def copied(folder: Path) -> Path:
        place = tmp_path / "teams" / "a b" / "größe"
        shutil.copytree(folder, place)
        monkeypatch.chdir(place)
        return place

    return copied


@pytest.mark.parametrize("name", CHECKS[::8])
def test_sarif_has_every_diagnostic_in_the_form_of_the_standard(
    exai: Run, at: Callable[[Path], Path], name: str
) -> None:
    at(INVALID / "checks" / name)
    done = exai("validate", "--output", "sarif")
    run = checked(done.out)
    told = json.loads(exai("validate", "--output", "json").out)
    assert done.code == told["exitCode"]
    assert run["invocations"] == [
        {
            "executionSuccessful": True,
            "exitCode": done.code,
            "toolExecutionNotifications": [],
        }
    ]
    assert [result["ruleId"] for result in run["results"]] == [
        each["code"] for each in told["diagnostics"]
    ]
    for result, each in zip(run["results"], told["diagnostics"], strict=True):
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == (
            "teams/a%20b/gr%C3%B6%C3%9Fe/" + each["at"]["path"]
        )
        assert place["region"]["startLine"] == each["at"]["line"]
        assert place["region"]["startColumn"] == each["at"]["column"]
        assert result["level"] == each["severity"]
        related = result.get("relatedLocations", [])
        assert [one["message"]["text"] for one in related] == [
            one["message"] for one in each["related"]
        ]


def test_a_fingerprint_stays_when_lines_move(exai: Run, at: Callable[[Path], Path]) -> None:
    place = at(INVALID / "checks/unknown-column")
    before = checked(exai("validate", "--output", "sarif").out)["results"]
    (place / "exai.yaml").write_text("# a line\n\n" + (place / "exai.yaml").read_text())
    after = checked(exai("validate", "--output", "sarif").out)["results"]
    assert [one["partialFingerprints"] for one in before] == [
        one["partialFingerprints"] for one in after
    ]
    assert [one["locations"] for one in before] != [one["locations"] for one in after]


def test_two_equal_problems_have_two_fingerprints() -> None:
    twice = [Diagnostic("tab", "a tab", Span("x.yaml", line, 1)) for line in (1, 2)]
    first, second = checked(json.dumps(log(twice, {}, "1.2.3", "", 1, True)))["results"]
    assert first["partialFingerprints"] != second["partialFingerprints"]


def test_without_a_project_sarif_says_that_it_didnt_run(
    exai: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = exai("validate", "--output", "sarif")
    run = checked(done.out)
    (result,) = run["results"]
    assert (done.code, result["ruleId"]) == (1, "no-project")
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "exai.yaml"
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [one["associatedRule"]["id"] for one in invocation["toolExecutionNotifications"]] == [
        "no-project"
    ]


@pytest.mark.parametrize(
    ("found", "results"),
    [
        (Diagnostic("no-revision", "m", Span("")), ["exai.yaml"]),
        (Diagnostic("bug", "m", Span("")), []),
        (Diagnostic("warning-elsewhere", "m", Span(""), "note"), []),
        (Diagnostic("unknown-kind", "m", Span("a.yaml")), ["a.yaml"]),
    ],
)
def test_an_error_without_a_place_is_a_result_at_the_project(
    found: Diagnostic, results: list[str]
) -> None:
    run = checked(json.dumps(log([found], {}, "1.2.3", "", 1, False)))
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    assert [each["artifactLocation"]["uri"] for each in places] == results
    told = run["invocations"][0]["toolExecutionNotifications"]
    assert len(told) == (not found.at.path)


def test_a_message_makes_no_link() -> None:
    found = Diagnostic("tab", "see [this](1) and [0]", Span("x.yaml"))
    run = checked(json.dumps(log((found,), {}, "1.2.3", "", 1, True)))
    assert run["results"][0]["message"]["text"] == r"see \[this](1) and [0]"


@pytest.mark.parametrize("output", ["sarif", "github"])
def test_no_report_holds_a_secret(
    exai: Run, at: Callable[[Path], Path], tmp_path: Path, output: str
) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    shutil.copy(INVALID / "parse/secret-in-spec.yaml", folder / "exai.yaml")
    at(folder)
    done = exai("validate", "--output", output)
    assert "secret-in-spec" in done.out
    assert "hunter2" not in done.out + done.err


@pytest.mark.parametrize("output", ["human", "json", "sarif", "github"])
def test_no_view_prints_a_credential_of_a_variable(
    exai: Run, at: Callable[[Path], Path], tmp_path: Path, output: str
) -> None:
    text = (INVALID / "checks/credential-in-env/exai.yaml").read_text()
    assert "CACHE_PASSWORD: " in text
    folder = tmp_path / "made"
    folder.mkdir()
    made = re.sub("CACHE_PASSWORD: .*", "CACHE_PASSWORD: hunter2", text)
    (folder / "exai.yaml").write_text(made)
    at(folder)
    done = exai("validate", "--output", output)
    assert "credential-in-env" in done.out + done.err
    assert "hunter2" not in done.out + done.err


def test_annotations_of_a_workflow(
    exai: Run, at: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = at(INVALID / "checks/unknown-column")
    lines = exai("validate", "--output", "github").out.splitlines()
    assert len(lines) == 7
    assert lines[0] == (
        "::error file=teams/a b/größe/exai.yaml,line=13,col=9,title=unknown-column::"
        "Dataset `iris` has no column `id`%0Aadd it to the schema of the Dataset%0A"
        "teams/a b/größe/exai.yaml:19:3: its columns are declared here"
    )
    monkeypatch.setenv("GITHUB_WORKSPACE", str(place.parent))
    assert exai("validate", "--output", "github").out.startswith("::error file=größe/exai.yaml,")
    monkeypatch.setenv("GITHUB_WORKSPACE", "/somewhere/else")
    assert "file=teams/a b/größe" in exai("validate", "--output", "github").out


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (Diagnostic("a", "100%\r\n::error::x", Span("a,b:c.yaml", 2, 3)),
         "::error file=a%2Cb%3Ac.yaml,line=2,col=3,title=a::100%25%0D%0A::error::x"),
        (Diagnostic("a", "m", Span("x.yaml"), "warning", "h"),
         "::warning file=x.yaml,line=1,col=1,title=a::m%0Ah"),
        (Diagnostic("a", "m", Span(""), "note"), "::notice title=a::m"),
    ],
)  # fmt: skip
def test_what_a_runner_would_read_otherwise_is_escaped(found: Diagnostic, line: str) -> None:
    assert command(found, "") == line


def test_github_gets_nothing_that_hides_or_reorders_text() -> None:
    at = Span("a\u202e.yaml", 1, 2)
    found = Diagnostic(
        "x", "no `\u202eb`\nor \x1b[2Jc", at, hint="\u2066d", related=(("\x07e", at),)
    )
    shown = "::error file=a.yaml,line=1,col=2,title=x::no `b`%0Aor c%0Ad%0Aa.yaml:1:2: e"
    assert command(found, "") == shown


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--output", "sarif"),
        ("--output", "github", "status"),
        ("--output", "sarif", "explain"),
    ],
)
def test_only_validate_reports(
    exai: Run, at: Callable[[Path], Path], words: tuple[str, ...]
) -> None:
    at(INVALID / "checks/unknown-column")
    done = exai(*words)
    assert done.code == 2
    assert "is not one of 'human', 'json'" in done.err


def test_help_says_what_a_command_takes(exai: Run) -> None:
    assert "[human|json|sarif|github]" in exai("validate", "--help").out
    assert "[human|json]" in exai("apply", "--help").out
    assert "[human|json|markdown]" in exai("plan", "--help").out
    assert (
        exai("--output", "sarif", "validate", "-C", str(INVALID / "checks/unknown-column")).code
        == 1
    )
