"""What the step was asked for: the compiler's struct of a FeatureService as a frozen value."""

import ast
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from exai_components.outcome import StepFailure

STORE = "EXAI_FEATURE_STORE"


@dataclass(frozen=True, slots=True)
class Asked:
    """`repository` are files by path, `sources` inlined Datasets by name; `columns` maps a column
    of the result to its `view:feature`, `types` to its type. `postgres` is the connection whose
    live tables are joined where they are; without one, rows are loaded and joined here.
    """

    service: str
    timestamp: str
    repository: Mapping[str, str]
    sources: Mapping[str, Mapping[str, Any]]
    columns: Mapping[str, str]
    types: Mapping[str, Any]
    request: Mapping[str, Any]
    postgres: str = ""


def read_asked(features: Mapping[str, Any], timestamp: str) -> Asked:
    """The struct as KFP hands it over. `timestamp` is the spine's column."""
    if not timestamp:
        raise StepFailure(
            "missing-timestamp",
            "The rows have no time, so which features held then can't be known",
            "Give the Dataset that `data` comes from a `timestamp`",
        )
    repository = {str(path): str(text) for path, text in features["repository"].items()}
    for path in repository:
        parts = PurePosixPath(path)
        if parts.is_absolute() or ".." in parts.parts:
            raise StepFailure(
                "path-leaves-repository",
                f"{path} leads out of the repository",
                "Apply again with this version of exai; if it stays, report it",
            )
    return Asked(
        service=str(features["service"]),
        timestamp=timestamp,
        repository=repository,
        sources=dict(features["sources"]),
        columns=dict(features["columns"]),
        types=dict(features["types"]),
        request=dict(features.get("request") or {}),
        postgres=_connection(),
    )


def imported_sources(definitions: str, known: Mapping[str, Any]) -> dict[str, str]:
    """The names that `definitions.py` imports from `exai_sources`, each with its Dataset."""
    names = [
        alias.name
        for node in ast.walk(ast.parse(definitions))
        if isinstance(node, ast.ImportFrom) and node.module == "exai_sources"
        for alias in node.names
    ]
    found = {}
    for name in names:
        for dataset in (name.removeprefix("source_"), name, name.removesuffix("_source")):
            if dataset in known:
                found[name] = dataset
                break
        else:
            raise StepFailure(
                "unknown-source",
                f"The definitions import an unknown source {name}",
                "Apply again with this version of exai; if it stays, report it",
            )
    return found


def _connection() -> str:
    """The connection of a `postgres` offline store in EXAI_FEATURE_STORE; empty when it is none."""
    try:
        store = json.loads(os.environ.get(STORE) or "{}").get("offline_store") or {}
    except (ValueError, AttributeError):
        raise StepFailure(
            "broken-feature-store",
            f"{STORE} is no JSON object",
            "Apply again: exai sets it from features of the environment",
        ) from None
    return str(store.get("connection") or "") if store.get("type") == "postgres" else ""
