"""A preview of data as it is: figures of every kind of column, and what isn't as declared."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exai_components.data.preview import COUNTED, preview
from exai_components.data.versions import table_digest
from exai_components.outcome import StepFailure


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXAI_DATA_ROOT", str(tmp_path))
    monkeypatch.setenv("EXAI_CONNECTION_DB", json.dumps({"sqlite": {"path": "x.db"}}))
    return tmp_path


def look(
    source: dict[str, Any], schema: dict[str, Any], rows: int = 2, masked: tuple[str, ...] = ()
) -> dict[str, Any]:
    columns = {
        name: kind if isinstance(kind, dict) else {"type": kind} for name, kind in schema.items()
    }
    told = preview({"name": "d", "source": source, "schema": columns}, rows, masked, None)
    json.dumps(told, allow_nan=False)
    return told


def column(told: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in told["columns"] if one["name"] == name)
    return dict(found)


def test_csv_is_shown_as_what_it_looks_like(root: Path) -> None:
    (root / "x.csv").write_text(
        "n,x,day,text,half,extra\n1,1.5,2026-11-20,a,1\n".replace(",1\n", ",1,q\n")
        + "3,,2026-11-19,b,one,q\n2,nan,2026-11-21,,2,q\n"
    )
    schema = {
        "n": "int64",
        "x": "float64",
        "when": {"type": "timestamp", "source": "day"},
        "text": "string",
        "half": "float64",
        "gone": "bool",
    }
    told = look({"csv": {"path": "x.csv"}}, schema)
    assert (told["where"], told["rows"]) == ("x.csv", 3)
    assert column(told, "n") | {"source": ""} == {
        "name": "n", "declared": "int64", "source": "", "there": True, "found": "int64",
        "masked": False, "fits": True, "nulls": 0, "distinct": 3, "more": False, "least": 1,
        "most": 3,
    }  # fmt: skip
    assert (column(told, "x")["nulls"], column(told, "x")["most"]) == (2, 1.5)
    assert column(told, "when")["least"] == "2026-11-19"
    assert (column(told, "text")["nulls"], column(told, "text")["distinct"]) == (1, 2)
    assert (column(told, "half")["found"], column(told, "half")["fits"]) == ("string", False)
    assert column(told, "gone")["there"] is False
    extra = column(told, "extra")
    assert (extra["declared"], extra["found"], "least" in extra) == ("", "", False)
    assert told["sample"] == [[1, 1.5, "2026-11-20", "a", "1"], [3, None, "2026-11-19", "b", "one"]]


def test_of_a_masked_column_no_value_is_told(root: Path) -> None:
    (root / "x.csv").write_text("name,n\nAnna,1\nBob,2\n")
    told = look({"csv": {"path": "x.csv"}}, {"name": "string", "n": "int64"}, masked=("name",))
    assert "Anna" not in json.dumps(told)
    assert "Bob" not in json.dumps(told)
    assert (column(told, "name")["distinct"], column(told, "name")["masked"]) == (2, True)
    assert told["sample"] == [["***", 1], ["***", 2]]


def test_sqlite_holds_values_of_several_types(root: Path) -> None:
    with closing(sqlite3.connect(root / "x.db")) as database, database:
        database.execute("CREATE TABLE t (n, b BLOB, empty)")
        database.executemany("INSERT INTO t VALUES (?, ?, NULL)", [(1, b"ab"), ("x", b"\x00")])
    told = look(
        {"sql": {"connection": "db", "table": "t"}}, {"n": "int64", "b": "bytes", "empty": "bool"}
    )
    assert (column(told, "n")["found"], column(told, "n")["fits"]) == ("string", False)
    assert told["sample"] == [["1", "<2 bytes>", None], ["x", "<1 bytes>", None]]
    assert (column(told, "empty")["found"], column(told, "empty")["nulls"]) == ("", 2)


def test_many_values_are_counted_up_to_a_bound(root: Path) -> None:
    many = COUNTED + 70_000
    pq.write_table(
        pa.table(
            {
                "n": range(many),
                "s": [f"{'x' * 300}{n % 10}" for n in range(many)],
                "list": [[n % 3] for n in range(many)],
            }
        ),
        root / "x.parquet",
    )
    schema = {"n": "int64", "s": "string", "list": {"type": {"list": "int64"}}}
    told = look({"parquet": {"path": "x.parquet"}}, schema, rows=1)
    assert told["rows"] == many
    assert (column(told, "n")["distinct"], column(told, "n")["more"]) == (COUNTED, True)
    assert (column(told, "s")["distinct"], column(told, "s")["more"]) == (10, False)
    assert (column(told, "n")["least"], column(told, "n")["most"]) == (0, many - 1)
    assert (column(told, "list")["distinct"], column(told, "list")["most"]) == (3, None)
    assert told["sample"] == [[0, "x" * 200 + "...", [0]]]


def test_an_empty_table_has_columns_and_a_missing_file_a_reason(root: Path) -> None:
    (root / "x.csv").write_text("n,s\n")
    told = look({"csv": {"path": "x.csv"}}, {"n": "int64"})
    assert (told["rows"], told["sample"], column(told, "n")["nulls"]) == (0, [], 0)
    with pytest.raises(StepFailure) as caught:
        look({"csv": {"path": "y.csv"}}, {"n": "int64"})
    assert caught.value.outcome.code == "missing-file"


def test_a_source_without_one_declared_column_is_counted(root: Path) -> None:
    (root / "x.csv").write_text("a,b\n1,2\n3,4\n")
    told = look({"csv": {"path": "x.csv"}}, {"n": "int64"})
    assert (told["rows"], told["sample"]) == (2, [])


def test_a_digest_is_of_the_rows_and_not_of_how_they_lie() -> None:
    values: dict[str, Any] = {
        "id": [1, 2, 3, 4],
        "s": ["a", None, "", "b"],
        "f": [1.5, None, 2.5, 0.0],
        "b": [True, False, None, True],
        "l": [[1], None, [], [2, 3]],
    }
    table = pa.table(values)
    digest = table_digest(table, ("id",))
    in_pieces = pa.concat_tables([table.slice(2), table.slice(0, 1), table.slice(1, 1)])
    assert table_digest(in_pieces, ("id",)) == digest
    assert table_digest(in_pieces) == digest, "without a key their values order the rows"
    assert table_digest(table.select(["l", "b", "f", "s", "id"]), ("id",)) == digest
    for name, changed in (
        ("s", ["a", "", None, "b"]),
        ("s", ["ab", None, "", ""]),
        ("f", [1.5, 0.0, 2.5, None]),
        ("b", [True, None, False, True]),
        ("l", [[1], [], None, [2, 3]]),
        ("id", [1, 2, 3, 5]),
    ):
        assert table_digest(pa.table({**values, name: changed}), ("id",)) != digest
    assert table_digest(table.slice(0, 3), ("id",)) != digest
