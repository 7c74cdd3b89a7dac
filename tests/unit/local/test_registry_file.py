"""The registry's file without MLflow. That MLflow itself sees the same: tests/local/target."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from exai_runtime.local import registry_file
from exai_runtime.local.registry_file import KNOWN
from exai_runtime.registered import Stored, StoredVersion

# The columns that are read, of MLflow's own tables.
TABLES = """
CREATE TABLE alembic_version (version_num TEXT);
CREATE TABLE registered_models (workspace TEXT, name TEXT);
CREATE TABLE registered_model_tags (workspace TEXT, name TEXT, key TEXT, value TEXT);
CREATE TABLE registered_model_aliases
  (workspace TEXT, name TEXT, alias TEXT, version INTEGER, PRIMARY KEY (workspace, name, alias));
CREATE TABLE model_versions
  (workspace TEXT, name TEXT, version INTEGER, source TEXT, current_stage TEXT);
CREATE TABLE model_version_tags
  (workspace TEXT, name TEXT, version INTEGER, key TEXT, value TEXT,
   PRIMARY KEY (workspace, key, name, version));
INSERT INTO registered_models VALUES ('default', 'm'), ('default', 'p'), ('other', 'x');
INSERT INTO registered_model_tags VALUES ('default', 'p', 'mlflow.prompt.is_prompt', 'true');
INSERT INTO registered_model_aliases VALUES ('default', 'm', 'a', 1), ('default', 'p', 'a', 1);
INSERT INTO model_versions VALUES
  ('default', 'm', 1, 'file:///1', 'None'), ('default', 'm', 2, NULL, 'Production'),
  ('default', 'm', 3, 's', 'Deleted_Internal'), ('default', 'p', 1, 's', 'None'),
  ('other', 'x', 1, 's', 'None');
INSERT INTO model_version_tags VALUES
  ('default', 'm', 1, 'k', 'v'), ('default', 'p', 1, 'mlflow.prompt.is_prompt', 'true');
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mlflow ?#.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(TABLES)
        database.execute("INSERT INTO alembic_version VALUES (?)", (min(KNOWN),))
        database.commit()
    return path


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(statement)


HELD = Stored(
    (StoredVersion("m", 1, "file:///1", {"k": "v"}), StoredVersion("m", 2, None, {})),
    {"m": {"a": 1}},
)


def test_living_versions_of_models(file: Path) -> None:
    before = file.read_bytes()
    assert registry_file.read(file) == HELD
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_tags_and_aliases_are_set_and_set_anew(file: Path) -> None:
    assert registry_file.set_tag(file, "m", 2, "t", "one")
    assert registry_file.set_tag(file, "m", 2, "t", "two")
    assert registry_file.set_alias(file, "m", "a", 2)
    assert registry_file.set_alias(file, "m", "b", 1)
    found = registry_file.read(file)
    assert found is not None
    assert found.versions[1].tags == {"t": "two"}
    assert found.aliases == {"m": {"a": 2, "b": 1}}


@pytest.mark.parametrize("version", [3, 4])
def test_of_a_version_that_is_not_there_nothing_is_written(file: Path, version: int) -> None:
    assert not registry_file.set_tag(file, "m", version, "t", "v")
    assert not registry_file.set_alias(file, "m", "a", version)
    assert registry_file.read(file) == HELD


@pytest.mark.parametrize(
    "other",
    [
        "UPDATE alembic_version SET version_num = '0000'",
        "INSERT INTO alembic_version VALUES ('0000')",
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
        "DROP TABLE model_version_tags",
    ],
)
def test_other_tables_are_left_to_mlflow(file: Path, other: str) -> None:
    change(file, other)
    before = file.read_bytes()
    assert registry_file.read(file) is None
    assert not registry_file.set_tag(file, "m", 1, "t", "v")
    assert file.read_bytes() == before


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    assert registry_file.read(path) is None
    assert not registry_file.set_alias(path, "m", "a", 1)
    assert not path.exists()
