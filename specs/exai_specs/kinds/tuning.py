"""Tuning: the search for the parameters that make a metric best (LANGUAGE section 9).

In: the `spec` of a Tuning. Out: a frozen value. Never: what an algorithm can do with a space; the
compiler knows. What Katib's webhook refuses of numbers alone is refused here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import KeyedBy, Maybe, Named, Number, Parsed, Problem, Text, Whole, refuse
from exai_specs.forms import OneOf
from exai_specs.frozen import empty
from exai_specs.kinds.patches import Patches, PatchesOf
from exai_specs.kinds.trial import Trial
from exai_specs.names import FIELD, PARAMETER
from exai_specs.notes import Field, about, checked
from exai_specs.regexes import regex
from exai_specs.types import TypeProblem, called
from exai_specs.values import field

Setting = bool | int | float | str

# Katib writes a value into the trial's JSON as it is, and a shell reads it after that.
_UNWRITABLE = regex(r"[\x00-\x1f\x7f\"'\\$`]")


def _setting(value: Any) -> Setting:
    if not isinstance(value, bool | int | float | str):
        raise TypeProblem(f"must be text or a number, not {called(value)}", code="wrong-type")
    return value


def _choices(value: Any) -> tuple[int | float | str, ...]:
    if not isinstance(value, list):
        raise TypeProblem(f"must be a list, not {called(value)}", code="wrong-type")
    for index, item in enumerate(value):
        if isinstance(item, bool) or not isinstance(item, int | float | str):
            wrong, hint = f"must be a number or text, not {called(item)}", "quote it"
            raise TypeProblem(wrong, hint=hint, code="wrong-type", path=(index,))
        if isinstance(item, str) and (not item.strip() or _UNWRITABLE.search(item)):
            wrong = "can't be given to a trial: Katib writes it as it is"
            hint = "use no quotes, backslashes, dollar signs or line breaks, and some letter"
            raise TypeProblem(wrong, hint=hint, path=(index,))
    if len({isinstance(item, str) for item in value}) > 1:
        raise TypeProblem("must be all numbers or all texts", hint="quote the numbers")
    if not value or len(set(value)) != len(value):
        raise TypeProblem("must be different values, and at least one")
    return tuple(value)


_SCALARS = ["string", "number", "boolean"]
_SETTING = (("type", _SCALARS),)
_CHOICES = (("type", "array"), ("items", {"type": _SCALARS[:2]}), ("minItems", 1))


@block
class Objective:
    """What is to become best."""

    metric: Annotated[
        Annotated[Text, Named(FIELD)], Effect.RETRAIN, about("The metric of a trial", "accuracy")
    ]
    type: Annotated[
        Literal["maximize", "minimize"], Effect.RETRAIN, about("Which is better", "maximize")
    ]
    goal: Annotated[
        Maybe[Number], Effect.RETRAIN, about("The search ends when a trial reaches it", 0.99)
    ] = None


@block
class Algorithm:
    """How values are chosen, by Katib's names."""

    name: Annotated[Text, Effect.RETRAIN, about("Its name", "tpe")]
    settings: Annotated[
        Annotated[Mapping[str, Annotated[Setting, Parsed(_setting, _SETTING)]], KeyedBy()],
        Effect.RETRAIN,
        about("Its settings, by Katib's names", {"random_state": 7}),
    ] = field(default_factory=empty)


@block
class Range:
    """Numbers between two bounds, both included."""

    type: Annotated[Literal["double", "integer"], Effect.RETRAIN, about("Its type", "double")]
    min: Annotated[Number, Effect.RETRAIN, about("The least", 0.001)]
    max: Annotated[Number, Effect.RETRAIN, about("The greatest", 0.1)]
    step: Annotated[
        Maybe[Annotated[Number, Field(gt=0)]],
        Effect.RETRAIN,
        about("Only every so many, from the least", 0.01),
    ] = None
    scale: Annotated[
        Literal["linear", "log"], Effect.RETRAIN, about("How they are spread", "log")
    ] = "linear"

    @checked
    def _is_one(self) -> Range:
        problems = list(self._problems())
        if problems:
            raise refuse(*problems)
        return self

    def _problems(self) -> Iterator[Problem]:
        if self.max <= self.min:
            wrong = f"must be above min, which is {self.min:g}"
            yield Problem("invalid-value", wrong, "swap them; one value is no search", ("max",))
        elif self.step is not None and self.step > self.max - self.min:
            yield Problem("invalid-value", "must fit between min and max", "", ("step",))
        if self.scale == "log" and self.min <= 0:
            wrong = "must be above 0 on a logarithmic scale"
            yield Problem("invalid-value", wrong, "raise it, or scale: linear", ("min",))
        if self.scale == "log" and self.step is not None:
            wrong = "means nothing on a logarithmic scale"
            yield Problem("invalid-value", wrong, "remove it, or scale: linear", ("step",))
        for name in ("min", "max", "step") if self.type == "integer" else ():
            value = getattr(self, name)
            if value is not None and value != int(value):
                wrong = "must be a whole number"
                yield Problem("invalid-value", wrong, "round it, or type: double", (name,))


@block
class Choices:
    """A few values."""

    list: Annotated[
        Annotated[tuple[int | float | str, ...], Parsed(_choices, _CHOICES)],
        Effect.RETRAIN,
        about("The values: numbers, or texts", [16, 32, 64], ["relu", "tanh"]),
    ]


Searched = Annotated[Range | Choices, OneOf((("type", Range), ("list", Choices)), inside=False)]


@block
class Trials:
    """How many trials there are."""

    max: Annotated[Annotated[Whole, Field(ge=1)], Effect.RENDER, about("At most", 12)] = 12
    parallel: Annotated[
        Maybe[Annotated[Whole, Field(ge=1)]],
        Effect.RENDER,
        about("At the same time; default: 3, or max", 3),
    ] = None
    max_failed: Annotated[
        Maybe[Annotated[Whole, Field(ge=0)]],
        Effect.RENDER,
        about("More failures end the search; default: 3, or max", 3),
    ] = None

    @property
    def at_once(self) -> int:
        """How many run at the same time."""
        return min(3, self.max) if self.parallel is None else self.parallel

    @property
    def failures(self) -> int:
        """How many may fail."""
        return min(3, self.max) if self.max_failed is None else self.max_failed

    @checked
    def _within_max(self) -> Trials:
        problems = [
            Problem("invalid-value", f"is above max, which is {self.max}", "raise max", (name,))
            for name, value in (("parallel", self.parallel), ("maxFailed", self.max_failed))
            if value is not None and value > self.max
        ]
        if problems:
            raise refuse(*problems)
        return self


@block
class TuningSpec:
    """A search: trials of one step, each with other parameters."""

    objective: Annotated[
        Objective,
        Effect.RETRAIN,
        about("What is to become best", {"metric": "accuracy", "type": "maximize", "goal": 0.99}),
    ]
    algorithm: Annotated[
        Algorithm,
        Effect.RETRAIN,
        about("How values are chosen", {"name": "tpe", "settings": {"random_state": 7}}),
    ]
    parameters: Annotated[
        Annotated[Mapping[str, Searched], KeyedBy(PARAMETER, at_least=1)],
        Effect.RETRAIN,
        about(
            "What is searched: a range or a list each",
            {"lr": {"type": "double", "min": 0.001, "max": 0.1, "scale": "log"}},
            {"depth": {"list": [2, 4, 8]}},
        ),
    ]
    trials: Annotated[Trials, Effect.RENDER, about("How many trials there are", {"max": 24})] = (
        field(default_factory=Trials)
    )
    early_stopping: Annotated[
        Maybe[Algorithm],
        Effect.RETRAIN,
        about("What ends hopeless trials", {"name": "medianstop", "settings": {"start_step": 5}}),
    ] = None
    trial: Annotated[
        Trial,
        Effect.RETRAIN,
        about(
            "What one trial does",
            {"python": "train.py:train", "with": {"lr": "${{ trial.lr }}"}},
        ),
    ]
    patches: Annotated[
        Annotated[Patches, PatchesOf(("Experiment",))],
        Effect.RETRAIN,
        about(
            "Fields of the rendered object that no field here has",
            {"Experiment": {"spec": {"resumePolicy": "LongRunning"}}},
        ),
    ] = field(default_factory=empty)
