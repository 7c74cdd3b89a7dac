"""Model versions as exai tags them, in any registry of MLflow's.

In: rows or entities of a registry, as `Stored`. Out: `ModelFacts`. What others have written into
exai's tags counts as absent. Reads nothing; imports no MLflow.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from exai_compiler.facts import (
    Champion,
    FeaturesUsed,
    GateResult,
    ModelFacts,
    ModelVersion,
    Verdict,
)
from exai_specs.values import frozen

VERDICT_TAG = "exai.verdict"
T = TypeVar("T")


@frozen
class StoredVersion:
    """A model version's row, under the names of MLflow's entity."""

    name: str
    version: int
    source: str | None
    tags: Mapping[str, str]


@frozen
class Stored:
    """Every version, and the aliases of every registered model."""

    versions: tuple[StoredVersion, ...]
    aliases: Mapping[str, Mapping[str, int]]


def models_of(found: Stored) -> Mapping[str, ModelFacts]:
    """Every registered model with its versions and aliases."""
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
        champion=_said(parse_champion, told.get("champion")),
        verdict=_said(parse_verdict, verdict) if verdict else None,
        features=_said(parse_features, _json(item.tags.get("exai.features"))),
    )


def _said(parse: Callable[[Any], T | None], value: Any) -> T | None:
    """None for what exai never wrote."""
    try:
        return parse(value)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _floats(value: Any) -> Mapping[str, float]:
    """What of it is numbers by name: anybody may write a tag."""
    told = value if isinstance(value, Mapping) else {}
    found: dict[str, float] = {}
    for name, number in sorted(told.items()):
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            with contextlib.suppress(OverflowError):
                found[name] = float(number)
    return MappingProxyType(found)


def _json(text: str | None) -> dict[str, Any]:
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(text or "{}")
        if isinstance(value, dict):
            return value
    return {}
