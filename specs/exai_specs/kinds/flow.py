"""Control flow of a pipeline: loops, groups, branches (LANGUAGE section 6.2).

In: an entry of `steps` that isn't a leaf. Out: a frozen value. Never: what expressions mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import KeyedBy, Maybe, Text
from exai_specs.forms import OneOf
from exai_specs.frozen import empty
from exai_specs.kinds.loop import ForEach
from exai_specs.kinds.step import BODIES, Step
from exai_specs.names import FIELD, STEP
from exai_specs.notes import Field, about
from exai_specs.values import field

_OUTPUTS = about(
    "What is seen outside: outputs of these steps", {"model": "${{ steps.train.model }}"}
)
_STEPS = about("The steps; their references make the order", {"load": {"uses": "load-dataset"}})


@block
class Group:
    """Steps that run together: under one condition, or once for each item of a list."""

    steps: Annotated[
        Annotated[Mapping[str, AnyStep], KeyedBy(STEP, at_least=1)], Effect.RETRAIN, _STEPS
    ]
    outputs: Annotated[Annotated[Mapping[str, Text], KeyedBy(FIELD)], Effect.RETRAIN, _OUTPUTS] = (
        field(default_factory=empty)
    )
    after: Annotated[tuple[Text, ...], Effect.RENDER, about("Steps to wait for", ["check"])] = ()
    if_: Annotated[
        Maybe[Text],
        Effect.RETRAIN,
        about("Run only when this is true", "${{ steps.check.score >= 0.9 }}"),
    ] = None
    for_each: Annotated[
        Maybe[ForEach], Effect.RETRAIN, about("Run once for each item", {"in": ["a", "b"]})
    ] = None
    display_name: Annotated[Text, Effect.METADATA, about("The name that pages show", "Train")] = ""


@block
class Branch:
    """One way of a choice; the last one without `if` is taken when no other is."""

    if_: Annotated[
        Maybe[Text],
        Effect.RETRAIN,
        about(
            "Take this way when this is true and no earlier one was taken",
            "${{ steps.check.score >= 0.9 }}",
        ),
    ] = None
    steps: Annotated[
        Annotated[Mapping[str, AnyStep], KeyedBy(STEP, at_least=1)], Effect.RETRAIN, _STEPS
    ]
    outputs: Annotated[Annotated[Mapping[str, Text], KeyedBy(FIELD)], Effect.RETRAIN, _OUTPUTS] = (
        field(default_factory=empty)
    )


@block
class Choose:
    """Ways of which at most one is taken."""

    choose: Annotated[
        Annotated[tuple[Branch, ...], Field(min_length=1)],
        Effect.RETRAIN,
        about("The ways, in order", [{"steps": {"say": {"python": "say.py:no"}}}]),
    ]
    after: Annotated[tuple[Text, ...], Effect.RENDER, about("Steps to wait for", ["check"])] = ()
    display_name: Annotated[Text, Effect.METADATA, about("The name that pages show", "Train")] = ""


AnyStep: TypeAlias = Annotated[
    Step | Group | Choose,
    OneOf(
        (("steps", Group), ("choose", Choose)),
        inside=False,
        otherwise=Step,
        others=(*(key.rstrip("_") for key in BODIES), "image"),
        instead=lambda _: "for example {uses: load-dataset, with: {dataset: NAME}}",
    ),
]
"""A leaf, a group or a choice, told by the keys `steps` and `choose`."""
