"""Tables and columns are looked for before anything starts; looking writes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from exai_runtime.local.sources import source_problems
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
SQL = "{sql: {connection: warehouse, table: things}}"


def told(root: Path, source: str = SQL) -> list[str]:
    (root / "exai.yaml").write_text(SPECS.format(source=source))
    loaded = load(root)
    assert loaded.project is not None, loaded.diagnostics
    environment = loaded.project.environment("local")
    assert environment is not None
    problems = source_problems(loaded.project, environment, root, frozenset({"d"}))
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
        "missing-column 14 table `things` has no column `a` (did you mean `A_`?)",
        "missing-column 15 table `things` has no column `the b` (it has: A_, b)",
    ]


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


def test_an_empty_file_has_none_of_the_columns(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"")
    told_codes = [line.split()[0] for line in told(tmp_path, "{csv: {path: x.csv}}")]
    assert told_codes == ["missing-column", "missing-column"]


def test_looking_writes_nothing_beside_a_database_with_a_log(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute('CREATE TABLE things (a INTEGER, "the b" TEXT)')
        writer.commit()
        (tmp_path / "x.db-shm").unlink()
        before = sorted(tmp_path.iterdir())
        assert told(tmp_path) == []
        assert sorted(p for p in tmp_path.iterdir() if p.name != "exai.yaml") == before
