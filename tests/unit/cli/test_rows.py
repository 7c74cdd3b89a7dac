"""What people type becomes rows."""

from __future__ import annotations

import io
import shlex
from pathlib import Path

import pytest

from exai_runtime.cli.rows import Rows, from_cells, from_data
from exai_runtime.results import Refused
from exai_runtime.views.human.request import row_options
from exai_specs.diagnostics import Span
from exai_specs.frozen import Json


def plain(rows: Rows | Refused) -> list[dict[str, object]]:
    assert not isinstance(rows, Refused)
    return [dict(row) for row in rows]


def refusal(rows: Rows | Refused) -> str:
    assert isinstance(rows, Refused)
    assert rows.exit_code == 1
    return rows.diagnostics[0].message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1.5", 1.5),
        ("-2e3", -2000.0),
        ("true", True),
        ("null", None),
        ('"1"', "1"),
        ("setosa", "setosa"),
        ("", ""),
        ("a=b", "a=b"),
        ("007", "007"),
        ("NaN", "NaN"),
        ("[1]", "[1]"),
    ],
)
def test_cells(text: str, value: object) -> None:
    assert plain(from_cells([f"x={text}"])) == [{"x": value}]


def test_a_name_that_comes_again_begins_a_row() -> None:
    assert plain(from_cells(["a=1", "b=2", "a=3", "b=4"])) == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


def test_cells_whose_types_others_know_stay_as_written() -> None:
    found = from_cells(["code=1.10", "flag=true", "code=007"], typed=False)
    assert plain(found) == [{"code": "1.10", "flag": "true"}, {"code": "007"}]


@pytest.mark.parametrize("deep", [65, 900, 200_000])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
def test_data_that_lies_too_deep(deep: int, opened: str, closed: str) -> None:
    text = opened * deep + "1" + closed * deep
    assert refusal(from_data(text)) == "--data: its lists and objects lie too deep"


@pytest.mark.parametrize("cell", ["a", "=1", ""])
def test_bad_cells(cell: str) -> None:
    assert "no NAME=VALUE" in refusal(from_cells([cell]))


@pytest.mark.parametrize(
    "data", ['{"a": 1}', '[{"a": 1}]', '{"instances": [{"a": 1}]}', ' [\n{"a":1}] ']
)
def test_data(data: str) -> None:
    assert plain(from_data(data)) == [{"a": 1}]


def test_data_from_a_file_and_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "rows.json"
    file.write_text('[{"a": "ü"}]', "utf-8")
    assert plain(from_data(f"@{file}")) == [{"a": "ü"}]
    monkeypatch.setattr("sys.stdin", io.StringIO('{"a": 2}'))
    assert plain(from_data("-")) == [{"a": 2}]
    assert "can't read" in refusal(from_data(f"@{tmp_path / 'none'}"))
    file.write_bytes(b"\xff\xfe")
    assert "UTF-8" in refusal(from_data(f"@{file}"))


def test_bad_json_has_a_place() -> None:
    found = from_data('{"a": 1,\n "b" 2}')
    assert isinstance(found, Refused)
    assert found.diagnostics[0].at == Span("--data", 2, 6)
    assert found.sources["--data"].endswith("2}")


@pytest.mark.parametrize(
    ("data", "text"),
    [("[]", "no row"), ("[1]", "row 1 is no object"), ("NaN", "NaN"), ("[" * 100_000, "--data")],
)
def test_bad_data(data: str, text: str) -> None:
    assert text in refusal(from_data(data))


def test_what_apply_prints_reads_back() -> None:
    row: dict[str, Json] = {
        "a": 1.5,
        "b": 2,
        "c": "O'Hara & co",
        "d": "007",
        "e": "1",
        "f": True,
        "g": None,
        "h": "",
    }
    words = shlex.split(row_options(row))
    assert plain(from_cells(words[1::2])) == [row]
