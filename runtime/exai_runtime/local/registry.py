"""MLflow's registry on the environment's own SQLite file, in process: versions, verdicts, aliases.

Importing MLflow costs seconds, so it is asked only of a file that `registry_file` can't read or
write by itself. Verdicts and aliases are written through here and
nowhere else.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exai_compiler.facts import ModelFacts, Verdict
from exai_runtime.local import registry_file
from exai_runtime.mlflow_client import client_of, stored_in
from exai_runtime.registered import VERDICT_TAG, Stored, models_of
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span


def registry_uri(path: Path) -> str:
    """What MLflow takes as its URI. Raises TargetError for a path that it can't open."""
    # SQLAlchemy takes what follows `?` for options, and `%41` for `A`; MLflow takes neither so.
    if bad := next((sign for sign in "?%" if sign in str(path)), None):
        problem = f"MLflow can't open a database below a folder with `{bad}` in its name: {path}"
        hint = "rename that folder"
        raise TargetError(Diagnostic("unusable-path", problem, Span("exai.yaml"), hint=hint))
    return f"sqlite:///{path}"


def stamp(path: Path) -> tuple[int, ...] | None:
    """Changes whenever the file's content does; None without a file.

    The change counter stands at byte 24 of an SQLite file's header; with a WAL, the newest content
    is in that file.
    """
    try:
        found = path.stat()
        with path.open("rb") as stream:
            counter = int.from_bytes(stream.read(28)[24:28], "big")
    except OSError:
        return None
    wal = (0, 0)
    with contextlib.suppress(OSError):
        log = path.with_name(path.name + "-wal").stat()
        wal = (log.st_size, log.st_mtime_ns)
    return (found.st_size, found.st_mtime_ns, counter, *wal)


def read_models(path: Path) -> Mapping[str, ModelFacts]:
    """Every registered model with its versions and aliases.

    Raises TargetError `damaged-registry` for a file that MLflow can't read.
    """
    if stamp(path) is None:
        return MappingProxyType({})
    return models_of(registry_file.read(path) or _asked(path))


def record_verdict(path: Path, verdict: Verdict) -> None:
    """Write the verdict as a tag of its version."""
    text = json.dumps(asdict(verdict), sort_keys=True)
    if registry_file.set_tag(path, verdict.model, verdict.version, VERDICT_TAG, text):
        return
    with _readable(path) as client:
        client.set_model_version_tag(verdict.model, str(verdict.version), VERDICT_TAG, text)


def move_alias(path: Path, model: str, alias: str, version: int) -> None:
    if registry_file.set_alias(path, model, alias, version):
        return
    with _readable(path) as client:
        client.set_registered_model_alias(model, alias, str(version))


def _asked(path: Path) -> Stored:
    """What MLflow says that it holds."""
    with _readable(path) as client:
        return stored_in(client)


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[Any]:
    """A client; what the database has against being read or written becomes a TargetError."""
    _require_database(path)
    client = _client(path)  # MLflow's imports are behind it
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield client
    except (MlflowException, SQLAlchemyError) as error:
        raise _trouble(path, str(error).splitlines()[0]) from None


def _require_database(path: Path) -> None:
    """Refuse at once what isn't a whole SQLite database: MLflow would try again and again."""
    if stamp(path) is None or path.stat().st_size == 0:
        return
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)
        ) as database:
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        return  # locked, or with a transaction that a kill left: MLflow mends that by itself
    except sqlite3.DatabaseError as error:
        raise _trouble(path, str(error)) from None


def _trouble(path: Path, said: str) -> TargetError:
    if "database is locked" in said:
        problem = f"another program has the registry locked: {path}"
        hint = "end that program, or wait until it is done"
        return TargetError(Diagnostic("registry-locked", problem, Span("exai.yaml"), hint=hint))
    problem = f"the registry can't be read or written: {path}: {said}"
    hint = "put a copy of it back; or `exai destroy --purge`, to start afresh without its models"
    return TargetError(Diagnostic("damaged-registry", problem, Span("exai.yaml"), hint=hint))


def _client(path: Path) -> Any:
    return client_of(registry_uri(path), path.stat().st_ino if path.exists() else 0)
