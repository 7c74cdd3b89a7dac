"""load-dataset without a process: sources, casts, and what it refuses."""

import json
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from exai_components.column_types import (
    BadValue,
    arrow_type,
    cast_column,
    declared_nullable,
    declared_type,
)
from exai_components.load_dataset.connection import connection, postgresql_url
from exai_components.load_dataset.declared import read_declared
from exai_components.load_dataset.sources import read_source
from exai_components.load_dataset.table import declared_table, load_table
from exai_components.outcome import Outcome, StepFailure

SCHEMA: dict[str, Any] = {
    "id": {"type": "int64", "nullable": False},
    "size": {"type": "float64"},
    "kind": {"type": "string", "source": "the kind"},
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXAI_DATA_ROOT", str(tmp_path))
    monkeypatch.setenv("EXAI_CONNECTION_MY_DB", json.dumps({"sqlite": {"path": "data/my.db"}}))
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "my.db") as session:
        session.execute('create table things (id integer, size, "the kind" text, other text)')
        session.executemany(
            "insert into things values (?, ?, ?, 'x')",
            [(3, 1.5, "b"), (1, None, "a"), (2, 2, None)],
        )
        session.execute("create view seen as select * from things where id > 1")
    session.close()
    return tmp_path


def dataset(
    source: dict[str, Any], schema: dict[str, Any] = SCHEMA, key: tuple[str, ...] = ("id",)
):
    return {"name": "things", "source": source, "key": list(key), "timestamp": "", "schema": schema}


def load(told: dict[str, Any]) -> Any:
    declared = read_declared(told)
    return declared_table(declared, read_source(declared))


def refused(told: dict[str, Any]) -> Outcome:
    with pytest.raises(StepFailure) as caught:
        load(told)
    return caught.value.outcome


SQL = {"sql": {"connection": "my-db", "table": "things"}}


@pytest.mark.usefixtures("root")
def test_a_table_becomes_the_declared_columns_sorted_by_key() -> None:
    table = load(dataset(SQL))
    assert table.to_pydict() == {
        "id": [1, 2, 3],
        "size": [None, 2.0, 1.5],
        "kind": ["a", None, "b"],
    }
    assert [declared_type(field) for field in table.schema] == ["int64", "float64", "string"]
    assert [declared_nullable(field) for field in table.schema] == [False, True, True]


@pytest.mark.usefixtures("root")
def test_a_view_and_a_query_are_read_as_well() -> None:
    assert load(dataset({"sql": {"connection": "my-db", "table": "seen"}})).num_rows == 2
    query = 'select id, size, "the kind" from things where id = 3'
    table = load(dataset({"sql": {"connection": "my-db", "query": query}}))
    assert table.to_pydict() == {"id": [3], "size": [1.5], "kind": ["b"]}


def test_a_database_is_never_made_or_written(root: Path) -> None:
    before = (root / "data" / "my.db").read_bytes()
    load(dataset(SQL))
    assert (root / "data" / "my.db").read_bytes() == before
    assert sorted(path.name for path in (root / "data").iterdir()) == ["my.db"]


CHANGES = """
import os, sqlite3, sys
session = sqlite3.connect(sys.argv[1], isolation_level=None)
session.execute(f"pragma journal_mode = {sys.argv[2]}")
session.execute("insert into things values (9, 9, 'log', 'x')")
if sys.argv[3] == "close":
    session.close()
elif sys.argv[2] == "delete":
    session.execute("pragma cache_size = 1")
    session.execute("begin")
    session.executemany(
        "insert into things values (?, 1, 'half', ?)", [(n, "x" * 500) for n in range(20, 3000)]
    )
os._exit(0)
"""


@pytest.mark.parametrize(("journal", "end"), [("wal", "close"), ("wal", "die"), ("delete", "die")])
def test_nothing_is_written_beside_a_database(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str, end: str
) -> None:
    database = root / "data" / "my.db"
    subprocess.run([sys.executable, "-c", CHANGES, str(database), journal, end], check=True)
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    before = {path.name: path.read_bytes() for path in (root / "data").iterdir()}
    log = {("wal", "die"): "my.db-wal", ("delete", "die"): "my.db-journal"}.get((journal, end))
    assert (set(before) == {"my.db"}) if log is None else before[log], "the case is what it says"
    assert load(dataset(SQL)).to_pydict()["id"] == [1, 2, 3, 9], "what is committed, and no more"
    assert {path.name: path.read_bytes() for path in (root / "data").iterdir()} == before
    assert list((tmp_path / "temp").iterdir()) == []


def test_csv_has_the_same_result(root: Path) -> None:
    (root / "things.csv").write_text('size,the kind,id,other\n1.5,b,3,x\n,a,1,x\n2,"",2,x\n')
    table = load(dataset({"csv": {"path": "things.csv"}}))
    assert table.to_pydict() == {
        "id": [1, 2, 3],
        "size": [None, 2.0, 1.5],
        "kind": ["a", "", "b"],  # quoted: an empty text; unquoted it would be missing
    }


def test_csv_with_a_mark_line_breaks_and_umlauts(root: Path) -> None:
    text = '\ufeffid,size,the kind\r\n1,0,"zwei\nZeilen, grün"\r\n'
    (root / "things.csv").write_text(text, encoding="utf-8", newline="")
    table = load(dataset({"csv": {"path": "things.csv"}}))
    assert table.column("kind").to_pylist() == ["zwei\nZeilen, grün"]


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ({"csv": {"path": "thing.csv"}}, "missing-file", 'Did you mean "things.csv"?'),
        ({"csv": {"path": "no/thing.csv"}}, "missing-file", "There is no folder"),
        ({"csv": {"path": "../things.csv"}}, "path-leaves-data-root", "data root"),
        ({"csv": {"path": "/etc/passwd"}}, "path-leaves-data-root", "/etc/passwd"),
        ({"csv": {"path": "link.csv"}}, "path-leaves-data-root", "link.csv"),
        ({"csv": {"path": "short.csv"}}, "missing-column", 'Did you mean "sizes"?'),
        ({"csv": {"path": "twice.csv"}}, "duplicate-column", '"id" 2 times'),
        ({"csv": {"path": "ragged.csv"}}, "unreadable-file", "ragged.csv"),
        ({"csv": {"path": "latin.csv"}}, "unreadable-file", "latin.csv"),
        ({"sql": {"connection": "my-db", "table": "thing"}}, "missing-table", '"things"'),
        ({"sql": {"connection": "db", "table": "things"}}, "missing-connection", "CONNECTION_DB"),
        ({"sql": {"connection": "my-db", "query": "select 1 as id"}}, "missing-column", "size"),
        ({"sql": {"connection": "my-db", "query": "selec 1"}}, "database-error", "syntax error"),
        ({"parquet": {"path": "x"}}, "missing-file", "x"),
        ({"lance": {"uri": "x"}}, "unsupported-source", "lance"),
        ({"csv": {"path": "none.csv"}}, "empty-data", "not even a header"),
    ],
)
def test_what_is_missing_is_named(
    root: Path, source: dict[str, Any], code: str, words: str
) -> None:
    (root / "things.csv").write_text("id,size,the kind\n")
    (root / "short.csv").write_text("id,sizes,the kind\n1,1,a\n")
    (root / "twice.csv").write_text("id,id,size,the kind\n1,1,1,a\n")
    (root / "ragged.csv").write_text("id,size,the kind\n1,2\n")
    (root / "none.csv").write_text("")
    (root / "latin.csv").write_bytes("id,size,the kind\n1,2,ü\n".encode("latin-1"))
    (root / "link.csv").symlink_to("/etc/passwd")
    outcome = refused(dataset(source))
    assert outcome.code == code
    assert words in outcome.line()
    assert outcome.final
    assert "\n" not in outcome.line()


@pytest.mark.usefixtures("root")
def test_a_missing_column_of_a_table() -> None:
    outcome = refused(dataset(SQL, {**SCHEMA, "othr": {"type": "string"}}))
    assert outcome.line() == (
        'exai: The table things has no column "othr". Did you mean "other"? [missing-column]'
    )


def test_a_missing_database_is_not_created(root: Path) -> None:
    (root / "data" / "my.db").unlink()
    assert refused(dataset(SQL)).code == "missing-file"
    assert not (root / "data" / "my.db").exists()


def test_an_ill_typed_value_is_named_by_column_row_and_value(root: Path) -> None:
    (root / "things.csv").write_text("id,size,the kind\n7,1.5,a\n9,wide,b\n")
    outcome = refused(dataset({"csv": {"path": "things.csv"}}))
    assert outcome.code == "ill-typed-value"
    assert outcome.message == """things: column "size", row id 9: 'wide' is no float64"""
    assert outcome.rows == ({"id": "9"},)


def test_an_ill_typed_value_without_a_key_has_a_row_number(root: Path) -> None:
    with sqlite3.connect(root / "data" / "my.db") as session:
        session.execute("insert into things values (8, 'tall', 'c', 'x')")
    session.close()
    outcome = refused(dataset(SQL, key=()))
    assert "row number 4: 'tall' is no float64" in outcome.message
    assert outcome.rows == ({"row": 4},)


def test_all_that_changed_is_one_difference(root: Path) -> None:
    (root / "things.csv").write_text("id,sizes,kind,day\n1,2,a,b\n2,3,a,c\n3,4,b,d\n")
    schema = {**SCHEMA, "day": {"type": "date"}}
    outcome = refused(dataset({"csv": {"path": "things.csv"}}, schema))
    assert (outcome.code, outcome.final) == ("missing-column", True)
    assert outcome.message.splitlines() == [
        "things.csv differs from Dataset things in 2 columns:",
        '  - size: the spec has float64, the data has no such column (did you mean "sizes"?)',
        '  - the kind: the spec has string, the data has no such column (did you mean "kind"?)',
    ]
    outcome = refused(
        dataset({"csv": {"path": "things.csv"}}, {"id": {"type": "int64"}, "day": {"type": "date"}})
    )
    assert outcome.code == "changed-type"
    assert outcome.message.endswith("- day: the spec has date, the data has text such as 'b'")


def test_a_table_without_a_row_ends_the_step(root: Path) -> None:
    (root / "things.csv").write_text("id,size,the kind\n")
    with pytest.raises(StepFailure) as caught:
        load_table(read_declared(dataset({"csv": {"path": "things.csv"}})))
    outcome = caught.value.outcome
    assert (outcome.code, outcome.final) == ("empty-data", True)
    assert outcome.message == "things.csv is empty: Dataset things has no row"


def test_a_row_is_counted_over_all_pieces() -> None:
    declared = read_declared(dataset(SQL, {"n": {"type": "int64"}}, key=()))
    with pytest.raises(StepFailure) as caught:
        declared_table(declared, iter([{"n": [1, 2, 3]}, {"n": [4, "five"]}]))
    assert "row number 5: 'five' is no int64" in caught.value.outcome.message


@pytest.mark.usefixtures("root")
def test_an_empty_table_is_a_table() -> None:
    query = 'select id, size, "the kind" from things where id > 9'
    assert load(dataset({"sql": {"connection": "my-db", "query": query}})).num_rows == 0


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("bool", "true", True),
        ("bool", "0", False),
        ("int32", "-7", -7),
        ("int64", "9007199254740993", 9007199254740993),
        ("float32", "0.5", 0.5),
        ("float64", "1e3", 1000.0),
        ("float64", "nan", None),
        ("string", " x ", " x "),
        ("bytes", "ab", b"ab"),
        ("timestamp", "2026-11-20T10:00:00+02:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("timestamp", "2026-11-20 10:00:00", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("date", "2026-11-20", date(2026, 11, 20)),
        ("decimal", "1.10", Decimal("1.10")),
        ("json", '{"a": 1}', '{"a": 1}'),
        ("uuid", "{12345678-1234-5678-1234-567812345678}", "12345678-1234-5678-1234-567812345678"),
        ({"list": "int64"}, "[1, 2]", [1, 2]),
        ({"struct": {"a": "string"}}, '{"a": "b"}', {"a": "b"}),
    ],
)
def test_text_becomes_each_type(kind: Any, text: str, value: Any) -> None:
    column = cast_column(pa.chunked_array([[text, None]], pa.string()), kind)
    assert column.to_pylist() == [value, None]
    assert column.type == arrow_type(kind)


@pytest.mark.parametrize(
    ("kind", "values", "found"),
    [
        ("bool", [1, 0, None], [True, False, None]),
        ("int64", [1, 2.0, "3"], [1, 2, 3]),
        ("float64", [1, 2.5, "3"], [1.0, 2.5, 3.0]),
        ("string", ["a", 5, 2.5], ["a", "5", "2.5"]),
        ("date", ["2026-11-20", datetime(2026, 11, 20)], [date(2026, 11, 20)] * 2),
        ("timestamp", [date(2026, 11, 20)], [datetime(2026, 11, 20, tzinfo=UTC)]),
        ("decimal", [1, "1.5", Decimal("2.5")], [Decimal(1), Decimal("1.5"), Decimal("2.5")]),
        ("json", [{"b": 1, "a": "ü"}], ['{"a": "ü", "b": 1}']),
    ],
)
def test_raw_values_become_each_type(kind: str, values: list[Any], found: list[Any]) -> None:
    assert cast_column(values, kind).to_pylist() == found


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("bool", "yes"),
        ("bool", 2),
        ("int32", 2**31),
        ("int64", 1.5),
        ("int64", "1.5"),
        ("int64", 1e300),
        ("float64", 2**60 + 1),
        ("float64", "1,5"),
        ("string", b"\xff"),
        ("timestamp", 12),
        ("timestamp", "yesterday"),
        ("date", datetime(2026, 11, 20, 1)),
        ("decimal", "ten"),
        ("json", "{"),
        ("uuid", "x"),
        ({"list": "int64"}, '["a"]'),
    ],
)
def test_nothing_is_cut_or_guessed(kind: Any, value: Any) -> None:
    with pytest.raises(BadValue) as caught:
        cast_column([None, value], kind)
    assert (caught.value.at, caught.value.value) == (1, value)
    with pytest.raises(BadValue):
        cast_column([value, "a", 1], kind)  # whatever else is in the column


def test_a_connection_gets_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    address = {"host": "db", "port": 5433.0, "database": "ml", "user": "exai", "sslmode": "require"}
    monkeypatch.setenv("EXAI_CONNECTION_PG", json.dumps({"postgresql": address}))
    monkeypatch.setenv("EXAI_CONNECTION_PG_PASSWORD", "p@ss/word")
    kind, fields = connection("pg")
    assert kind == "postgresql"
    url = postgresql_url(fields)
    assert url.render_as_string(hide_password=False) == (
        "postgresql+psycopg://exai:p%40ss%2Fword@db:5433/ml?sslmode=require"
    )
    assert "p@ss" not in str(url)


@pytest.mark.parametrize("value", ["", "[]", "{}", '{"a": 1}', '{"sqlite": {}, "b": {}}'])
def test_a_broken_connection(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("EXAI_CONNECTION_PG", value)
    with pytest.raises(StepFailure) as caught:
        connection("pg")
    assert caught.value.outcome.code == "broken-connection"


def test_an_unknown_kind_of_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAI_CONNECTION_PG", '{"postgres": {}}')
    with pytest.raises(StepFailure) as caught:
        connection("pg")
    assert 'Did you mean "postgresql"?' in caught.value.outcome.line()
