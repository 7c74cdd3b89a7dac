"""Policies of a Project: how much a rule counts (LANGUAGE section 4).

In: what stands under a rule's name. Out: a frozen value. Never: which rules there are.
"""

from __future__ import annotations

from typing import Annotated, Literal

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Text
from exai_specs.forms import Shorthand
from exai_specs.notes import about


@block
class Policy:
    """How much a rule counts, and the documents that it leaves alone."""

    level: Annotated[
        Literal["error", "warning", "off"],
        Effect.METADATA,
        about("What the rule's problems are; off: nobody hears of them", "error"),
    ]
    except_: Annotated[
        tuple[Text, ...],
        Effect.METADATA,
        about("Documents that the policy doesn't speak of", ["Dataset/scratch"]),
    ] = ()


RulePolicy = Annotated[Policy, Shorthand("level", ())]
