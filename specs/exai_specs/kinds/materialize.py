"""When the newest values of a view go to the online store (LANGUAGE section 5).

In: `materialize` of a FeatureView. Out: a frozen value. Never: whether there is new data.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from exai_specs import units
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Parsed, Text
from exai_specs.notes import about
from exai_specs.regexes import regex
from exai_specs.types import TypeProblem, called

_CRON = regex(r"[0-9*,/A-Za-z-]+( +[0-9*,/A-Za-z-]+){4}")


def _every(value: Any) -> units.Duration | str:
    if not isinstance(value, str):
        raise TypeProblem(f"must be text, not {called(value)}", code="wrong-type")
    if _CRON.fullmatch(value):
        return value
    try:
        duration = units.parse_duration(value)
    except ValueError:
        raise TypeProblem("must be a duration such as 1h, or five fields of cron") from None
    if duration.ms < 1000:
        raise TypeProblem("must be at least 1s")
    return duration


@block
class Materialize:
    """When the newest values go to the online store: up to the data's newest timestamp."""

    on: Annotated[
        Maybe[Literal["apply", "data"]],
        Effect.RENDER,
        about("When the view is new or changed, or also when there is new data", "data"),
    ] = None
    every: Annotated[
        Maybe[
            Annotated[units.Duration | str, Parsed(_every, (("type", "string"), ("minLength", 2)))]
        ],
        Effect.RENDER,
        about("On a schedule: a duration, or cron", "1h", "0 6 * * *"),
    ] = None
    timezone: Annotated[Text, Effect.RENDER, about("The zone of a cron schedule", "UTC")] = "UTC"
