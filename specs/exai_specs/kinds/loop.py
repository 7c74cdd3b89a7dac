"""`forEach`: what a step or a group runs once for each item of (LANGUAGE section 6.2)."""

from __future__ import annotations

from typing import Annotated

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Named, Plain, Text, Whole
from exai_specs.names import ITEM
from exai_specs.notes import Field, about


@block
class ForEach:
    """A list, and the name of its item inside the loop."""

    in_: Annotated[
        Plain,
        Effect.RETRAIN,
        about("A list, or a reference to one", ["a", "b"], "${{ parameters.rates }}"),
    ]
    as_: Annotated[
        Annotated[Text, Named(ITEM)],
        Effect.RETRAIN,
        about("What the item is called in expressions", "rate"),
    ] = "item"
    parallelism: Annotated[
        Maybe[Annotated[Whole, Field(ge=1)]],
        Effect.RENDER,
        about("How many items at a time; default: all", 2),
    ] = None
