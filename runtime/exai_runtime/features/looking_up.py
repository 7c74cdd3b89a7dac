"""`exai features get`: what the online store answers about entities.

In: the name of a view or service, entities by key. Out: values with how fresh each is; an entity
that isn't there is an error, one whose values are past their ttl a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exai_runtime.beside_mistakes import mistakes
from exai_runtime.feature_results import FeatureRow, FeatureValue, FeatureValues
from exai_runtime.features.located import located
from exai_runtime.features.place import Place, place_of, refused, running, unknown
from exai_runtime.results import Refused
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json, freeze
from exai_specs.nearest import nearest

Entities = Sequence[Mapping[str, Json]]


def get(root: Path, environment: str, name: str, entities: Entities) -> FeatureValues | Refused:
    """The features of a view or service for each entity, as the online store has them now."""
    place = place_of(root, environment, asks=True)
    if isinstance(place, Refused):
        return place
    if (problem := _unknown_name(place, name) or _wrong_keys(place, name, entities)) is not None:
        return refused(place.checked, problem)
    with running(place.process()) as process:
        try:
            found = process.ask(
                "get",
                repository=str(process.paths.repository),
                name=name,
                entities=[dict(entity) for entity in entities],
                now=datetime.now(UTC).isoformat(),
            )
        except TargetError as error:
            return refused(place.checked, located(place, name, error.diagnostic))
    rows = tuple(_row(row, found["features"]) for row in found["rows"])
    told = (*mistakes(place.checked), *_absent(rows))
    return FeatureValues(name, rows, diagnostics=told, sources=place.checked.loaded.sources)


def _unknown_name(place: Place, name: str) -> Diagnostic | None:
    spec = place.spec
    known = (*spec["services"], *spec["views"], *spec["transforms"])
    if name in known:
        return None
    return unknown("view or service", name, known)


def _wrong_keys(place: Place, name: str, entities: Entities) -> Diagnostic | None:
    """A key that isn't the view's, or one that is missing."""
    known = keys_of(place, name)
    for entity in entities:
        for key in entity:
            if key not in known:
                found = nearest(key, known)
                hint = f"did you mean `{found}`?" if found else f"its keys are {', '.join(known)}"
                return Diagnostic(
                    "unknown-entity-key", f"{name} has no key `{key}`", Span(""), hint=hint
                )
        for key, kind in known.items():
            if key not in entity:
                return Diagnostic(
                    "missing-entity-key",
                    f"{name} needs `{key}`, which is {kind}",
                    Span(""),
                    hint=f"--entity {key}=...",
                )
    return None


def keys_of(place: Place, name: str) -> dict[str, Json]:
    """Key and request columns of a view or service, with their types."""
    spec = place.spec
    views = [name]
    if name in spec["services"]:
        views = [ref.partition(":")[0] for ref in spec["services"][name]["features"]]
    found: dict[str, Json] = {}
    for view in dict.fromkeys(views):
        transform = spec["transforms"].get(view)
        if transform is not None and transform["request"]:
            found.update(transform["request"]["schema"])
        for source in transform["sources"] if transform is not None else (view,):
            for entity in spec["views"][source]["entities"]:
                found[spec["entities"][entity]["key"]] = spec["entities"][entity]["type"]
    return found


def _row(row: Mapping[str, Any], views: Mapping[str, str]) -> FeatureRow:
    features = {
        name: FeatureValue(
            views[name], freeze(found["value"]), found["status"], found["time"] or "", found["age"]
        )
        for name, found in row["features"].items()
    }
    entity: Any = freeze(row["entity"])
    return FeatureRow(entity, MappingProxyType(features))


def _absent(rows: tuple[FeatureRow, ...]) -> Iterator[Diagnostic]:
    """An entity that isn't there is an error; one that is too old is a warning."""
    for row in rows:
        said = ", ".join(f"{name} {value}" for name, value in row.entity.items())
        by_view: dict[str, list[FeatureValue]] = {}
        for value in row.features.values():
            by_view.setdefault(value.view, []).append(value)
        for view, values in by_view.items():
            if all(value.status == "not found" for value in values):
                hint = "see `exai features list` for what is online"
                yield Diagnostic(
                    "unknown-entity", f"{view} has nothing of {said}", Span(""), hint=hint
                )
            elif all(value.status == "outside ttl" for value in values):
                age = values[0].age or 0.0
                yield Diagnostic(
                    "stale-feature",
                    f"{view}: what it has of {said} is {_age(age)} old, which is past its ttl: "
                    "services take it as missing",
                    Span(""),
                    "warning",
                    hint="bring newer data, then `exai features materialize`",
                )


def _age(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
