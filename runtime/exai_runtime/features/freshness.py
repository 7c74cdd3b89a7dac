"""How fresh the features of an environment are, and when they are brought up to date next.

In: a project, what is online, what was pushed, the time. Out: a row for each view that has a
dataset. Reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from exai_compiler.facts import Materialized
from exai_compiler.project import Project
from exai_runtime.feature_results import Freshness
from exai_runtime.local.features.records import Pushes
from exai_specs.frozen import empty
from exai_specs.identity import Ref
from exai_specs.kinds import FeatureViewSpec
from exai_specs.kinds.materialize import Materialize
from exai_specs.units import Duration
from exai_specs.values import replace

_NONE: Mapping[str, Pushes] = empty()


def freshness(
    project: Project,
    online: Mapping[str, Materialized],
    now: datetime,
    pushes: Mapping[str, Pushes] = _NONE,
) -> tuple[Freshness, ...]:
    """The online views, sorted by name."""
    return tuple(_pushed(row, pushes) for row in _rows(project, online, now))


def applied_freshness(
    spec: Mapping[str, Any],
    online: Mapping[str, Materialized],
    now: datetime,
    pushes: Mapping[str, Pushes] = _NONE,
) -> tuple[Freshness, ...]:
    """The same of the `spec` of a feature repository that was applied, which says no schedule."""
    views = {name: view for name, view in sorted(spec.get("views", {}).items()) if view["online"]}
    rows = (_row(Ref("FeatureView", n), v["ttl"], online.get(n), now) for n, v in views.items())
    return tuple(_pushed(row, pushes) for row in rows)


def _pushed(row: Freshness, pushes: Mapping[str, Pushes]) -> Freshness:
    there = pushes.get(row.view.name)
    if there is None:
        return row
    return replace(row, pushed=there.rows, newest_pushed=there.newest)


def next_time(schedule: Materialize, last: datetime) -> datetime | None:
    """When a view is due after `last`; None when nothing asks for it by the clock.

    Raises ValueError for a cron expression or a zone that doesn't exist.
    """
    match schedule.every:
        case None:
            return None
        case Duration(ms=ms):
            return last + timedelta(milliseconds=ms)
        case cron:
            from croniter import croniter

            try:
                zone = ZoneInfo(schedule.timezone)
            except (ZoneInfoNotFoundError, OSError) as error:
                raise ValueError(f"there is no time zone {schedule.timezone}") from error
            found: datetime = croniter(cron, last.astimezone(zone)).get_next(datetime)
            return found.astimezone(UTC)


def in_words(schedule: Materialize) -> str:
    """`on new data, every 1h`. What a spec doesn't say is, locally, `data`."""
    on = "on apply" if schedule.on == "apply" else "on new data"
    every = ""
    if isinstance(schedule.every, Duration):
        every = f"every {schedule.every}"
    elif schedule.every is not None:
        zone = "" if schedule.timezone == "UTC" else f" {schedule.timezone}"
        every = f"at {schedule.every}{zone}"
    return ", ".join(part for part in (on, every) if part)


def _rows(
    project: Project, online: Mapping[str, Materialized], now: datetime
) -> Iterator[Freshness]:
    for spec, view in project.bodies(FeatureViewSpec):
        if view.dataset is None or not view.online:
            continue
        ttl = view.ttl.ms / 1000 if view.ttl is not None else None
        found = online.get(spec.ref.name)
        due = _due(view.materialize, datetime.fromtimestamp(found.at, UTC)) if found else ""
        row = _row(spec.ref, ttl, found, now)
        yield replace(row, schedule=in_words(view.materialize), due=due)


def _row(view: Ref, ttl: float | None, found: Materialized | None, now: datetime) -> Freshness:
    if found is None:
        return Freshness(view, "missing", ttl=ttl)
    newest = datetime.fromisoformat(found.newest) if found.newest else None
    old = ttl is not None and (newest is None or now - newest > timedelta(seconds=ttl))
    return Freshness(
        view=view,
        state="stale" if old else "fresh",
        newest=newest.astimezone(UTC).isoformat() if newest else "",
        rows=found.rows,
        materialized=datetime.fromtimestamp(found.at, UTC).isoformat(timespec="seconds"),
        ttl=ttl,
        data=found.data,
    )


def _due(schedule: Materialize, last: datetime) -> str:
    try:
        found = next_time(schedule, last)
    except ValueError:
        return ""
    return found.isoformat(timespec="seconds") if found else ""
