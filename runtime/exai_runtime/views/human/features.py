"""What the commands about features come to, as text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from exai_compiler.changes import subject
from exai_runtime.feature_results import (
    FeatureList,
    FeatureResult,
    FeatureValue,
    FeatureValues,
    Freshness,
    Materializing,
    Pushed,
)
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.table import table
from exai_runtime.views.human.words import count, duration, value_text
from exai_specs.frozen import Json
from exai_specs.units import Duration


def lines(result: FeatureResult, now: datetime, paint: Paint) -> Iterator[str]:
    """The whole result; nothing where the diagnostics say it all."""
    match result:
        case FeatureValues():
            yield from _values(result, paint)
        case Pushed():
            yield from _pushed(result)
        case Materializing():
            yield from _materializing(result, now, paint)
        case FeatureList():
            yield from freshness(result.views, now, paint)
            rows = [(name, ", ".join(features)) for name, features in result.services.items()]
            if rows:
                yield ""
            yield from table(("SERVICE", "FEATURES"), rows, paint)


def freshness(views: tuple[Freshness, ...], now: datetime, paint: Paint) -> Iterator[str]:
    """A row for each view: how new its data is, and what brings newer ones."""
    rows = [
        (
            row.view.name,
            _state(row, paint),
            _ago(row.newest, now),
            _seconds(row.ttl),
            str(row.rows) if row.state != "missing" else "",
            _ago(row.materialized, now),
            _pushes(row, now),
            row.schedule,
            _in(row.due, now),
        )
        for row in views
    ]
    first = ("VIEW", "STATE", "NEWEST", "TTL", "ROWS", "MATERIALIZED")
    headings = (*first, "PUSHED", "SCHEDULE", "NEXT")
    yield from table(headings, rows, paint, right=("ROWS",))


def _values(result: FeatureValues, paint: Paint) -> Iterator[str]:
    for number, row in enumerate(result.rows):
        if number:
            yield ""
        said = ", ".join(f"{name} {_text(value)}" for name, value in row.entity.items())
        yield paint.bold(said)
        rows = [
            (name, _text(v.value) if v.status != "not found" else "", _status(v, paint), _old(v))
            for name, v in row.features.items()
        ]
        yield from table(("FEATURE", "VALUE", "STATUS", "AGE"), rows, paint, indent="  ")


def _pushed(result: Pushed) -> Iterator[str]:
    if result.exit_code:
        return
    kept = f", {result.older} not newer than what is online" if result.older else ""
    offline = f", {'kept' if result.offline else 'not kept'} for training"
    rows = count(result.rows, "row")
    yield f"{rows} pushed to {result.view}: {result.written} online now{kept}{offline}"


def _materializing(result: Materializing, now: datetime, paint: Paint) -> Iterator[str]:
    failed = [outcome for outcome in result.outcomes if outcome.result == "failed"]
    for outcome in failed:
        hint = f" ({outcome.hint})" if outcome.hint else ""
        yield f"{paint.red('failed')} {subject(outcome.change)}: {outcome.detail}{hint}"
    if failed:
        yield ""
    yield from freshness(result.views, now, paint)


def _state(row: Freshness, paint: Paint) -> str:
    if row.state == "fresh":
        return paint.green(row.state)
    return paint.yellow(row.state) if row.state == "stale" else paint.red(row.state)


def _status(value: FeatureValue, paint: Paint) -> str:
    if value.status == "present":
        return paint.green(value.status)
    return paint.red(value.status) if value.status == "not found" else paint.yellow(value.status)


def _old(value: FeatureValue) -> str:
    return "" if value.age is None else duration(max(0.0, value.age))


def _ago(moment: str, now: datetime) -> str:
    if not moment:
        return ""
    passed = (now - datetime.fromisoformat(moment)).total_seconds()
    return f"{duration(max(0.0, passed))} ago"


def _in(moment: str, now: datetime) -> str:
    if not moment:
        return ""
    left = (datetime.fromisoformat(moment) - now).total_seconds()
    return f"in {duration(left)}" if left > 0 else "due"


def _pushes(row: Freshness, now: datetime) -> str:
    """Empty for a view that nothing was pushed to."""
    return f"{row.pushed}, newest {_ago(row.newest_pushed, now)}" if row.pushed else ""


def _seconds(ttl: float | None) -> str:
    """As a spec has it: `1d`."""
    return "" if ttl is None else str(Duration(round(ttl * 1000)))


def _text(value: Json) -> str:
    match value:
        case None:
            return "-"
        case str():
            return value
        case float():
            return f"{value:.6g}"
        case bool() | int():
            return str(value)
        case _:
            return value_text(value)
