"""What the registry said, kept under the stamp that it had then: the same stamp means that it still
holds.

Outside the project and disposable. Reading it is what keeps a plan without changes from importing
MLflow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exai_compiler.facts import ModelFacts, ModelVersion
from exai_runtime.registered import parse_champion, parse_features, parse_verdict
from exai_runtime.whole_file import write_whole
from exai_specs.values import fields, is_dataclass

_FORM = 2


def load(path: Path, stamp: tuple[int, ...]) -> Mapping[str, ModelFacts] | None:
    """None when nothing was kept under this stamp."""
    try:
        value = json.loads(path.read_bytes())
        if value["form"] != _FORM or value["stamp"] != list(stamp):
            return None
        return MappingProxyType({name: _model(item) for name, item in value["models"].items()})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save(path: Path, stamp: tuple[int, ...], models: Mapping[str, ModelFacts]) -> None:
    """Fails silently: it is only a cache."""
    value = {
        "form": _FORM,
        "stamp": stamp,
        "models": {name: plain(item) for name, item in models.items()},
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(value))
    except OSError:
        return


def plain(value: Any) -> Any:
    """Facts as JSON; read-only mappings included, which `asdict` can't copy."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def _model(value: dict[str, Any]) -> ModelFacts:
    return ModelFacts(tuple(map(_version, value["versions"])), MappingProxyType(value["aliases"]))


def _version(value: dict[str, Any]) -> ModelVersion:
    verdict = value["verdict"]
    return ModelVersion(
        model=value["model"],
        number=value["number"],
        uri=value["uri"],
        digest=value["digest"],
        run_key=value["run_key"],
        format=value["format"],
        metrics=MappingProxyType(value["metrics"]),
        champion=parse_champion(value["champion"]),
        verdict=parse_verdict(verdict) if verdict else None,
        features=parse_features(value["features"]),
    )
