"""`exai explain`: one code, all codes, a code that isn't one, completion; no project is needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exai_runtime.cli.complete import codes as completed
from exai_runtime.explaining import TABLES, codes, parsed

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_code_with_its_example_and_the_diagnostic_as_printed(exai: Run) -> None:
    done = exai("explain", "tab")
    assert (done.code, done.err) == (0, "")
    for line in (
        "tab (error): A tab stands where YAML takes only spaces.",
        "  $ exai validate",
        "  error[tab] a tab in the indentation",
        "    --> tab.yaml:4:1",
        "     = help: indent with spaces",
    ):
        assert line in done.out.splitlines()


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_code_fits_a_page(exai: Run, code: str) -> None:
    done = exai("explain", code)
    assert (done.code, done.err) == (0, "")
    assert len(done.out.splitlines()) < 110
    assert max(map(len, done.out.splitlines())) < 800
    assert f"[{code}]" in done.out or code in TABLES["steps"]


def test_programs_get_every_file_whole(exai: Run) -> None:
    result = json.loads(exai("explain", "unknown-column", "--output", "json").out)["result"]
    assert [each["code"] for each in result["codes"]] == ["unknown-column"]
    at = result["example"]["diagnostics"][0]["at"]
    assert "[id]" in result["example"]["files"][at["path"]].splitlines()[at["line"] - 1]


def test_a_code_whose_failure_takes_a_server_is_told(exai: Run) -> None:
    done = exai("explain", "feature-store-refused")
    assert (done.code, done.err) == (0, "")
    assert "refuses the password" in done.out
    assert "error[feature-store-refused] the online store (Redis) refused the password" in done.out
    result = json.loads(exai("explain", "feature-store-refused", "--output", "json").out)["result"]
    assert (result["example"]["command"], result["example"]["files"]) == (
        *("exai features materialize", {}),
    )


def test_without_a_code_all_are_listed(exai: Run) -> None:
    listed = json.loads(exai("explain", "--output", "json").out)["result"]
    assert {each["code"] for each in listed["codes"]} == set(codes())
    said = exai("explain").out
    assert all(code in said for code in codes())


def test_a_misspelt_code(exai: Run) -> None:
    done = exai("explain", "unknwn-colum")
    assert done.code == 1
    assert "did you mean `unknown-column`?" in done.err


def test_a_code_as_it_is_copied(exai: Run) -> None:
    assert exai("explain", "error[tab]").out == exai("explain", " TAB ").out != ""


def test_codes_are_completed() -> None:
    context: Any = None
    items = completed(context, context, "unknown-ref")
    assert [(item.value, item.help) for item in items] == [
        ("unknown-reference", "A name that nothing has.")
    ]


@pytest.mark.parametrize("line", ["nothing", "  hint: of nothing", "x.yaml:1:1: loud: a: b"])
def test_what_is_no_diagnostic_is_told(line: str) -> None:
    with pytest.raises(ValueError, match="no diagnostic"):
        parsed(line)
