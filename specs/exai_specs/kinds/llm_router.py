"""How requests get to an LLMService: routes, Gateways, what picks a replica (LANGUAGE section 8).

In: `router` of an LLMService. Out: frozen values. Never: whether a Gateway is there.
"""

from __future__ import annotations

from typing import Annotated

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Named, Problem, Text, Whole, refuse
from exai_specs.kinds.workload import SECRET
from exai_specs.names import KUBERNETES, NameRule
from exai_specs.notes import Field, about, checked

GROUP = NameRule(
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?",
    "lower-case letters, digits and `-`, and starts and ends with a letter or digit",
    lower=True,
    joiner="-",
    example="chat",
)
"""Groups of routes (the CRD's own pattern)."""


@block
class Route:
    """The HTTPRoute that KServe makes."""

    group: Annotated[
        Maybe[Annotated[Text, Named(GROUP)]],
        Effect.RENDER,
        about("LLMServices of one group share its requests", "chat"),
    ] = None
    weight: Annotated[
        Maybe[Annotated[Whole, Field(ge=0, le=1_000_000)]],
        Effect.RENDER,
        about("Its share of the group's requests, in proportion", 90),
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield shape_rules.needs(shape_rules.has("group"), "weight")
        yield shape_rules.needs(shape_rules.has("weight"), "group")

    @checked
    def _both(self) -> Route:
        if (self.group is None) != (self.weight is None):
            missing = "group" if self.group is None else "weight"
            wrong = f"has no {missing}"
            raise refuse(Problem("missing-field", wrong, f"add {missing}: KServe wants both"))
        return self


@block
class GatewayRef:
    """A Gateway that is there."""

    name: Annotated[
        Annotated[Text, Named(SECRET, "inference")],
        Effect.RENDER,
        about("Its name", "kserve-ingress-gateway"),
    ]
    namespace: Annotated[
        Maybe[Annotated[Text, Named(KUBERNETES)]],
        Effect.RENDER,
        about("Its namespace; default: the environment's", "kserve"),
    ] = None


@block
class Gateway:
    """The Gateways that requests come through; default: KServe's own."""

    refs: Annotated[
        tuple[GatewayRef, ...],
        Effect.RENDER,
        about("Gateways that are there", [{"name": "inference", "namespace": "gateways"}]),
    ] = ()


@block
class Scheduler:
    """What picks the replica for a request; KServe's own with nothing in it."""


@block
class Router:
    """How requests get to it, by the Gateway API."""

    route: Annotated[
        Maybe[Route],
        Effect.RENDER,
        about("An HTTPRoute that KServe makes", {}, {"group": "chat", "weight": 90}),
    ] = None
    gateway: Annotated[
        Maybe[Gateway],
        Effect.RENDER,
        about("KServe's Gateway, or others that are there", {}, {"refs": [{"name": "inference"}]}),
    ] = None
    scheduler: Annotated[
        Maybe[Scheduler],
        Effect.RENDER,
        about("Picks the replica that a request goes to, by load and cache", {}),
    ] = None
