"""MLflow's registry, for the two steps that speak to it.

In: MLFLOW_TRACKING_URI. Out: a client, or a readable failure.
Never starts a server, never phones home, never imports what only training in a notebook needs.
"""

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from exai_components.light_imports import without
from exai_components.outcome import StepFailure

# Alembic's revisions (mlflow/store/db_migrations/versions) whose tables are read here.
_REVISIONS = {("dc11669786a5",)}

# All optional to MLflow's client (its `mlflow-skinny` comes without them).
_ABSENT = ("pandas", "scipy", "sklearn", "matplotlib", "pygments", "IPython")


def open_registry(absent: Sequence[str] = ()) -> Any:
    """An `MlflowClient`; `absent` names more packages that the step doesn't use."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        raise StepFailure(
            "no-registry",
            "This environment has no registry",
            "Set MLFLOW_TRACKING_URI, such as sqlite:////path/to/mlflow.db",
        )
    with without(absent=(*_ABSENT, *absent)):
        from mlflow import MlflowClient

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        return MlflowClient()  # imports the store that the address calls for


def registry_file() -> Path | None:
    """The SQLite file behind the registry; None when it is a server or another database."""
    parts = urlsplit(os.environ.get("MLFLOW_TRACKING_URI", ""))
    return Path(unquote(parts.path)[1:]) if parts.scheme == "sqlite" else None


def named_in_file(file: Path, model: str, alias: str) -> dict[int, dict[str, str]] | None:
    """The tags of the version that an alias names, by its number; empty when there is none. None
    when MLflow has to be asked: for tables of another revision, for an alias that isn't one to it,
    and when SQLite has something against it. Importing MLflow for this takes two seconds.
    """
    if alias.lower() == "latest":
        return None
    of = (model, alias)
    try:
        with contextlib.closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        ) as database:
            database.execute("BEGIN")
            revisions = database.execute("SELECT version_num FROM alembic_version").fetchall()
            if not revisions or not set(revisions) <= _REVISIONS:
                return None
            named = database.execute(
                "SELECT version FROM registered_model_aliases"
                " WHERE workspace = 'default' AND name = ? AND alias = ?",
                of,
            ).fetchone()
            if named is None:
                return {}
            of_version = (model, named[0])
            living = database.execute(
                "SELECT 1 FROM model_versions WHERE workspace = 'default'"
                " AND name = ? AND version = ? AND current_stage <> 'Deleted_Internal'",
                of_version,
            ).fetchone()
            tags = database.execute(
                "SELECT key, value FROM model_version_tags"
                " WHERE workspace = 'default' AND name = ? AND version = ?",
                of_version,
            ).fetchall()
    except sqlite3.Error:
        return None
    return {named[0]: dict(tags)} if living else None


@contextmanager
def registry_failures() -> Iterator[None]:
    """What the registry refuses or can't do becomes a failure that a retry may mend."""
    try:
        yield
    except StepFailure:
        raise
    except Exception as error:
        if not type(error).__module__.startswith(("mlflow", "requests", "urllib3", "sqlalchemy")):
            raise
        told = str(error).strip().splitlines() or [type(error).__name__]
        raise StepFailure(
            "registry-failed",
            f"The registry answered: {told[0]}",
            "See that it is up, and that this environment may write to it",
            final=False,
        ) from None
