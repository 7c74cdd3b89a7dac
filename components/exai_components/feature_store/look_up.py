"""What the online store answers for entities, with how fresh each value is.

In: the name of a view or of a service, entities by key, the columns of a request, the time that
counts as now. Out: for each entity its features: value, status, time. A value that is older than
its view's ttl counts as missing, as it does in training.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from exai_components.column_types import BadValue, arrow_type, cast_column
from exai_components.feature_store.kinds import kind_of
from exai_components.feature_store.online import entity_keys, read_rows
from exai_components.feature_store.rows import stored_views
from exai_components.feature_store.transforms import computed, request_of, wanted_of
from exai_components.feature_store.view_columns import columns_of
from exai_components.outcome import StepFailure, did_you_mean

PRESENT, NULL, NOT_FOUND, OUTSIDE_TTL = "present", "null", "not found", "outside ttl"


def look_up(
    store: Any, name: str, entities: Sequence[Mapping[str, Any]], now: datetime
) -> dict[str, Any]:
    """Answers `{"features": {name: {"view", "type"}}, "rows": [{"entity", "features": {name:
    {"value", "status", "time", "age"}}}]}`; a final failure for what isn't there or ill-typed.
    """
    refs = _references(store, name)
    plain = stored_views(store)
    transforms = {view.name: view for view in store.list_on_demand_feature_views()}
    wanted: dict[str, dict[str, None]] = {}
    for view, feature in refs:
        if view in plain:
            wanted.setdefault(view, {})[feature] = None
    used = [
        transforms[view] for view in dict.fromkeys(view for view, _ in refs) if view in transforms
    ]
    inputs: set[tuple[str, str]] = set()
    for transform in used:
        for view, taken in wanted_of(transform).items():
            inputs |= {(view, feature) for feature in taken}
            wanted.setdefault(view, {}).update(dict.fromkeys(taken))
    kinds = _key_kinds([plain[view] for view in wanted])
    for transform in used:
        kinds.update(request_of(transform))
    typed = typed_columns(entities, kinds)
    found: dict[str, Any] = {}
    columns: dict[str, Any] = dict(typed)
    for view, features in wanted.items():
        answers = _view_answers(store, plain[view], tuple(features), typed, now)
        types = {field.name: field.dtype for field in plain[view].features}
        for feature in features:
            found[f"{view}:{feature}"] = [answer[feature] for answer in answers]
            if (view, feature) in inputs:
                # What is stale is missing: as training has it.
                values = [
                    v if said == PRESENT else None for v, said, _ in found[f"{view}:{feature}"]
                ]
                columns[feature] = cast_column(values, kind_of(types[feature]))
    for transform in used:
        for feature, values in computed(transform, columns, len(entities)).items():
            found[f"{transform.name}:{feature}"] = [
                (value, NULL if value is None else PRESENT, None) for value in values.to_pylist()
            ]
    return {
        "features": {feature: view for view, feature in refs},
        "rows": [
            {
                "entity": {key: _plain(values[at].as_py()) for key, values in typed.items()},
                "features": {
                    feature: _answer(found[f"{view}:{feature}"][at], now) for view, feature in refs
                },
            }
            for at in range(len(entities))
        ],
    }


def typed_columns(
    entities: Sequence[Mapping[str, Any]], kinds: Mapping[str, Any]
) -> dict[str, Any]:
    """The keys and request columns as Arrow columns of their types."""
    for entity in entities:
        for key in entity:
            if key not in kinds:
                raise StepFailure(
                    "unknown-entity-key", f'There is no key "{key}" here', did_you_mean(key, kinds)
                )
        for key in kinds:
            if key not in entity:
                raise StepFailure(
                    "missing-entity-key",
                    f'The key "{key}" is missing',
                    f"Give all of {', '.join(kinds)}",
                )
    columns = {}
    for key, kind in kinds.items():
        try:
            column = cast_column([entity[key] for entity in entities], kind)
        except BadValue as bad:
            raise StepFailure(
                "ill-typed-value", f"{key} {bad.value!r} is no {kind}", f"{key} is of type {kind}"
            ) from None
        columns[key] = column.cast(arrow_type(kind))
    return columns


def _references(store: Any, name: str) -> list[tuple[str, str]]:
    """(view, feature) in order; of a service, or of a view."""
    services = {service.name: service for service in store.list_feature_services()}
    if name in services:
        return [
            (projection.name, field.name)
            for projection in services[name].feature_view_projections
            for field in projection.features
        ]
    views = stored_views(store) | {v.name: v for v in store.list_on_demand_feature_views()}
    if name in views:
        return [(name, field.name) for field in views[name].features]
    raise StepFailure(
        "unknown-view",
        f'There is no view or service "{name}"',
        did_you_mean(name, {**views, **services}),
    )


def _key_kinds(views: Sequence[Any]) -> dict[str, Any]:
    return {field.name: kind_of(field.dtype) for view in views for field in view.entity_columns}


def _view_answers(
    store: Any, view: Any, features: tuple[str, ...], typed: Mapping[str, Any], now: datetime
) -> list[dict[str, tuple[Any, str, datetime | None]]]:
    import pyarrow as pa

    columns = columns_of(view)
    batch = pa.table({key: typed[key] for key in columns.keys})
    answers = []
    for moment, values in read_rows(store, view, entity_keys(view, columns, batch), features):
        stale = moment is not None and bool(view.ttl) and moment < now - (view.ttl or timedelta())
        row = {}
        for feature in features:
            value = values.get(feature)
            if moment is None:
                status = NOT_FOUND
            elif stale:
                status = OUTSIDE_TTL
            else:
                status = NULL if value is None else PRESENT
            row[feature] = (value, status, moment)
        answers.append(row)
    return answers


def _answer(found: tuple[Any, str, datetime | None], now: datetime) -> dict[str, Any]:
    value, status, moment = found
    return {
        "value": _plain(value),
        "status": status,
        "time": moment.astimezone(UTC).isoformat() if moment else None,
        "age": (now - moment).total_seconds() if moment else None,
    }


def _plain(value: Any) -> Any:
    """A value that JSON has."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case Decimal():
            return str(value)
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else str(value)
