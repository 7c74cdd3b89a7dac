"""Versions of data: one changed byte is another version, a touched file isn't."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.maybe import Known, Unknown
from exai_compiler.project import Project, link
from exai_runtime.local.answers import Answers
from exai_runtime.local.content import ContentCache
from exai_runtime.local.data import NOT_WATCHED, data_versions
from exai_runtime.local.paths import Paths
from exai_specs.documents import read
from exai_specs.kinds.environment import Environment
from exai_specs.parse import Spec, parse


def project_of(text: str) -> tuple[Project, Environment]:
    head = (
        "apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: p}\n"
        "spec: {environments: {local: {target: local, connections: {\n"
        "  lite: {sqlite: {path: data/x.db}},\n"
        "  pg: {postgresql: {host: h, database: d, user: u, password: {secret: s, key: k}}}}}}}\n"
    )
    documents, problems = read(head + text, "exai.yaml")
    assert problems == ()
    specs = [spec for document in documents if isinstance(spec := parse(document), Spec)]
    assert len(specs) == len(documents)
    project = link(specs)
    assert project is not None
    environment = project.environment("local")
    assert environment is not None
    return project, environment


def dataset(source: str, version: str = "") -> str:
    more = f", version: {version}" if version else ""
    return (
        "---\napiVersion: exai.dev/v1alpha1\nkind: Dataset\nmetadata: {name: d}\n"
        f"spec: {{source: {source}, schema: {{a: int64}}{more}}}\n"
    )


def version(root: Path, text: str, cache: Path | None = None) -> Any:
    project, environment = project_of(text)
    answers = Answers(Paths(root, "local"), environment, root / "answers.json")
    content = ContentCache(cache or root / "cache.json")
    return data_versions(project, environment, root, content, answers).versions["d"]


SHA = "9f86d081884c7d659a2feaa0c55ad015" * 2
CSV = dataset("{csv: {path: data/x.csv}}")
SQLITE = dataset("{sql: {connection: lite, table: t}}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path


def test_one_byte_makes_another_version_and_a_touch_does_not(root: Path) -> None:
    file = root / "data/x.csv"
    file.write_text("a\n1\n")
    first = version(root, CSV)
    assert isinstance(first, Known)
    os.utime(file, (1, 1))
    assert version(root, CSV) == first
    file.write_text("a\n2\n")
    os.utime(file, (1, 1))
    assert version(root, CSV) != first


def test_a_missing_file_is_unknown_with_its_path(root: Path) -> None:
    found = version(root, CSV)
    assert isinstance(found, Unknown)
    assert "data/x.csv" in found.reason
    assert str(found.waits_for) == "Dataset/d"


def test_sqlite_counts_what_still_stands_in_its_log(root: Path) -> None:
    path = root / "data/x.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (a)")
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        first = version(root, SQLITE)
        db.execute("INSERT INTO t VALUES (1)")
        db.commit()
        assert path.with_name("x.db-wal").stat().st_size > 0
        second = version(root, SQLITE)
    assert isinstance(first, Known)
    assert second != first


@pytest.mark.parametrize(
    ("source", "how", "wanted"),
    [
        ("{csv: {path: nowhere.csv}}", "{fixed: 2026-Q4}", "fixed:2026-Q4"),
        ("{csv: {path: nowhere.csv}}", "none", "none"),
        ("{sql: {connection: pg, table: t}}", "", NOT_WATCHED),
        ("{parquet: {path: s3://acme/x}}", "", NOT_WATCHED),
        (f"{{http: {{url: 'https://nowhere.invalid/x', sha256: {SHA}}}}}", "", SHA),
    ],
)
def test_versions_that_look_at_nothing(root: Path, source: str, how: str, wanted: str) -> None:
    assert version(root, dataset(source, how)) == Known(wanted)


def test_an_unknown_connection_says_so(root: Path) -> None:
    found = version(root, dataset("{sql: {connection: other, table: t}}"))
    assert isinstance(found, Unknown)
    assert "other" in found.reason


def test_a_young_file_is_never_remembered(root: Path) -> None:
    file = root / "data/x.csv"
    file.write_text("a\n1\n")
    cache = root / "cache.json"
    version(root, CSV, cache)
    assert not cache.exists()


def test_an_old_file_is_hashed_once(root: Path) -> None:
    file = root / "data/x.csv"
    file.write_text("a\n1\n")
    old = time.time() - 100
    os.utime(file, (old, old))
    cache = root / "cache.json"
    looked = ContentCache(cache)
    look = file.stat()
    # ctime can't be set back: remember the file by hand, with a digest that gives itself away.
    times = [look.st_size, look.st_mtime_ns, look.st_ctime_ns, look.st_ino]
    cache.write_text(json.dumps({str(file): [*times, "kept"]}))
    assert looked.digest(file) != "kept"
    assert ContentCache(cache).digest(file) == "kept"
    cache.write_text("not json")
    assert ContentCache(cache).digest(file) == looked.digest(file)


def test_a_folder_is_the_names_and_contents_of_its_files(root: Path) -> None:
    folder = dataset("{parquet: {path: data/parts}}")
    (root / "data/parts").mkdir()
    (root / "data/parts/b").write_text("2")
    (root / "data/parts/a").write_text("1")
    first = version(root, folder)
    assert isinstance(first, Known)
    (root / "data/parts/_SUCCESS").write_text("")
    (root / "data/parts/.a.crc").write_text("x")
    assert version(root, folder) == first
    (root / "data/parts/a").rename(root / "data/parts/c")
    assert version(root, folder) != first


DECLARED = "source: {}, key: [a], schema: {{a: int64, b: string}}, version: {}"


def sqlite(root: Path, *statements: str) -> None:
    with closing(sqlite3.connect(root / "data/x.db")) as db, db:
        for statement in statements:
            db.execute(statement)


def declared(source: str, how: str) -> str:
    return (
        "---\napiVersion: exai.dev/v1alpha1\nkind: Dataset\nmetadata: {name: d}\n"
        f"spec: {{{DECLARED.format(source, how)}}}\n"
    )


def test_a_query_tells_the_version(root: Path) -> None:
    sqlite(root, "CREATE TABLE t (a INTEGER, b TEXT)", "INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    asked = declared(
        "{sql: {connection: lite, table: t}}", "{query: 'SELECT max(a), 5 % 3 FROM t'}"
    )
    assert version(root, asked) == Known("query:[2, 2]")
    sqlite(root, "INSERT INTO t VALUES (3, 'z')")
    assert version(root, asked) == Known("query:[3, 2]"), "kept by content, not for ever"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT a FROM t", "several rows"),
        ("SELECT a FROM t WHERE a > 9", "no row"),
        ("SELECT no_such FROM t", "no such column: no_such"),
        ("DELETE FROM t", "readonly database"),
    ],
)
def test_a_query_without_one_row_is_unknown_and_says_why(root: Path, query: str, why: str) -> None:
    sqlite(root, "CREATE TABLE t (a INTEGER, b TEXT)", "INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    found = version(root, declared("{sql: {connection: lite, table: t}}", f"{{query: {query}}}"))
    assert isinstance(found, Unknown)
    assert why in found.reason


def test_a_snapshot_is_of_the_declared_rows_whatever_holds_them(root: Path) -> None:
    sqlite(
        root,
        "CREATE TABLE t (a INTEGER, b TEXT, c TEXT)",
        "INSERT INTO t VALUES (2, NULL, 'p'), (1, 'x', 'q')",
    )
    snapshot = declared("{sql: {connection: lite, table: t}}", "snapshot")
    first = version(root, snapshot)
    assert isinstance(first, Known)
    sqlite(root, "UPDATE t SET c = 'else'")
    assert version(root, snapshot) == first, "nobody declared that column"
    (root / "data/x.csv").write_text("b,a\nx,1\n,2\n")
    in_csv = declared("{csv: {path: data/x.csv}}", "snapshot")
    assert version(root, in_csv) == first
    (root / "data/x.csv").write_text('b,a\nx,1\n"",2\n')
    assert version(root, in_csv) != first, "an empty text is no missing one"
    sqlite(root, "UPDATE t SET b = 'y' WHERE a = 1")
    assert version(root, snapshot) != first
