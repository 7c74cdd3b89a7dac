"""The features that held at each row's time: every view's, then those that are made of them.

In: what was asked, the spine (an Arrow table), a scratch folder. Out: the spine in its own order
with a column for each feature. Never a value of a later time, nor one past its ttl.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exai_components.column_types import TYPE_KEY, arrow_type
from exai_components.feature_store.problems import explained
from exai_components.load_features.asked import Asked
from exai_components.load_features.one_view import typed, view_at
from exai_components.load_features.scratch import open_scratch
from exai_components.outcome import StepFailure
from exai_components.parquet_file import require_columns


@dataclass(frozen=True, slots=True)
class Joined:
    """`notes` say what is missing, for whoever follows the run."""

    table: Any
    notes: tuple[str, ...]


def join_features(asked: Asked, spine: Any, scratch: Path) -> Joined:
    """Every row of `spine` with its features."""
    import pyarrow as pa

    require_columns(spine.column_names, (asked.timestamp, *asked.request))
    if twice := sorted(set(asked.columns) & set(spine.column_names) - set(asked.request)):
        raise StepFailure(
            "duplicate-column",
            f"{twice[0]} is a feature of {asked.service} and a column of the data already",
            "Leave one of them out",
        )
    _timed(asked, spine)
    os.environ["TZ"] = "UTC"
    with explained():
        store = open_scratch(asked, scratch)
        found, notes = _joined(asked, spine, store, scratch / "repository")
    table = spine
    for column, reference in asked.columns.items():
        kind = asked.types[column]
        values = found[reference]
        metadata = {TYPE_KEY: kind.encode()} if isinstance(kind, str) else {}
        field = pa.field(column, arrow_type(kind), metadata=metadata)
        table = table.append_column(field, typed(values, kind))
    return Joined(table.replace_schema_metadata(None), tuple(notes))


def _joined(asked: Asked, spine: Any, store: Any, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """A column for each `view:feature`, in the spine's order."""
    from exai_components.feature_store.transforms import computed, request_of, wanted_of

    views = {view.name: view for view in store.list_feature_views()}
    transforms = {view.name: view for view in store.list_on_demand_feature_views()}
    wanted: dict[str, dict[str, None]] = {}
    used: dict[str, Any] = {}
    for reference in asked.columns.values():
        view, _, feature = reference.partition(":")
        if view in views:
            wanted.setdefault(view, {})[feature] = None
        else:
            used[view] = transforms[view]
            for source, features in wanted_of(transforms[view]).items():
                wanted.setdefault(source, {}).update(dict.fromkeys(features))
    found: dict[str, Any] = {}
    sources: dict[str, Any] = {}
    notes = []
    for name, names in wanted.items():
        answer = view_at(asked, spine, store, views[name], tuple(names), folder)
        if answer.note:
            notes.append(answer.note)
        found.update({f"{name}:{feature}": answer.columns[feature] for feature in names})
        sources.update({feature: answer.columns[feature] for feature in names})
    for name, transform in used.items():
        columns = dict(sources)
        columns.update({column: spine.column(column) for column in request_of(transform)})
        made = computed(transform, columns, spine.num_rows)
        found.update({f"{name}:{feature}": column for feature, column in made.items()})
    return found, notes


def _timed(asked: Asked, spine: Any) -> None:
    import pyarrow.compute as pc

    missing = pc.is_null(spine.column(asked.timestamp))
    if rows := spine.filter(missing).slice(0, 10).to_pylist():
        key = {name: value for name, value in rows[0].items() if value is not None}
        first = ", ".join(f"{name} {value}" for name, value in list(key.items())[:3])
        raise StepFailure(
            "missing-timestamp",
            f"{spine.filter(missing).num_rows} rows have no {asked.timestamp}, first {first}",
            "Which features held can only be known of a row with a time",
            rows=[dict(list(row.items())[:3]) for row in rows],
        )
