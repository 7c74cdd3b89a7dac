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
from exai_runtime.local.content import ContentCache
from exai_runtime.local.data import NOT_WATCHED, data_versions
from exai_specs.documents import read
from exai_specs.kinds.project import Environment
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
    return data_versions(project, environment, root, ContentCache(cache or root / "cache.json"))[
        "d"
    ]


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
