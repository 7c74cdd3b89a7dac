"""`bad-schedule`: a time at which nothing can happen (LANGUAGE section 2)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import FeatureViewSpec

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
CRON_HINT = "minute, hour, day of the month, month, day of the week: 0 6 * * *"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, view in subject.project.bodies(FeatureViewSpec):
        every, zone = view.materialize.every, view.materialize.timezone
        at = ("spec", "materialize")
        if isinstance(every, str) and (wrong := wrong_cron(every)):
            yield Diagnostic("bad-schedule", wrong, spec.at(*at, "every"), hint=CRON_HINT)
        if zone != "UTC" and not is_zone(zone):
            yield Diagnostic(
                "bad-schedule",
                f"there is no time zone `{zone}`",
                spec.at(*at, "timezone"),
                hint="write a name of the IANA database, such as Europe/Berlin",
            )


def wrong_cron(text: str) -> str:
    """What is wrong with five fields of cron; "" when nothing is."""
    for part, (name, least, most, names) in zip(text.split(), FIELDS, strict=True):
        for item in part.split(","):
            if wrong := _wrong_item(item, least, most, names.split()):
                return f"the {name} `{part}` {wrong}"
    days, months = text.split()[2:4]
    if text.split()[4] == "*" and days.isdigit() and months.isdigit():
        longest = 29 if int(months) == 2 else 30 if int(months) in (4, 6, 9, 11) else 31
        if int(days) > longest:
            return f"month {months} has no day {days}"
    return ""


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
