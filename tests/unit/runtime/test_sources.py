"""Tables and columns are looked for before anything starts; looking writes nothing."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from exai_runtime.local.answers import Answers
from exai_runtime.local.content import ContentCache
from exai_runtime.local.paths import Paths
from exai_runtime.local.sources import Look, source_problems
from exai_runtime.workspace import load

SPECS = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {{name: p}}
spec:
  environments:
    local: {{target: local, connections: {{warehouse: {{sqlite: {{path: x.db}}}}}}}}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {{name: d}}
spec:
  source: {source}
  schema:
    a: int64
    b: {{type: string, source: "the b"}}
"""
INSERT = "INSERT INTO things VALUES ('{}', 'x')"
SQL = "{sql: {connection: warehouse, table: things}}"


def told(root: Path, source: str = SQL) -> list[str]:
    (root / "exai.yaml").write_text(SPECS.format(source=source))
    loaded = load(root)
    assert loaded.project is not None, loaded.diagnostics
    environment = loaded.project.environment("local")
    assert environment is not None
    cache = root.parent / f"{root.name}-cache"
    answers = Answers(Paths(root, "local"), environment, cache / "answers.json")
    look = Look(root, ContentCache(cache / "content.json"), answers)
    problems = source_problems(loaded.project, environment, look, frozenset({"d"}))
    return [f"{d.code} {d.at.line} {d.message} ({d.hint})" for d in problems]


def database(root: Path, *statements: str) -> None:
    with closing(sqlite3.connect(root / "x.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_all_is_there(tmp_path: Path) -> None:
    database(tmp_path, 'CREATE TABLE things (a INTEGER, "the b" TEXT, more TEXT)')
    assert told(tmp_path) == []


def test_a_table_that_isnt_there(tmp_path: Path) -> None:
    database(tmp_path, "CREATE TABLE thing (a INTEGER)")
    assert told(tmp_path) == [
        "missing-table 12 `x.db` has no table `things` (did you mean `thing`?)"
    ]


def test_columns_that_arent_there(tmp_path: Path) -> None:
    database(tmp_path, "CREATE TABLE things (A_ INTEGER, b TEXT)")
    assert told(tmp_path) == [
        "missing-column 14 table `things` differs from Dataset/d in 2 columns:\n"
        "a      the spec has int64   the data has no such column (did you mean `A_`?)\n"
        "the b  the spec has string  the data has no such column"
        " (change the schema of the Dataset, or the data)"
    ]


def test_a_column_of_another_type(tmp_path: Path) -> None:
    database(tmp_path, 'CREATE TABLE things (a TEXT, "the b" TEXT)')
    database(tmp_path, *(INSERT.format(f"no {n}") for n in range(3)))
    assert told(tmp_path) == [
        "changed-type 14 table `things` differs from Dataset/d in a column:\n"
        "a  the spec has int64  the data has values such as 'no 0'"
        " (change the schema of the Dataset, or the data)"
    ]


@pytest.mark.parametrize("values", [("no", "no"), ("no", "no", "7"), ("1", "2", "3"), ()])
def test_a_bad_value_is_left_to_the_step(tmp_path: Path, values: tuple[str, ...]) -> None:
    database(tmp_path, 'CREATE TABLE things (a TEXT, "the b" TEXT)')
    database(tmp_path, *(INSERT.format(value) for value in values))
    assert told(tmp_path) == []


def test_missing_columns_and_other_types_are_one_difference(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,c\none,1\ntwo,2\nthree,3\n")
    assert told(tmp_path, "{csv: {path: x.csv}}") == [
        "missing-column 15 `x.csv` differs from Dataset/d in 2 columns:\n"
        "a      the spec has int64   the data has values such as 'one'\n"
        "the b  the spec has string  the data has no such column"
        " (change the schema of the Dataset, or the data)"
    ]


PARQUET = "{parquet: {path: x.parquet}}"


def write_parquet(path: Path, **columns: list[object]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), path)


def test_parquet_has_its_schema_in_its_footer_and_is_looked_at_once(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    write_parquet(file, a=["one"], the_b=[1.5])
    times = (1_000_000_000, 1_000_000_000)
    os.utime(file, times)
    expected = [
        "missing-column 15 `x.parquet` differs from Dataset/d in 2 columns:\n"
        "a      the spec has int64   the data has string\n"
        "the b  the spec has string  the data has no such column (did you mean `the_b`?)"
        " (change the schema of the Dataset, or the data)"
    ]
    assert told(tmp_path, PARQUET) == expected
    kept = tmp_path.parent / f"{tmp_path.name}-cache" / "answers.json"
    (answer,) = json.loads(kept.read_text()).values()
    assert [one["column"] for one in answer["drifts"]] == ["a", "the b"]
    kept.write_text(kept.read_text().replace('"string"', '"from the cache"', 1))
    assert "from the cache" in told(tmp_path, PARQUET)[0]
    write_parquet(file, a=[1], **{"the b": ["x"]})
    assert told(tmp_path, PARQUET) == []


def test_json_is_looked_at_as_well(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('[{"a": {"b": 1}, "the_b": "x"}]')
    assert told(tmp_path, "{json: {path: x.json}}") == [
        "missing-column 15 `x.json` differs from Dataset/d in 2 columns:\n"
        "a      the spec has int64   the data has struct\n"
        "the b  the spec has string  the data has no such column (did you mean `the_b`?)"
        " (change the schema of the Dataset, or the data)"
    ]
    (tmp_path / "x.json").write_text('{"a": 1, "the b": "x"}')
    assert told(tmp_path, "{json: {path: x.json}}") == []


def test_files_of_a_folder_that_differ_are_explained(tmp_path: Path) -> None:
    write_parquet(tmp_path / "parts" / "1.parquet", a=[1], **{"the b": ["x"]})
    write_parquet(tmp_path / "parts" / "2.parquet", a=[None], **{"the b": ["x"]})
    (tmp_path / "parts" / "_SUCCESS").write_text("")
    assert told(tmp_path, "{parquet: {path: parts}}") == []
    write_parquet(tmp_path / "parts" / "3.parquet", a=["y"], c=["x"])
    (line,) = told(tmp_path, "{parquet: {path: parts}}")
    assert line.startswith("different-columns 12 Dataset/d: parts/3.parquet and parts/1.parquet")
    assert "- a: string and int64" in line
    assert "- the b: not there and string" in line
    assert "- c: string and not there" in line


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("nothing of the kind, but long enough to be looked at" * 20)
    (line,) = told(tmp_path)
    assert line.startswith("unreadable-source 12 ")


def test_a_csv_header(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,c\n1,2\n")
    assert told(tmp_path, "{csv: {path: x.csv}}") == [
        "missing-column 15 `x.csv` has no column `the b` (it has: a, c)"
    ]


def test_a_file_that_cant_be_read_is_left_to_the_step(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    assert told(tmp_path, "{csv: {path: x.csv}}") == []


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"")
    (line,) = told(tmp_path, "{csv: {path: x.csv}}")
    assert line.startswith("empty-data 12 Dataset/d: `x.csv` is empty")


def test_looking_writes_nothing_beside_a_database_with_a_log(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute('CREATE TABLE things (a INTEGER, "the b" TEXT)')
        writer.commit()
        (tmp_path / "x.db-shm").unlink()
        before = sorted(tmp_path.iterdir())
        assert told(tmp_path) == []
        assert sorted(p for p in tmp_path.iterdir() if p.name != "exai.yaml") == before
