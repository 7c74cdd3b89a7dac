"""The version that an alias names, read from the registry's file. That MLflow answers the same:
tests/local/components/test_evaluation_metrics.py.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from exai_components.registry import named_in_file

# The columns that are read.
TABLES = """
CREATE TABLE alembic_version (version_num TEXT);
CREATE TABLE registered_model_aliases (workspace TEXT, name TEXT, alias TEXT, version INTEGER);
CREATE TABLE model_versions (workspace TEXT, name TEXT, version INTEGER, current_stage TEXT);
CREATE TABLE model_version_tags
  (workspace TEXT, name TEXT, version INTEGER, key TEXT, value TEXT);
INSERT INTO alembic_version VALUES ('dc11669786a5');
INSERT INTO model_versions VALUES
  ('default', 'm', 1, 'None'), ('default', 'm', 2, 'Deleted_Internal'), ('other', 'm', 1, 'None');
INSERT INTO model_version_tags VALUES
  ('default', 'm', 1, 'k', 'v'), ('other', 'm', 1, 'k', 'w');
INSERT INTO registered_model_aliases VALUES
  ('default', 'm', 'a', 1), ('default', 'm', 'b', 2), ('other', 'm', 'c', 1);
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """One living version, and one that is deleted."""
    path = tmp_path / "mlflow.db"
    change(path, TABLES)
    return path


def change(path: Path, statements: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(statements)


def test_its_tags_by_its_number(file: Path) -> None:
    before = file.read_bytes()
    assert named_in_file(file, "m", "a") == {1: {"k": "v"}}
    assert file.read_bytes() == before


@pytest.mark.parametrize(("model", "alias"), [("m", "c"), ("n", "a")])
def test_none_has_that_name(file: Path, model: str, alias: str) -> None:
    assert named_in_file(file, model, alias) == {}


@pytest.mark.parametrize("alias", ["b", "latest", "Latest"])
def test_what_mlflow_has_its_own_way_with(file: Path, alias: str) -> None:
    assert named_in_file(file, "m", alias) is None


@pytest.mark.parametrize(
    "other",
    [
        "UPDATE alembic_version SET version_num = '0000'",
        "DELETE FROM alembic_version",
        "DROP TABLE model_version_tags",
    ],
)
def test_tables_that_are_not_known(file: Path, other: str) -> None:
    change(file, other)
    assert named_in_file(file, "m", "a") is None


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert named_in_file(tmp_path / "x.db", "m", "a") is None
    assert list(tmp_path.iterdir()) == []
