"""How fresh features are, and when a schedule is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exai_compiler.facts import Materialized
from exai_compiler.project import Project
from exai_runtime.features.freshness import freshness, in_words, next_time
from exai_runtime.local.features.records import Pushes
from exai_runtime.local.features.versions import identifies
from exai_runtime.workspace import load
from exai_specs.kinds.materialize import Materialize
from exai_specs.units import Duration

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
SPECS = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: trips}
spec: {specs: [specs/]}
"""
VIEW = """
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata: {name: %s}
spec: {dataset: rides, entities: [driver], features: [distance], %s}
"""


def test_a_duration_counts_from_the_last_time() -> None:
    schedule = Materialize(every=Duration(90_000))
    assert next_time(schedule, NOON) == NOON + timedelta(seconds=90)
    assert next_time(Materialize(on="data"), NOON) is None


@pytest.mark.parametrize(
    ("cron", "zone", "due"),
    [
        ("0 6 * * *", "UTC", datetime(2026, 3, 29, 6, tzinfo=UTC)),
        ("*/15 * * * *", "UTC", datetime(2026, 3, 28, 12, 15, tzinfo=UTC)),
        # The clocks there go forward in between: 6 o'clock is two hours ahead of UTC then, not one.
        ("0 6 * * *", "Europe/Oslo", datetime(2026, 3, 29, 4, tzinfo=UTC)),
        ("0 6 * * MON", "Asia/Tokyo", datetime(2026, 3, 29, 21, tzinfo=UTC)),
    ],
)
def test_cron_goes_by_its_own_zone(cron: str, zone: str, due: datetime) -> None:
    assert next_time(Materialize(every=cron, timezone=zone), NOON) == due


@pytest.mark.parametrize(("cron", "zone"), [("99 * * * *", "UTC"), ("0 6 * * *", "Europe/Olso")])
def test_what_is_no_schedule(cron: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r"99|Olso"):
        next_time(Materialize(every=cron, timezone=zone), NOON)


def test_schedules_in_words() -> None:
    assert in_words(Materialize()) == "on new data"
    assert in_words(Materialize(on="apply", every=Duration(3_600_000))) == "on apply, every 1h"
    there = Materialize(every="0 6 * * *", timezone="Europe/Oslo")
    assert in_words(there) == "on new data, at 0 6 * * * Europe/Oslo"


def test_only_a_hash_names_one_content() -> None:
    assert identifies("ab" * 32)
    assert not any(map(identifies, ("none", "not watched", "fixed:2026-10", "query:17", "")))


def project_of(folder: Path, *views: tuple[str, str]) -> Project:
    (folder / "specs").mkdir()
    (folder / "exai.yaml").write_text(SPECS)
    text = "---\n".join(VIEW % view for view in views)
    (folder / "specs" / "views.yaml").write_text(text)
    project = load(folder).project
    assert project is not None
    return project


def test_a_view_is_stale_past_its_ttl(tmp_path: Path) -> None:
    project = project_of(
        tmp_path,
        *(("a", "ttl: 1h"), ("b", "ttl: 1d"), ("c", "online: true"), ("d", "online: false")),
        *(("e", "ttl: 1h"), ("f", "ttl: 1d")),
    )
    old = (NOON - timedelta(hours=2)).isoformat()
    online = {
        name: Materialized(name, "k", "m", "v", newest, NOON.timestamp() - 60, 7)
        for name, newest in (("a", old), ("b", old), ("c", old), ("d", old), ("f", ""))
    }
    rows = {row.view.name: row for row in freshness(project, online, NOON)}
    assert {name: row.state for name, row in rows.items()} == {
        "a": "stale",
        "b": "fresh",
        "c": "fresh",
        "e": "missing",
        "f": "stale",
    }
    assert (rows["a"].rows, rows["a"].newest, rows["a"].ttl) == (7, old, 3600.0)
    assert rows["a"].materialized == "2026-03-28T11:59:00+00:00"
    pushes = {name: Pushes(4, old, NOON.timestamp()) for name in ("a", "e", "gone")}
    shown = {row.view.name: row for row in freshness(project, online, NOON, pushes)}
    assert {name: row.pushed for name, row in shown.items() if row.pushed} == {"a": 4, "e": 4}
    assert (shown["e"].state, shown["e"].newest_pushed) == ("missing", old)
