"""A step's `kubernetes`: the fields of KFP's KubernetesExecutorConfig that no field of a step says
(LANGUAGE section 3.2), in its own words.

In: plain values. Out: frozen values. What a step has a field for is refused, with that field's
name: two places for one thing would hide one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from exai_specs import core_schema
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Flag, Maybe, Problem, Text, Whole, refuse
from exai_specs.forms import OrExpression
from exai_specs.frozen import empty
from exai_specs.kinds.pods import Texts
from exai_specs.notes import Field, about, checked
from exai_specs.regexes import regex
from exai_specs.values import field, frozen

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

_WHOLE = regex(r"-?[0-9]+")
_Weight = Annotated[
    Maybe[Annotated[Whole, Field(ge=1, le=100)]],
    Effect.RENDER,
    about("How much it is preferred; without one it is required", 50),
]


@block
class Requirement:
    """A label, and what it has to be."""

    key: Annotated[Text, Effect.RENDER, about("The label", "zone")]
    operator: Annotated[
        Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"],
        Effect.RENDER,
        about("How it is compared", "In"),
    ]
    values: Annotated[tuple[Text, ...], Effect.RENDER, about("With what", ["a", "b"])] = ()

    @checked
    def _as_kubernetes_has_it(self) -> Requirement:
        """k8s.io/kubernetes, ValidateNodeSelectorRequirement."""
        operator, values = self.operator, self.values
        if operator in ("In", "NotIn") and not values:
            hint = "for example values: [a, b]"
            raise refuse(Problem("missing-field", f"{operator} needs values", hint))
        if operator in ("Exists", "DoesNotExist") and values:
            wrong = f"means nothing with operator {operator}"
            raise refuse(Problem("invalid-value", wrong, "remove it", ("values",)))
        if operator in ("Gt", "Lt") and not (len(values) == 1 and _WHOLE.fullmatch(values[0])):
            wrong = f"{operator} compares with one whole number"
            hint, path = 'for example values: ["5"]', ("values",) if values else ()
            raise refuse(Problem("invalid-value", wrong, hint, path))
        return self


_Requirements = Annotated[
    tuple[Requirement, ...],
    Effect.RENDER,
    about("Labels", [{"key": "zone", "operator": "In", "values": ["a"]}]),
]


@block
class NodeAffinity:
    """Nodes that the pod may be placed on, or rather than on others."""

    match_expressions: _Requirements = ()
    match_fields: _Requirements = ()
    weight: _Weight = None

    @checked
    def _says_something(self) -> NodeAffinity:
        """KFP's driver skips a term that asks for nothing."""
        if not self.match_expressions and not self.match_fields:
            hint = "add matchExpressions: [{key: zone, operator: Exists}]"
            raise refuse(Problem("missing-field", "asks for no label and no field", hint))
        return self


@block
class PodAffinity:
    """Pods that it is placed beside, or away from."""

    match_pod_expressions: _Requirements = ()
    match_pod_labels: Annotated[
        Texts, Effect.RENDER, about("Labels of those pods", {"app": "db"})
    ] = field(default_factory=empty)
    topology_key: Annotated[
        Text, Effect.RENDER, about("What beside means", "kubernetes.io/hostname")
    ]
    namespaces: Annotated[tuple[Text, ...], Effect.RENDER, about("Their namespaces", ["ml"])] = ()
    match_namespace_expressions: _Requirements = ()
    match_namespace_labels: Annotated[
        Texts, Effect.RENDER, about("Labels of their namespaces", {"team": "ml"})
    ] = field(default_factory=empty)
    weight: _Weight = None
    anti: Annotated[Flag, Effect.RENDER, about("Away from them, not beside them", True)] = False


@block
class ExecutorConfig:
    """What of it may be said."""

    node_affinity: Annotated[
        Annotated[tuple[NodeAffinity, ...] | str, OrExpression(tuple[NodeAffinity, ...])],
        Effect.RENDER,
        about(
            "Nodes; or one whole reference to a struct as Kubernetes' own `nodeAffinity`",
            [{"matchExpressions": [{"key": "zone", "operator": "Exists"}]}],
        ),
    ] = ()
    pod_affinity: Annotated[
        tuple[PodAffinity, ...],
        Effect.RENDER,
        about("Other pods", [{"topologyKey": "zone", "matchPodLabels": {"app": "db"}}]),
    ] = ()


# A field of the target, and the field of a step that says it.
_SAID: Mapping[str, str] = MappingProxyType(
    {
        "secretAsVolume": "volumes",
        "configMapAsVolume": "volumes",
        "pvcMount": "volumes",
        "emptyDirMounts": "volumes",
        "genericEphemeralVolume": "volumes",
        "enabledSharedMemory": "volumes",
        "secretAsEnv": "env",
        "configMapAsEnv": "env",
        "fieldPathAsEnv": "env",
        "nodeSelector": "nodeSelector",
        "tolerations": "tolerations",
        "podMetadata": "podLabels",
        "imagePullSecret": "imagePullSecrets",
        "imagePullPolicy": "imagePullPolicy",
        "securityContext": "securityContext",
        "activeDeadlineSeconds": "timeout",
    }
)


@frozen
class _SaidElsewhere:
    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._check, handler(source))

    def _check(self, value: Any) -> Any:
        problems = [
            Problem(
                "unknown-field", "has a field of its own", f"write `{_SAID[key]}`", (key,), "key"
            )
            for key in (value if isinstance(value, dict) else ())
            if key in _SAID
        ]
        if problems:
            raise refuse(*problems)
        return value


Kubernetes = Annotated[ExecutorConfig, _SaidElsewhere()]
