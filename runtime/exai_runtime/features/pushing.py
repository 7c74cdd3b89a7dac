"""`exai features push`: rows of a file to a view, all of them or none.

In: a view and a file. Out: how many rows are online now.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exai_compiler.inlined import type_of
from exai_runtime.feature_results import Pushed
from exai_runtime.features.located import located
from exai_runtime.features.place import (
    Place,
    patiently,
    place_of,
    refused,
    running,
    unknown,
)
from exai_runtime.local.features.paths import FeaturePaths
from exai_runtime.local.ledger import read
from exai_runtime.results import Refused
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import DatasetSpec

_FILE = "rows are a file with .csv, .json, .jsonl or .parquet at its end"


def push(root: Path, environment: str, view: str, file: Path) -> Pushed | Refused:
    """Rows of a file to a view: all of them, or none."""
    place = place_of(root, environment)
    if isinstance(place, Refused):
        return place
    if (problem := _not_pushable(place, view, file)) is not None:
        return refused(place.checked, problem)
    spec = place.spec["views"][view]
    offline = bool(spec["offline"])
    try:
        # As an apply does: what is pushed beside one could undo what it brings online.
        with patiently(place.target), running(place.process(writes=True)) as process:
            paths = process.paths
            kept = None
            if offline:
                paths.pushed.mkdir(parents=True, exist_ok=True)
                kept = str(paths.pushed_to(spec["source"]))
            found = process.ask(
                "push",
                repository=str(paths.repository),
                view=view,
                file=str(file.resolve()),
                kinds=_kinds(place, spec, offline=offline),
                offline=kept,
                now=datetime.now(UTC).isoformat(),
                **_data(place, view, paths),
            )
            place.target.record_push(view, found["rows"], found["newest"])
    except TargetError as error:
        return refused(place.checked, located(place, view, error.diagnostic))
    return Pushed(view, found["rows"], found["written"], found["older"], offline)


def _data(place: Place, view: str, paths: FeaturePaths) -> dict[str, str | None]:
    """What is online of the view: the file of its rows, and their newest time."""
    known = read(place.target.paths.control).online.materialized.get(view)
    if known is None or not known.snapshot:
        return {"data": None, "newest": None}
    file = paths.snapshots(known.dataset) / known.snapshot
    return {"data": str(file), "newest": known.fact.newest}


def _not_pushable(place: Place, view: str, file: Path) -> Diagnostic | None:
    spec = place.spec
    if view not in spec["views"]:
        if view in spec["transforms"]:
            said = f"{view} is made of other features: nothing can be pushed to it"
            return Diagnostic("not-pushable", said, Span(""), hint="push to one of its sources")
        return unknown("view", view, tuple(spec["views"]))
    body = spec["views"][view]
    if body["push"] is None and "stream" not in body:
        said, at = f"{view} has no push source", _of_view(place, view)
        return Diagnostic("not-pushable", said, at, hint=f"add push: {view}_push, then apply")
    if body["offline"] and spec["store"]["offline_store"]["type"] == "postgres":
        said = f"rows pushed to {view} are kept offline, and Feast's PostgreSQL store takes none"
        hint = "remove offline: true, or write offline_store: {type: dask}; then apply"
        return Diagnostic("not-pushable", said, _of_view(place, view, "offline"), hint=hint)
    if not file.is_file():
        return Diagnostic("unreadable-file", f"there is no file {file}", Span(""), hint=_FILE)
    return None


def _of_view(place: Place, view: str, field: str = "") -> Span:
    """A field of the view as the specs have it now, or its name."""
    project = place.checked.project
    found = project.find("FeatureView", view) if project else None
    if found is None:
        return Span("")
    return found.at("spec", field) if field else found.at("metadata", "name")


def _kinds(place: Place, view: Mapping[str, Any], *, offline: bool) -> dict[str, Any]:
    """The columns that a pushed row has, with their types: all of the dataset's when it is kept."""
    source = place.spec["sources"][view["source"]]
    kinds = dict(view["schema"])
    project = place.checked.project
    dataset = project.body(DatasetSpec, view["source"]) if project else None
    for time_ in ("timestamp", "created"):
        if column := source.get(time_):
            # A day has no time of day, whether its rows are kept or not.
            known = dataset.schema.get(column) if dataset is not None else None
            kinds[column] = type_of(known.type) if known is not None else "timestamp"
    if offline and dataset is not None:
        kinds = {name: type_of(column.type) for name, column in dataset.schema.items()}
    return kinds
