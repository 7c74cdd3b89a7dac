"""Another model beside a service's own, and how a new version is to get its requests (LANGUAGE 8).

In: `canary` and `rollout` of a Service. Out: frozen values. Never: which version an alias means,
nor who walks the steps.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from exai_specs import shape_rules, units
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, ModelVersion, Percent, Problem, Whole, WholeSeconds, refuse
from exai_specs.forms import OneOf
from exai_specs.identity import RefTo
from exai_specs.kinds.model_files import InlineModel
from exai_specs.notes import AfterValidator, Field, about, checked

ModelSource = Annotated[
    str | InlineModel,
    OneOf(
        (("uri", InlineModel), ("storage", InlineModel)),
        inside=False,
        text=ModelVersion,
        text_words="a model's name",
    ),
    RefTo("Model", versioned=True),
]


def _a_part(share: units.Percent) -> units.Percent:
    if share.percent == 100:
        hint = "make it the service's `model`, and remove the canary"
        raise refuse(Problem("invalid-value", "must leave some requests to `model`", hint))
    return share


@block
class Canary:
    """Another model that gets a part of the requests."""

    model: Annotated[ModelSource, Effect.REDEPLOY, about("The model", "iris_model@challenger")]
    traffic: Annotated[
        Annotated[Percent, AfterValidator(_a_part)],
        Effect.RENDER,
        about("Its share of the requests; 0% is none yet", "10%"),
    ]
    replicas: Annotated[
        Maybe[Annotated[Whole, Field(ge=0)]],
        Effect.RENDER,
        about("In Standard mode: how many instances; default: replicas.min", 1),
    ] = None


@block
class Rollout:
    """How a new version of the model is to get its requests: step by step, while `slo` is kept.
    Written out for a controller; none walks it yet."""

    steps: Annotated[
        tuple[Percent, ...],
        Effect.RENDER,
        about("Shares of the requests, rising; after the last it gets all", ["10%", "50%"]),
    ]
    interval: Annotated[
        WholeSeconds, Effect.RENDER, about("How long each step lasts at least", "10m")
    ]

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield {"properties": {"steps": {"minItems": 1}}}

    @checked
    def _rising(self) -> Rollout:
        problems: list[Problem] = []
        if not self.steps:
            hint = "for example [10%, 50%]"
            problems.append(Problem("invalid-value", "must have a step", hint, ("steps",)))
        before = Decimal(0)
        for index, step in enumerate(self.steps):
            if not before < step.percent < 100:
                wrong = "must be more than the one before it" if before else "must be more than 0%"
                if step.percent >= 100:
                    wrong = "must be less than 100%, which comes after the last step"
                path = ("steps", index)
                problems.append(Problem("invalid-value", wrong, "for example [10%, 50%]", path))
            before = step.percent
        if problems:
            raise refuse(*problems)
        return self
