"""What the commands about features come to, as plain JSON. Every key is always there."""

from __future__ import annotations

from exai_runtime.feature_results import (
    FeatureList,
    FeatureResult,
    FeatureValues,
    Freshness,
    Materializing,
    Pushed,
)
from exai_runtime.views.json import values
from exai_runtime.views.json.values import Plain
from exai_specs.diagnostics import has_errors
from exai_specs.frozen import thaw


def result(found: FeatureResult) -> Plain | None:
    """The `result` of the envelope."""
    match found:
        case FeatureValues():
            return _values(found)
        case Pushed():
            return _pushed(found)
        case Materializing():
            return _materializing(found)
        case FeatureList():
            return {
                "environment": found.environment,
                "views": [freshness(row) for row in found.views],
                "services": {name: list(refs) for name, refs in found.services.items()},
            }


def freshness(row: Freshness) -> Plain:
    return {
        "view": str(row.view),
        "state": row.state,
        "newest": row.newest or None,
        "rows": row.rows,
        "materialized": row.materialized or None,
        "ttl": row.ttl,
        "schedule": row.schedule or None,
        "due": row.due or None,
        "data": row.data or None,
        "pushed": row.pushed,
        "newestPushed": row.newest_pushed or None,
    }


def _values(found: FeatureValues) -> Plain | None:
    if not found.rows:
        return None
    return {
        "name": found.name,
        "rows": [
            {
                "entity": thaw(row.entity),
                "features": {
                    name: {
                        "view": value.view,
                        "value": thaw(value.value),
                        "status": value.status,
                        "time": value.time or None,
                        "age": value.age,
                    }
                    for name, value in row.features.items()
                },
            }
            for row in found.rows
        ],
    }


def _pushed(found: Pushed) -> Plain:
    return {
        "view": found.view,
        "rows": found.rows,
        "written": found.written,
        "older": found.older,
        "offline": found.offline,
    }


def _materializing(found: Materializing) -> Plain | None:
    if has_errors(found.diagnostics) and not found.outcomes:
        return None
    return {
        "environment": found.environment,
        "outcomes": [values.outcome(item) for item in found.outcomes],
        "views": [freshness(row) for row in found.views],
    }
