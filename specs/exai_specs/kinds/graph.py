"""Graph: services that answer together (LANGUAGE section 8).

In: the `spec` of a Graph. Out: a frozen value. Never: whether the services are there, or what a
router can't do with a step; the compiler knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Duration, Flag, KeyedBy, Maybe, Named, Percent, Problem, Text, refuse
from exai_specs.frozen import empty
from exai_specs.identity import RefTo
from exai_specs.kinds.patches import Patches, PatchesOf
from exai_specs.kinds.pods import NodeSelector, Tolerations
from exai_specs.kinds.scaling import Autoscale, Replicas
from exai_specs.kinds.workload import SECRET, Resources
from exai_specs.names import NameRule
from exai_specs.notes import about, checked
from exai_specs.texts import Filled, Http
from exai_specs.values import field

NODE = NameRule(
    r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?",
    "letters, digits, `-`, `_` and `.`, and starts and ends with a letter or digit",
    example="root",
)

ROOT = "root"
"""The node that gets the request."""

TARGETS = ("service", "node", "url")


@block
class GraphStep:
    """One step of a node: a service, another node or an address."""

    service: Annotated[
        Maybe[Annotated[Text, RefTo("Service")]], Effect.REDEPLOY, about("A service", "iris")
    ] = None
    node: Annotated[
        Maybe[Text], Effect.REDEPLOY, about("Another node of this graph", "by-country")
    ] = None
    url: Annotated[
        Maybe[Http], Effect.REDEPLOY, about("An address", "http://other.team/v1/models/m:predict")
    ] = None
    name: Annotated[
        Maybe[Annotated[Text, Named(NODE)]],
        Effect.REDEPLOY,
        about("Its name, by which an Ensemble's answer has it", "first"),
    ] = None
    weight: Annotated[Maybe[Percent], Effect.REDEPLOY, about("Of a Splitter: its share", "20%")] = (
        None
    )
    data: Annotated[
        Maybe[Literal["$request", "$response"]],
        Effect.REDEPLOY,
        about("Of a Sequence: what it gets, the request or the last answer", "$response"),
    ] = None
    map_predictions_to_instances: Annotated[
        Maybe[Flag],
        Effect.REDEPLOY,
        about("Of a Sequence: whether it gets the last answer's predictions as instances", True),
    ] = None
    condition: Annotated[
        Maybe[Filled],
        Effect.REDEPLOY,
        about("Of a Switch: a GJSON path on the request", 'country=="fr"'),
    ] = None
    dependency: Annotated[
        Maybe[Literal["Hard", "Soft"]],
        Effect.REDEPLOY,
        about("Hard: its failure is the graph's", "Soft"),
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield from shape_rules.one_of(*TARGETS)

    @checked
    def _one_target(self) -> GraphStep:
        present = [name for name in TARGETS if getattr(self, name) is not None]
        if len(present) != 1:
            wrong = f"must have exactly one of {', '.join(TARGETS)}"
            verb, choices = ("keep", present) if present else ("add", list(TARGETS))
            raise refuse(Problem("exactly-one-of", wrong, f"{verb} one of {', '.join(choices)}"))
        return self


@block
class GraphNode:
    """A router and its steps."""

    router_type: Annotated[
        Literal["Sequence", "Splitter", "Ensemble", "Switch"],
        Effect.REDEPLOY,
        about("One after the other, by share, all at once, or by condition", "Sequence"),
    ]
    steps: Annotated[
        tuple[GraphStep, ...], Effect.REDEPLOY, about("The steps", [{"service": "iris"}])
    ]

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield {"properties": {"steps": {"minItems": 1}}}

    @checked
    def _has_steps(self) -> GraphNode:
        if not self.steps:
            raise refuse(Problem("invalid-value", "must have at least one step", "", ("steps",)))
        return self


@block
class GraphSpec:
    """Services behind one address."""

    nodes: Annotated[
        Annotated[Mapping[str, GraphNode], KeyedBy(NODE, at_least=1)],
        Effect.REDEPLOY,
        about(
            "The nodes; `root` gets the request",
            {"root": {"routerType": "Sequence", "steps": [{"service": "iris"}]}},
        ),
    ]
    replicas: Annotated[
        Replicas, Effect.RENDER, about("How many routers run", {"min": 1, "max": 3})
    ] = field(default_factory=Replicas)
    autoscale: Annotated[
        Maybe[Autoscale],
        Effect.RENDER,
        about("What makes their number change", {"metric": "cpu", "target": "80%"}),
    ] = None
    timeout: Annotated[
        Maybe[Duration], Effect.REDEPLOY, about("How long a request may take", "60s")
    ] = None
    resources: Annotated[
        Maybe[Resources], Effect.REDEPLOY, about("What a router requests", {"cpu": 1})
    ] = None
    node_selector: Annotated[
        NodeSelector, Effect.REDEPLOY, about("Labels of the nodes that it may be on", {"zone": "a"})
    ] = field(default_factory=empty)
    tolerations: Annotated[
        Tolerations,
        Effect.REDEPLOY,
        about("Taints of nodes that it may be on", [{"key": "batch", "operator": "Exists"}]),
    ] = ()
    service_account: Annotated[
        Maybe[Annotated[Text, Named(SECRET, "reader")]],
        Effect.REDEPLOY,
        about("Its ServiceAccount", "reader"),
    ] = None
    patches: Annotated[
        Annotated[Patches, PatchesOf(("InferenceGraph",))],
        Effect.REDEPLOY,
        about(
            "Fields of the rendered object that no field here has",
            {"InferenceGraph": {"spec": {"routerTimeouts": {"serviceClient": 30}}}},
        ),
    ] = field(default_factory=empty)

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield {"properties": {"nodes": shape_rules.has(ROOT)}}
        yield {"properties": {"autoscale": shape_rules.has("metric")}}

    @checked
    def _has_a_root(self) -> GraphSpec:
        if self.autoscale is not None and self.autoscale.metric is None:
            wrong = "must be by a metric"
            hint = "write metric and target"
            raise refuse(Problem("invalid-value", wrong, hint, ("autoscale",)))
        if ROOT not in self.nodes:
            hint = f"call the node that gets the request `{ROOT}`"
            raise refuse(Problem("missing-field", f"has no {ROOT}", hint, ("nodes",), "key"))
        return self
