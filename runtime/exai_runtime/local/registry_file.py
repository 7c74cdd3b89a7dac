"""The registry's SQLite file, read and written as MLflow does it, without MLflow: importing that
takes two seconds, and what a controller asks of it are two queries and two upserts.

In: a file whose tables are those of a revision that is known here. Out: rows, or that it was
written. What isn't so (another revision, a lock, a version that isn't there) is None or False, and
MLflow's own client is asked instead. Never makes or migrates a table.

Source of the rules: mlflow/store/model_registry/sqlalchemy_store.py and dbmodels/models.py, 3.17.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

from exai_runtime.registered import Stored, StoredVersion

# Alembic's revisions (mlflow/store/db_migrations/versions) whose tables are read here; a test holds
# that the newest of MLflow as it is pinned is among them.
KNOWN = frozenset({"dc11669786a5"})

# MLflow's own names: of the only workspace of a file, of a deleted version's stage, of the tag that
# tells prompts from models.
_OURS = "workspace = 'default'"
_LIVING = f"{_OURS} AND current_stage <> 'Deleted_Internal'"
_NO_PROMPT = (
    "name NOT IN (SELECT name FROM {tags} WHERE workspace = 'default'"
    " AND key = 'mlflow.prompt.is_prompt' AND value = 'true')"
)
_SECONDS = 5.0  # that another writer is waited for

T = TypeVar("T")


def read(path: Path) -> Stored | None:
    """What the file holds now, in one look; None when MLflow has to be asked."""
    return _within(path, "ro", _read)


def set_tag(path: Path, model: str, version: int, key: str, value: str) -> bool:
    """Tag a version. False when nothing was written."""
    return _write(
        path,
        model,
        version,
        "INSERT INTO model_version_tags (workspace, name, version, key, value)"
        " VALUES ('default', ?, ?, ?, ?)"
        " ON CONFLICT (workspace, key, name, version) DO UPDATE SET value = excluded.value",
        (model, version, key, value),
    )


def set_alias(path: Path, model: str, alias: str, version: int) -> bool:
    """Point an alias at a version. False when nothing was written."""
    return _write(
        path,
        model,
        version,
        "INSERT INTO registered_model_aliases (workspace, name, alias, version)"
        " VALUES ('default', ?, ?, ?)"
        " ON CONFLICT (workspace, name, alias) DO UPDATE SET version = excluded.version",
        (model, alias, version),
    )


def _read(database: sqlite3.Connection) -> Stored:
    tags: dict[tuple[str, int], dict[str, str]] = {}
    for name, version, key, value in database.execute(
        f"SELECT name, version, key, value FROM model_version_tags WHERE {_OURS}"  # noqa: S608
    ):
        tags.setdefault((name, version), {})[key] = value
    no_prompt = _NO_PROMPT.format(tags="model_version_tags")
    versions = database.execute(
        "SELECT name, version, source FROM model_versions"  # noqa: S608 - constants
        f" WHERE {_LIVING} AND {no_prompt} ORDER BY name, version"
    ).fetchall()
    no_prompt = _NO_PROMPT.format(tags="registered_model_tags")
    aliases: dict[str, dict[str, int]] = {
        name: {}
        for (name,) in database.execute(
            f"SELECT name FROM registered_models WHERE {_OURS} AND {no_prompt}"  # noqa: S608
        )
    }
    for name, alias, version in database.execute(
        f"SELECT name, alias, version FROM registered_model_aliases WHERE {_OURS}"  # noqa: S608
    ):
        if name in aliases:
            aliases[name][alias] = version
    return Stored(
        tuple(
            StoredVersion(name, version, source, tags.get((name, version), {}))
            for name, version, source in versions
        ),
        aliases,
    )


def _write(
    path: Path, model: str, version: int, statement: str, values: tuple[str | int, ...]
) -> bool:
    def upsert(database: sqlite3.Connection) -> bool | None:
        there = "SELECT 1 FROM model_versions WHERE name = ? AND version = ? AND "
        if database.execute(there + _LIVING, (model, version)).fetchone() is None:
            return None
        database.execute(statement, values)
        return True

    return _within(path, "rw", upsert) is True


def _within(
    path: Path, mode: Literal["ro", "rw"], work: Callable[[sqlite3.Connection], T | None]
) -> T | None:
    """What `work` gives, in one transaction. None, and nothing written, when it gives none, for
    tables of another revision, and when SQLite has something against it.
    """
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        with contextlib.closing(
            sqlite3.connect(uri, uri=True, timeout=_SECONDS, isolation_level=None)
        ) as database:
            database.execute("BEGIN" if mode == "ro" else "BEGIN IMMEDIATE")
            rows = database.execute("SELECT version_num FROM alembic_version").fetchall()
            if not rows or not {row[0] for row in rows} <= KNOWN:
                return None
            found = work(database)
            if found is not None:
                database.execute("COMMIT")
            return found
    except sqlite3.Error:
        return None
