"""What the container of a step requests and may use at most (LANGUAGE sections 3.1 and 6.3).

In: plain values. Out: frozen ones; each amount is a quantity, or text with an expression that gives
one in a run. Never: what such an expression means.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from exai_specs.amounts import Bytes, Pieces
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import KeyedBy, Maybe, Quantity, refuse
from exai_specs.forms import OrExpression
from exai_specs.frozen import empty
from exai_specs.kinds.workload import EXTENDED, EXTENDED_KEY, Amount, Gathered, over, stated
from exai_specs.notes import Field, about, checked
from exai_specs.values import field

StepAmount: TypeAlias = Annotated[Amount, OrExpression(Quantity)]
_StepBytes: TypeAlias = Annotated[Amount, OrExpression(Bytes)]
_StepPieces: TypeAlias = Annotated[Amount, OrExpression(Pieces)]
_Cpu = Annotated[
    Maybe[StepAmount], Effect.RETRAIN, about("Cores", 1, "500m", "${{ parameters.cpu }}")
]
_Memory = Annotated[
    Maybe[_StepBytes], Effect.RETRAIN, about("Bytes", "2Gi", "${{ parameters.memory }}")
]
_Extended = Annotated[
    Mapping[str, _StepPieces],
    KeyedBy(EXTENDED),
    Field(alias=EXTENDED_KEY),
    Effect.RETRAIN,
    about("Extended resources, such as GPUs", {"nvidia.com/gpu": 1}),
]


@block
class StepLimitFields:
    """What the container of a step may use at most."""

    cpu: _Cpu = None
    memory: _Memory = None
    extended: _Extended = field(default_factory=empty)


@block
class StepResourceFields:
    """What the container of a step requests; also its limits, where `limits` doesn't say otherwise.

    Each amount is a quantity, or an expression that gives one as text.
    """

    cpu: _Cpu = None
    memory: _Memory = None
    extended: _Extended = field(default_factory=empty)
    limits: Annotated[
        Maybe[Annotated[StepLimitFields, Gathered()]],
        Effect.RETRAIN,
        about("Limits that differ from the requests", {"memory": "4Gi"}),
    ] = None

    @checked
    def _within_limits(self) -> StepResourceFields:
        if self.limits is not None and (problems := over(stated(self), stated(self.limits))):
            raise refuse(*problems)
        return self

    @property
    def all_limits(self) -> Mapping[str, Amount]:
        """Every limit by the name of its resource: stated, or else the same as the request."""
        own = stated(self.limits) if self.limits is not None else {}
        return dict(sorted({**stated(self), **own}.items()))


StepResources = Annotated[StepResourceFields, Gathered()]
