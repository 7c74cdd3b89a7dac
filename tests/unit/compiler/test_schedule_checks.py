"""Schedules that can never fire, and names of recurring runs that come to the same."""

from __future__ import annotations

from datetime import datetime

import pytest

from exai_compiler.catalog import Catalog
from exai_compiler.checks import check
from exai_compiler.checks.schedules import fires_within, wrong_cron

from .test_checks import components, project_of

__all__ = ["components"]

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: shop}
spec:
  exai: ">=0.1"
  environments:
    prod: {target: kubeflow, namespace: ml, pipelines: {timezone: ZONE}}
"""
PIPELINE = """\
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: NAME}
spec:
  schedules: SCHEDULES
  steps: {say: {image: "alpine@sha256:DIGEST", command: [echo, hello]}}
""".replace("DIGEST", "a1" * 32)


def said(components: Catalog, zone: str = "UTC", **pipelines: str) -> list[str]:
    text = PROJECT.replace("ZONE", zone) + "".join(
        PIPELINE.replace("NAME", name.replace("_", "-")).replace("SCHEDULES", schedules)
        for name, schedules in pipelines.items()
    )
    found = check(project_of({"exai.yaml": text}), components)
    return [f"{each.code}: {each.message}" for each in found]


@pytest.mark.parametrize(
    ("cron", "fires"),
    [
        ("0 0 31 4,6 *", False),
        ("0 0 30-31 2 *", False),
        ("0 0 31 */2 *", True),  # January
        ("0 0 31 4,5 *", True),
        ("0 0 31 4,6 MON", True),  # a day of the week does as well
        ("0 0 31 4,6 */2", False),  # with a `*` both have to be
        ("0 0 29/1 FEB *", True),
    ],
)
def test_days_that_no_month_has(cron: str, fires: bool) -> None:
    assert (wrong_cron(cron) == "") is fires


@pytest.mark.parametrize(
    ("cron", "right"), [("0 0 * * 0", 1), ("0 0 * * 5-7", 0), ("0 0 * * 7", 0)]
)
def test_sunday_is_0_for_kubeflow_pipelines(cron: str, right: int) -> None:
    assert wrong_cron(cron) == ""
    assert (wrong_cron(cron, sunday_is_0=True) == "") == right


@pytest.mark.parametrize(
    ("cron", "start", "end", "fires"),
    [
        ("0 0 15 * *", "2026-10-01", "2026-10-05", False),
        ("0 0 15 * *", "2026-10-01", "2026-10-16", True),
        ("0 6 * * MON", "2026-10-06", "2026-10-09", False),  # Tuesday to Friday
        ("0 6 * * SUN", "2026-10-06", "2026-10-12", True),
        ("0 6 1 * FRI", "2026-10-06", "2026-10-10", True),
        ("0 12 * * *", "2026-10-06", "2026-10-06", True),  # somewhere on Earth
        ("0 0 29 2 *", "2025-01-01", "2027-12-31", False),
        ("0 0 29 2 *", "2024-01-01", "2035-12-31", True),
    ],
)
def test_times_between(cron: str, start: str, end: str, fires: bool) -> None:
    between = (datetime.fromisoformat(f"{day}T00:00:00Z") for day in (start, end))
    assert fires_within(cron, *between) is fires


WINDOW = "start: '2026-10-01T00:00:00Z', end: '2026-10-01T05:00:00Z'"
OVER = "bad-schedule: it ends before it has started a single run"


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (f"every: 6h, {WINDOW}", [OVER]),
        (f"every: 5h, {WINDOW}", []),
        (f"cron: 0 0 15 * *, {WINDOW}", [OVER]),
        (f"cron: 0 3 * * *, {WINDOW}", []),
        ("every: 6h, start: '2026-10-01T00:00:00Z'", []),
    ],
)
def test_a_window_in_which_nothing_happens(
    components: Catalog, schedule: str, expected: list[str]
) -> None:
    assert said(components, a=f"{{nightly: {{{schedule}}}}}") == expected


def test_recurring_runs_have_names_of_their_own(components: Catalog) -> None:
    found = said(components, shop="{eu-nightly: {every: 1h}}", shop_eu="{nightly: {every: 1h}}")
    assert found == ["name-clash: two recurring runs would be called `shop-eu-nightly`"]


def test_the_zone_of_an_environment_exists(components: Catalog) -> None:
    assert said(components, "Europe/Berlin") == []
    assert said(components, "Europe/Atlantis") == [
        "bad-schedule: there is no time zone `Europe/Atlantis`"
    ]


def test_environments_in_another_zone_are_one_problem(components: Catalog) -> None:
    line = "    prod: {target: kubeflow, namespace: ml, pipelines: {timezone: ZONE}}\n"
    more = "".join(line.replace("prod", name) for name in ("staging", "trial"))
    schedules = "{nightly: {cron: 0 2 * * *, timezone: Europe/Berlin}}"
    text = PROJECT.replace(line, line + more).replace("ZONE", "UTC") + PIPELINE.replace(
        "NAME", "shop"
    ).replace("SCHEDULES", schedules)
    (found,) = check(project_of({"exai.yaml": text}), components)
    assert (found.code, found.message) == (
        "timezone-mismatch",
        "schedules of environments `prod`, `staging` and `trial` run in UTC, not in Europe/Berlin",
    )
    assert len(found.related) == 3
