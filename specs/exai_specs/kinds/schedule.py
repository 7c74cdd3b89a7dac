"""When a pipeline runs by itself: recurring runs (LANGUAGE section 6.1).

In: an entry of `schedules`. Out: a frozen value. Never: what a cron expression means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import (
    Flag,
    KeyedBy,
    Maybe,
    Parsed,
    Plain,
    Problem,
    Text,
    Whole,
    WholeSeconds,
    refuse,
)
from exai_specs.frozen import empty
from exai_specs.names import PARAMETER
from exai_specs.notes import Field, about, checked
from exai_specs.regexes import regex
from exai_specs.types import TypeProblem, called
from exai_specs.values import field

_CRON = regex(r"[^\s]+( [^\s]+){4}")
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"  # noqa: E501


def _cron(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeProblem(f"must be text, not {called(value)}", code="wrong-type")
    if not _CRON.fullmatch(value):
        hint = "minute, hour, day of the month, month, day of the week: 0 6 * * *"
        raise TypeProblem("must be five fields of cron", hint=hint)
    return value


def _time(value: Any) -> str:
    """RFC 3339 with an offset, as UTC."""
    if not isinstance(value, str):
        raise TypeProblem(f"must be text, not {called(value)}", code="wrong-type")
    hint = "write 2026-10-01T06:00:00Z, or with an offset such as +02:00"
    if not re.fullmatch(_TIME, value):
        raise TypeProblem("must be a time with its offset", hint=hint)
    try:
        found = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise TypeProblem("is no time that exists", hint=hint) from None
    return found.isoformat(timespec="seconds").replace("+00:00", "Z")


Cron = Annotated[str, Parsed(_cron, (("type", "string"), ("pattern", _CRON.pattern)))]
Time = Annotated[str, Parsed(_time, (("type", "string"), ("pattern", _TIME)))]


@block
class Schedule:
    """One recurring run. Every pipeline may have several, each with its arguments."""

    cron: Annotated[Maybe[Cron], Effect.RENDER, about("Five fields of cron", "0 6 * * *")] = None
    every: Annotated[Maybe[WholeSeconds], Effect.RENDER, about("Or the time between two", "6h")] = (
        None
    )
    timezone: Annotated[
        Maybe[Text],
        Effect.RENDER,
        about("The zone of `cron`; it must be the environment's", "Europe/Berlin"),
    ] = None
    parameters: Annotated[
        Annotated[Mapping[str, Plain], KeyedBy(PARAMETER)],
        Effect.RENDER,
        about("What its runs set", {"ntrees": 50}),
    ] = field(default_factory=empty)
    start: Annotated[
        Maybe[Time], Effect.RENDER, about("Not before this time", "2026-10-01T00:00:00Z")
    ] = None
    end: Annotated[
        Maybe[Time], Effect.RENDER, about("Not after this time", "2027-10-01T00:00:00Z")
    ] = None
    concurrency: Annotated[
        Annotated[Whole, Field(ge=1, le=10)], Effect.RENDER, about("Runs at the same time", 1)
    ] = 1
    catchup: Annotated[
        Flag, Effect.RENDER, about("Whether runs that were missed are made up for", True)
    ] = False
    enabled: Annotated[Flag, Effect.RENDER, about("Whether it is active", False)] = True

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield from shape_rules.one_of("cron", "every")
        every = shape_rules.has("every")
        yield shape_rules.without(cls, every, "means nothing with every", "timezone")

    @checked
    def _one_rhythm(self) -> Schedule:
        if (self.cron is None) == (self.every is None):
            hint = "remove one of them" if self.cron else "add cron: 0 6 * * *, or every: 6h"
            raise refuse(Problem("exactly-one-of", "must have exactly one of cron, every", hint))
        problems = []
        if self.timezone is not None and self.cron is None:
            wrong = "means nothing with `every`"
            problems.append(Problem("invalid-value", wrong, "remove it", ("timezone",)))
        if self.start is not None and self.end is not None and self.start >= self.end:
            problems.append(
                Problem("invalid-value", "isn't after the start", "write a later time", ("end",))
            )
        if problems:
            raise refuse(*problems)
        return self
