"""JSON as a source: lines and arrays, piece by piece, types as they are, and files that break."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exai_components.data.columns import differing
from exai_components.data.preview import preview
from exai_components.data.versions import snapshot_version
from exai_components.load_dataset import json_file
from exai_components.load_dataset.declared import read_declared
from exai_components.load_dataset.table import load_table
from exai_components.outcome import Outcome, StepFailure


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXAI_DATA_ROOT", str(tmp_path))
    return tmp_path


def dataset(schema: dict[str, Any], key: tuple[str, ...] = ()) -> dict[str, Any]:
    columns = {name: {"type": kind} for name, kind in schema.items()}
    return {"name": "d", "source": {"json": {"path": "x.json"}}, "key": key, "schema": columns}


def load(schema: dict[str, Any], key: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = load_table(read_declared(dataset(schema, key))).to_pylist()
    return rows


def refused(root: Path, text: str | bytes, schema: dict[str, Any] | None = None) -> Outcome:
    (root / "x.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(StepFailure) as caught:
        load(schema or {"a": "int64"})
    assert caught.value.outcome.final
    return caught.value.outcome


ROWS = [{"a": 2, "b": "x"}, {"b": "ü", "c": [1, {"d": "]}"}]}, {"a": -1, "b": None}]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(json.dumps(row) for row in ROWS),
        "\ufeff\n\n" + "\r\n\r\n".join(json.dumps(row) for row in ROWS) + "\n",
        json.dumps(ROWS),
        f"  \n{json.dumps(ROWS, indent=2, ensure_ascii=False)}\n",
    ],
)
@pytest.mark.parametrize("window", [1, 3, 1 << 20])
def test_lines_and_arrays_are_the_same_rows(
    root: Path, monkeypatch: pytest.MonkeyPatch, text: str, window: int
) -> None:
    monkeypatch.setattr(json_file, "_READ", window)
    (root / "x.json").write_text(text, encoding="utf-8")
    assert load({"a": "int64", "b": "string"}) == [
        {"a": 2, "b": "x"},
        {"a": None, "b": "ü"},
        {"a": -1, "b": None},
    ]


def test_values_become_what_is_declared(root: Path) -> None:
    row = {
        "i": 9007199254740993, "f": 1, "d": 0.125, "t": "2026-11-20T10:00:00+01:00",
        "y": "2026-11-20", "o": True, "j": {"b": [1], "a": None}, "l": [1.0, 2], "m": {"k": "3"},
        "s": {"x": "1.5", "at": "2026-11-20", "more": 1},
    }  # fmt: skip
    (root / "x.json").write_text(json.dumps(row))
    schema = {
        "i": "int64", "f": "float64", "d": "decimal", "t": "timestamp", "y": "date", "o": "bool",
        "j": "json", "l": {"list": "int64"}, "m": {"map": "int64"},
        "s": {"struct": {"x": "float64", "at": "date"}},
    }  # fmt: skip
    assert load(schema) == [
        {
            "i": 9007199254740993, "f": 1.0, "d": Decimal("0.125"),
            "t": datetime(2026, 11, 20, 9, tzinfo=UTC), "y": date(2026, 11, 20), "o": True,
            "j": '{"a": null, "b": [1]}', "l": [1, 2], "m": [("k", 3)],
            "s": {"x": 1.5, "at": date(2026, 11, 20)},
        }
    ]  # fmt: skip


def test_no_digit_of_a_decimal_is_lost(root: Path) -> None:
    (root / "x.json").write_text('{"a": 0.100000000000000006}\n{"a": 1e3}\n{"a": 0.1}')
    expected = [Decimal("0.100000000000000006"), Decimal(1000), Decimal("0.1")]
    assert [row["a"] for row in load({"a": "decimal"})] == expected
    assert [row["a"] for row in load({"a": "float64"})] == [0.1, 1000.0, 0.1]
    assert [row["a"] for row in load({"a": "json"})] == ["0.1", "1000.0", "0.1"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ({"list": "int64"}, "[1.5]"),
        ({"list": "string"}, '{"a": 1}'),
        ({"struct": {"a": "int64"}}, '{"a": 0.5}'),
        ({"map": "int32"}, '{"a": 4294967296}'),
        ("int64", "1.5"),
        ("timestamp", "12"),
    ],
)
def test_what_would_be_cut_is_refused(root: Path, kind: Any, value: str) -> None:
    told = refused(root, f'{{"a": {value}, "b": 7}}', {"a": kind, "b": "int64"})
    assert told.code in ("ill-typed-value", "changed-type")


def test_rows_come_in_pieces(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_file, "_PIECE", 2)
    (root / "x.json").write_text("".join(f'{{"a": {5 - at}}}\n' for at in range(5)))
    assert load({"a": "int64"}, ("a",)) == [{"a": at} for at in range(1, 6)]
    told = refused(root, '{"a": 1}\n{"a": 2}\n{"a": 3}\n{"a": "x"}')
    assert (told.code, list(told.rows)) == ("ill-typed-value", [{"row": 4}])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"a": 1}\n{"a": }', "object 2: Expecting value"),
        ('{"a": 1} {"a": 2}', "object 1: Extra data"),
        ("[1]", "value 1 is no object"),
        ('[{"a": 1} {"a": 2}]', "object 2: a comma is missing"),
        ('[{"a": 1}', "object 2: the array has no end"),
        ('[{"a": 1},]', "object 2: Expecting value"),
        ('[{"a": 1}] x', "object 2: something follows after the array"),
        ('{"a": NaN}', "object 1: NaN is no JSON"),
        ('{"a": "\\ud800"}', "object 1 has half of a surrogate pair"),
        ('{"a": ' + "[" * 100_000, "object 1: it is nested too deeply"),
        (b'{"a": "\xff"}', "object 1: it isn't UTF-8"),
        ("hello", "object 1: Expecting value"),
    ],
)
def test_what_is_no_json(root: Path, text: str | bytes, what: str) -> None:
    told = refused(root, text)
    assert (told.code, what in told.message) == ("unreadable-file", True), told.message


@pytest.mark.parametrize("text", ["", " \n\n", "[]", "[ ]\n"])
def test_a_file_without_objects_is_empty(root: Path, text: str) -> None:
    assert refused(root, text).code == "empty-data"


def test_a_file_that_is_not_there(root: Path) -> None:
    (root / "x.jsonl").touch()
    with pytest.raises(StepFailure) as caught:
        load({"a": "int64"})
    assert caught.value.outcome.code == "missing-file"


def test_what_differs_from_the_spec_is_listed(root: Path) -> None:
    (root / "x.json").write_text('{"aa": 1, "b": [1], "c": 2.5, "d": "2026-11-20"}')
    told = differing(dataset({"a": "int64", "b": "float64", "c": "int64", "d": "timestamp"}))
    assert told["present"] == ["aa", "b", "c", "d"]
    assert told["drifts"] == [
        {"column": "a", "spec": "int64", "data": "", "near": "aa"},
        {"column": "b", "spec": "float64", "data": "list", "near": ""},
    ]


def test_it_is_previewed_and_has_a_version(root: Path) -> None:
    (root / "x.json").write_text('{"a": 1, "b": [1]}\n{"a": null}\n{"a": 3, "z": 1}')
    struct = dataset({"a": "int64", "b": {"list": "int64"}})
    found = preview(struct, 2, (), None)
    assert (found["where"], found["rows"]) == ("x.json", 3)
    assert found["sample"] == [[1, [1]], [None, None]]
    a, b, z = found["columns"]
    assert (a["found"], a["nulls"], a["least"], a["most"]) == ("int64", 1, 1, 3)
    assert (b["found"], z["name"]) == ("list", "z")
    version = snapshot_version(struct, None)
    (root / "x.json").write_text('[{"a": 3}, {"a": 1, "b": [1]}, {}]')
    assert snapshot_version(struct, None) == version
