"""MLflow's registry on the environment's own SQLite file, in process: versions, verdicts, aliases.

Importing MLflow costs seconds, so it happens here alone, inside functions, and only for a file that
`registry_file` can't read or write by itself. Verdicts and aliases are written through here and
nowhere else.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exai_compiler.facts import (
    Champion,
    FeaturesUsed,
    GateResult,
    ModelFacts,
    ModelVersion,
    Verdict,
)
from exai_runtime.local import registry_file
from exai_runtime.local.paths import cache_folder
from exai_runtime.local.registry_file import Stored, StoredVersion
from exai_runtime.local.surroundings import SILENT
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span

VERDICT_TAG = "exai.verdict"


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
    return _models(registry_file.read(path) or _asked(path))


def models_of(client: Any) -> Mapping[str, ModelFacts]:
    """What a client of a registry sees, wherever that is."""
    return _models(_stored(client))


def _models(found: Stored) -> Mapping[str, ModelFacts]:
    versions: dict[str, list[ModelVersion]] = {}
    for item in found.versions:
        versions.setdefault(item.name, []).append(_version(item))
    return MappingProxyType(
        {
            name: ModelFacts(
                tuple(sorted(versions.get(name, ()), key=lambda version: version.number)),
                MappingProxyType(dict(sorted(aliases.items()))),
            )
            for name, aliases in sorted(found.aliases.items())
        }
    )


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


def parse_verdict(value: Mapping[str, Any]) -> Verdict:
    results = tuple(GateResult(**item) for item in value["results"])
    return Verdict(
        value["model"], int(value["version"]), value["gates"], bool(value["passed"]), results
    )


def parse_champion(value: Mapping[str, Any] | None) -> Champion | None:
    return (
        None
        if not value
        else Champion(
            int(value["version"]), _floats(value.get("metrics")), str(value.get("problem") or "")
        )
    )


def parse_features(value: Mapping[str, Any] | None) -> FeaturesUsed | None:
    """What a version says of its features; None when it was trained on none."""
    if not value:
        return None
    return FeaturesUsed(
        str(value.get("service") or ""), _texts(value.get("views")), _texts(value.get("columns"))
    )


def _texts(value: Any) -> Mapping[str, str]:
    told = value if isinstance(value, Mapping) else {}
    return MappingProxyType({str(name): str(text) for name, text in sorted(told.items())})


def _asked(path: Path) -> Stored:
    """What MLflow says that it holds."""
    with _readable(path) as client:
        return _stored(client)


def _stored(client: Any) -> Stored:
    versions = tuple(
        StoredVersion(item.name, int(item.version), item.source, dict(item.tags))
        for item in _pages(client.search_model_versions)
    )
    aliases = {
        str(model.name): {alias: int(number) for alias, number in dict(model.aliases).items()}
        for model in _pages(client.search_registered_models)
    }
    return Stored(versions, aliases)


def _version(item: StoredVersion) -> ModelVersion:
    told = _json(item.tags.get("exai.metrics"))
    verdict = _json(item.tags.get(VERDICT_TAG))
    return ModelVersion(
        model=item.name,
        number=item.version,
        uri=item.tags.get("exai.uri", item.source or ""),
        digest=item.tags.get("exai.digest", ""),
        run_key=item.tags.get("exai.run_key", ""),
        # The only one there was before the tag.
        format=item.tags.get("exai.format") or "h2o-mojo",
        metrics=_floats(told.get("metrics")),
        champion=parse_champion(told.get("champion")),
        verdict=parse_verdict(verdict) if verdict else None,
        features=parse_features(_json(item.tags.get("exai.features"))),
    )


def _floats(value: Any) -> Mapping[str, float]:
    return MappingProxyType({name: float(number) for name, number in sorted((value or {}).items())})


def _json(text: str | None) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        value = json.loads(text or "{}")
        if isinstance(value, dict):
            return value
    return {}


def _pages(search: Any) -> Iterator[Any]:
    token = None
    while True:
        page = search(page_token=token)
        yield from page
        token = page.token
        if not token:
            return


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


@cache
def client_of(uri: str, inode: int) -> Any:
    """One client for each file, though another may have had its path before."""
    del inode
    import_mlflow()
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def import_mlflow() -> None:
    """Once, and without what it would tell others or log."""
    if "mlflow" in sys.modules:
        return
    os.environ.update(SILENT)
    os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.WARNING)
    import mlflow.store.model_registry.sqlalchemy_store  # noqa: F401

    # Its modules live as long as the process: a collection at the end would walk them for a second.
    gc.freeze()
