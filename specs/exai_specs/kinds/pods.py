"""Kubernetes' own small blocks: tolerations, security, and containers beside the main one
(LANGUAGE 3.1).

In: the blocks' plain values. Out: frozen values. Never: what a cluster makes of them. The field
that holds a block bounds the effects inside it, so the highest stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Flag, KeyedBy, Maybe, Named, Problem, Text, Whole, refuse
from exai_specs.frozen import empty
from exai_specs.kinds.ports import Ports
from exai_specs.kinds.probes import Probes
from exai_specs.kinds.volumes import Volumes
from exai_specs.kinds.workload import SECRET, Env, Resources
from exai_specs.names import LABEL_VALUE, NODE_LABEL, NameRule
from exai_specs.notes import Field, about, checked
from exai_specs.values import field

CONTAINER = NameRule(
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?",
    "lower-case letters, digits and `-`, and starts and ends with a letter or digit",
    lower=True,
    joiner="-",
    example="proxy",
)
"""Names of containers: DNS labels."""

BESIDE = NameRule(
    CONTAINER.pattern,
    CONTAINER.words,
    forbidden="^(kserve|transformer|worker)-container$|^(agent|modelcar|queue-proxy"
    "|storage-initializer|istio-proxy|istio-init)$",
    forbidden_words="KServe, Knative or Istio put a container of that name there",
    lower=True,
    joiner="-",
    example="proxy",
)
"""Names of containers beside the main one."""


Texts = Annotated[Mapping[str, Text], KeyedBy()]
PullPolicy = Literal["Always", "IfNotPresent", "Never"]
NodeSelector = Annotated[Mapping[str, Annotated[Text, Named(LABEL_VALUE)]], KeyedBy(NODE_LABEL)]


@block
class Toleration:
    """A taint of nodes that the pod may be placed on all the same."""

    key: Annotated[Maybe[Text], Effect.RETRAIN, about("The taint's key", "nvidia.com/gpu")] = None
    operator: Annotated[
        Maybe[Literal["Equal", "Exists"]],
        Effect.RETRAIN,
        about("Whether its value matters", "Exists"),
    ] = None
    value: Annotated[Maybe[Text], Effect.RETRAIN, about("The taint's value", "true")] = None
    effect: Annotated[
        Maybe[Literal["NoExecute", "NoSchedule", "PreferNoSchedule"]],
        Effect.RETRAIN,
        about("What the taint does; default: any", "NoSchedule"),
    ] = None
    toleration_seconds: Annotated[
        Maybe[Whole], Effect.RETRAIN, about("With NoExecute: how long the pod stays", 300)
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        exists = shape_rules.says("operator", "Exists")
        yield shape_rules.without(cls, exists, "means nothing with operator Exists", "value")
        yield shape_rules.needs(shape_rules.differs("operator", "Exists"), "key")
        why = "means nothing without effect NoExecute"
        stays = shape_rules.differs("effect", "NoExecute")
        yield shape_rules.without(cls, stays, why, "tolerationSeconds")

    @checked
    def _as_kubernetes_has_it(self) -> Toleration:
        if self.operator == "Exists" and self.value is not None:
            wrong = "means nothing with operator Exists"
            raise refuse(Problem("invalid-value", wrong, "remove it", ("value",)))
        if self.key is None and self.operator != "Exists":
            hint = "name the taint's key, or write `operator: Exists` for every taint"
            raise refuse(Problem("missing-field", "has no key", hint))
        if self.toleration_seconds is not None and self.effect != "NoExecute":
            wrong = "means nothing without effect NoExecute"
            raise refuse(Problem("invalid-value", wrong, "remove it", ("tolerationSeconds",)))
        return self


@block
class PullSecret:
    """A Secret with which images are pulled."""

    name: Annotated[
        Annotated[Text, Named(SECRET, "registry")],
        Effect.RETRAIN,
        about("Name of the Secret", "registry"),
    ]


@block
class SecurityContext:
    """Who a container's process is. What else is allowed is the profile "restricted"."""

    run_as_user: Annotated[
        Maybe[Annotated[Whole, Field(ge=0)]], Effect.RETRAIN, about("Its user", 1000)
    ] = None
    run_as_group: Annotated[
        Maybe[Annotated[Whole, Field(ge=0)]], Effect.RETRAIN, about("Its group", 1000)
    ] = None
    run_as_non_root: Annotated[
        Maybe[Flag], Effect.RETRAIN, about("Whether root is refused", True)
    ] = None


@block
class InitContainer:
    """A container that runs to its end before the others start."""

    image: Annotated[
        Text, Effect.RETRAIN, about("Its image, by digest", "example.com/fetch@sha256:...")
    ]
    command: Annotated[
        tuple[Text, ...], Effect.RETRAIN, about("What runs instead of its entrypoint", ["sh", "-c"])
    ] = ()
    args: Annotated[tuple[Text, ...], Effect.RETRAIN, about("Arguments", ["--verbose"])] = ()
    env: Annotated[Env, Effect.RETRAIN, about("Environment variables", {"LOG_LEVEL": "info"})] = (
        field(default_factory=empty)
    )
    resources: Annotated[
        Maybe[Resources], Effect.RETRAIN, about("What it requests", {"cpu": 1, "memory": "1Gi"})
    ] = None
    volumes: Annotated[
        Volumes, Effect.RETRAIN, about("What it mounts, by path", {"/cache": {"emptyDir": {}}})
    ] = field(default_factory=empty)
    image_pull_policy: Annotated[
        Maybe[PullPolicy], Effect.RETRAIN, about("When its image is pulled", "IfNotPresent")
    ] = None
    security_context: Annotated[
        Maybe[SecurityContext], Effect.RETRAIN, about("Who it runs as", {"runAsUser": 1000})
    ] = None


@block
class Sidecar(InitContainer):
    """A container that runs beside the main one."""

    ports: Annotated[Ports, Effect.RETRAIN, about("Its ports, by name", {"metrics": 9090})] = field(
        default_factory=empty
    )
    probes: Annotated[
        Maybe[Probes],
        Effect.RETRAIN,
        about("When it is ready", {"readiness": {"tcpSocket": {"port": 9090}}}),
    ] = None


Sidecars = Annotated[Mapping[str, Sidecar], KeyedBy(BESIDE)]
InitContainers = Annotated[Mapping[str, InitContainer], KeyedBy(BESIDE)]
Tolerations = tuple[Toleration, ...]
PullSecrets = tuple[PullSecret, ...]
