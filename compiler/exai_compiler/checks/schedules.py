"""`bad-schedule`: a time at which nothing can happen (LANGUAGE section 2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import FeatureViewSpec
from exai_specs.parse import Spec

MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
DAYS = "SUN MON TUE WED THU FRI SAT"
# Each field of cron: its name, the least and the greatest number, and names of numbers.
FIELDS: tuple[tuple[str, int, int, str], ...] = (
    ("minute", 0, 59, ""),
    ("hour", 0, 23, ""),
    ("day of the month", 1, 31, ""),
    ("month", 1, 12, MONTHS),
    ("day of the week", 0, 7, DAYS),
)
LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FARTHEST_ZONE = timedelta(hours=14)
FOUR_YEARS = timedelta(days=4 * 366)
ZONE_HINT = "write a name of the IANA database, such as Europe/Berlin"
CRON_HINT = "minute, hour, day of the month, month, day of the week: 0 6 * * *"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, view in subject.project.bodies(FeatureViewSpec):
        every, zone = view.materialize.every, view.materialize.timezone
        at = ("spec", "materialize")
        if isinstance(every, str) and (wrong := wrong_cron(every)):
            yield Diagnostic("bad-schedule", wrong, spec.at(*at, "every"), hint=CRON_HINT)
        yield from _of_nothing(spec, view)
        if zone != "UTC" and not is_zone(zone):
            yield Diagnostic(
                "bad-schedule",
                f"there is no time zone `{zone}`",
                spec.at(*at, "timezone"),
                hint=ZONE_HINT,
            )
    for name, environment in subject.environments.items():
        there = environment.pipelines.timezone
        if there != "UTC" and not is_zone(there):
            path = ("spec", "environments", name, "pipelines", "timezone")
            yield Diagnostic(
                "bad-schedule",
                f"there is no time zone `{there}`",
                subject.project.root.at(*path),
                hint=ZONE_HINT,
                environments=(name,),
            )


def _of_nothing(spec: Spec, view: FeatureViewSpec) -> Iterator[Diagnostic]:
    """When values are brought online that nobody keeps there; a zone of no time of day."""
    when = view.materialize
    if (when.on or when.every) and (view.transform is not None or not view.online):
        why = "its features are made when they are asked for"
        if view.transform is None:
            why = "it isn't online"
        yield Diagnostic(
            "bad-schedule",
            f"nothing of this view is ever brought online: {why}",
            spec.key_at("spec", "materialize"),
            hint="remove it",
        )
    if when.timezone != "UTC" and not isinstance(when.every, str):
        yield Diagnostic(
            "bad-schedule",
            "a time zone means nothing without cron under `every`",
            spec.key_at("spec", "materialize", "timezone"),
            hint="remove it",
        )


def wrong_cron(text: str, *, sunday_is_0: bool = False) -> str:
    """What is wrong with five fields of cron; "" when nothing is.

    `sunday_is_0`: Kubeflow Pipelines' cron has no day 7 (robfig/cron v1.2.0, parser.go).
    """
    parts = text.split()
    for part, (name, least, most, names) in zip(parts, FIELDS, strict=True):
        for item in part.split(","):
            if wrong := _wrong_item(item, least, most, names.split()):
                return f"the {name} `{part}` {wrong}"
    if sunday_is_0 and 7 in _numbers(parts[4], 4):
        return f"the day of the week `{parts[4]}` has a 7, and Kubeflow Pipelines calls Sunday 0"
    if parts[4].startswith("*"):  # else a day of the week does as well
        days, months = _numbers(parts[2], 2), _numbers(parts[3], 3)
        if not any(day <= LONGEST[month - 1] for day in days for month in months):
            if len(months) == 1:
                return f"month {parts[3]} has no day {parts[2]}"
            return f"none of the months {parts[3]} has a day {parts[2]}"
    return ""


def fires_within(text: str, start: datetime, end: datetime) -> bool:
    """Whether a sound cron fires between two times, in whatever time zone."""
    first, last = start - FARTHEST_ZONE, end + FARTHEST_ZONE
    if last - first > FOUR_YEARS:
        return True
    minutes, hours, days, months, weekdays = (
        _numbers(part, at) for at, part in enumerate(text.split())
    )
    times = [60 * hour + minute for hour in hours for minute in minutes]
    either = not any(part.startswith("*") for part in (text.split()[2], text.split()[4]))
    for passed in range((last - first).days + 2):
        day = (first + timedelta(days=passed)).replace(hour=0, minute=0, second=0, microsecond=0)
        of_month, of_week = (
            day.day in days,
            bool({day.isoweekday() % 7, day.isoweekday()} & weekdays),
        )
        due = (of_month or of_week) if either else (of_month and of_week)
        at = (day + timedelta(minutes=time) for time in times if due and day.month in months)
        if any(first <= time <= last for time in at):
            return True
    return False


def _numbers(part: str, at: int) -> frozenset[int]:
    """The numbers that a field of a sound cron means."""
    _, least, most, names = FIELDS[at]
    found: set[int] = set()
    for item in part.split(","):
        span, slash, step = item.partition("/")
        ends = [_number(end, names.split(), least) or 0 for end in span.split("-")]
        if span == "*":
            ends = [least, 6 if at == 4 else most]
        elif len(ends) == 1:
            ends = [ends[0], most if slash else ends[0]]
        found.update(range(ends[0], ends[1] + 1, int(step) if slash else 1))
    return frozenset(found)


def _wrong_item(item: str, least: int, most: int, names: list[str]) -> str:
    span, slash, step = item.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return "has a step that is no whole number from 1"
    if span == "*":
        return ""
    ends = [_number(end, names, least) for end in span.split("-")]
    if len(ends) > 2 or None in ends:
        return "is no number, range, list or `*`"
    numbers = [end for end in ends if end is not None]
    if any(not least <= end <= most for end in numbers):
        return f"isn't within {least} to {most}"
    if len(numbers) == 2 and numbers[0] > numbers[1]:
        return "ends before it starts"
    return ""


def _number(text: str, names: list[str], least: int) -> int | None:
    if text.upper() in names:
        return names.index(text.upper()) + (1 if least == 1 else 0)
    return int(text) if text.isdigit() else None


def is_zone(name: str) -> bool:
    """Whether the IANA database has a zone of this name."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True
