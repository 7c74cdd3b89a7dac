"""Kubernetes' own small blocks: probes, tolerations, security, and containers beside the main one
(LANGUAGE 3.1).

In: the blocks' plain values. Out: frozen values. Never: what a cluster makes of them. The field
that holds a block bounds the effects inside it, so the highest stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block, yaml_name
from exai_specs.effects import Effect
from exai_specs.fields import Flag, KeyedBy, Maybe, Named, Parsed, Problem, Text, Whole, refuse
from exai_specs.frozen import empty
from exai_specs.kinds.volumes import Volumes
from exai_specs.kinds.workload import SECRET, Env, Resources
from exai_specs.names import LABEL_VALUE, NODE_LABEL, NameRule
from exai_specs.notes import AfterValidator, Field, about, checked
from exai_specs.texts import again
from exai_specs.types import TypeProblem, called
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

PORT = NameRule(
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?",
    "lower-case letters, digits and `-`, and starts and ends with a letter or digit",
    longest=15,
    forbidden=r"--|^[0-9-]+$",
    forbidden_words="a port's name has a letter, and no two `-` in a row",
    lower=True,
    joiner="-",
    example="http1",
)
"""Names of ports: IANA service names (k8s.io/apimachinery, IsValidPortName)."""

PortNumber = Annotated[Whole, Field(ge=1, le=65535)]


def _different(ports: Mapping[str, int]) -> Mapping[str, int]:
    """The lists of Kubernetes' containers are keyed by the number."""
    names = tuple(ports)
    problems = [
        Problem("invalid-value", "another name has that number", "remove one of them", (names[at],))
        for at in again(ports.values())
    ]
    if problems:
        raise refuse(*problems)
    return ports


Ports = Annotated[Mapping[str, PortNumber], KeyedBy(PORT), AfterValidator(_different)]
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


def _port(value: Any) -> int | str:
    if isinstance(value, str) and PORT.wrong(value) is None:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535:
        return value
    if isinstance(value, str | int):
        raise TypeProblem("must be a number from 1 to 65535, or a port's name")
    raise TypeProblem(f"must be a number or a port's name, not {called(value)}", code="wrong-type")


_PORT_SCHEMA = (
    (
        "anyOf",
        [
            {"type": "integer", "minimum": 1, "maximum": 65535},
            {"type": "string", **PORT.schema},
        ],
    ),
)
AnyPort = Annotated[int | str, Parsed(_port, _PORT_SCHEMA)]


@block
class Header:
    """A header of the probe's request."""

    name: Annotated[Text, Effect.RETRAIN, about("Its name", "Accept")]
    value: Annotated[Text, Effect.RETRAIN, about("Its value", "application/json")]


@block
class HttpGet:
    """A request whose answer has to be below 400."""

    path: Annotated[Maybe[Text], Effect.RETRAIN, about("Its path", "/v2/health/ready")] = None
    port: Annotated[AnyPort, Effect.RETRAIN, about("The container's port", 8080)]
    host: Annotated[Maybe[Text], Effect.RETRAIN, about("Its host; default: the pod", "pod")] = None
    scheme: Annotated[
        Maybe[Literal["HTTP", "HTTPS"]], Effect.RETRAIN, about("Its scheme", "HTTP")
    ] = None
    http_headers: Annotated[
        tuple[Header, ...],
        Effect.RETRAIN,
        about("Its headers", [{"name": "Accept", "value": "application/json"}]),
    ] = ()


@block
class TcpSocket:
    """A port that has to take connections."""

    port: Annotated[AnyPort, Effect.RETRAIN, about("The container's port", 8080)]
    host: Annotated[Maybe[Text], Effect.RETRAIN, about("Its host; default: the pod", "pod")] = None


@block
class Exec:
    """A command that has to end with 0."""

    command: Annotated[
        Annotated[tuple[Text, ...], Field(min_length=1)],
        Effect.RETRAIN,
        about("The command", ["cat", "/tmp/ready"]),  # noqa: S108 - an example
    ]


@block
class Grpc:
    """gRPC's own health check."""

    port: Annotated[PortNumber, Effect.RETRAIN, about("The container's port", 8081)]
    service: Annotated[
        Maybe[Text], Effect.RETRAIN, about("What is asked for; default: the server", "model")
    ] = None


_CHECKS = ("http_get", "tcp_socket", "exec", "grpc")
_AT_LEAST_1 = Annotated[Whole, Field(ge=1)]


@block
class Probe:
    """How the kubelet finds out, in Kubernetes' own fields."""

    http_get: Annotated[
        Maybe[HttpGet],
        Effect.RETRAIN,
        about("By a request", {"path": "/v2/health/ready", "port": 8080}),
    ] = None
    tcp_socket: Annotated[
        Maybe[TcpSocket], Effect.RETRAIN, about("By a connection", {"port": 8080})
    ] = None
    exec: Annotated[Maybe[Exec], Effect.RETRAIN, about("By a command", {"command": ["true"]})] = (
        None
    )
    grpc: Annotated[
        Maybe[Grpc], Effect.RETRAIN, about("By gRPC's health check", {"port": 8081})
    ] = None
    initial_delay_seconds: Annotated[
        Maybe[Annotated[Whole, Field(ge=0)]], Effect.RETRAIN, about("Wait before the first", 10)
    ] = None
    period_seconds: Annotated[Maybe[_AT_LEAST_1], Effect.RETRAIN, about("Time between two", 10)] = (
        None
    )
    timeout_seconds: Annotated[
        Maybe[_AT_LEAST_1], Effect.RETRAIN, about("How long one may take", 1)
    ] = None
    success_threshold: Annotated[
        Maybe[_AT_LEAST_1], Effect.RETRAIN, about("Successes in a row that count", 1)
    ] = None
    failure_threshold: Annotated[
        Maybe[_AT_LEAST_1], Effect.RETRAIN, about("Failures in a row that count", 3)
    ] = None
    termination_grace_period_seconds: Annotated[
        Maybe[_AT_LEAST_1], Effect.RETRAIN, about("Time to end after a failure", 30)
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield from shape_rules.one_of(*map(yaml_name, _CHECKS))

    @checked
    def _one_way(self) -> Probe:
        present = [name for name in _CHECKS if getattr(self, name) is not None]
        if len(present) != 1:
            wrong = "must have exactly one of httpGet, tcpSocket, exec, grpc"
            hint = "keep one of them" if present else "add httpGet: {path: /, port: 8080}"
            raise refuse(Problem("exactly-one-of", wrong, hint))
        return self


@block
class Probes:
    """When a container counts as alive, ready, started."""

    liveness: Annotated[
        Maybe[Probe],
        Effect.RETRAIN,
        about("Restarted when it fails", {"httpGet": {"path": "/v2/health/live", "port": 8080}}),
    ] = None
    readiness: Annotated[
        Maybe[Probe],
        Effect.RETRAIN,
        about(
            "Asked for no answers when it fails",
            {"httpGet": {"path": "/v2/health/ready", "port": 8080}},
        ),
    ] = None
    startup: Annotated[
        Maybe[Probe],
        Effect.RETRAIN,
        about("The others wait for it", {"tcpSocket": {"port": 8080}, "failureThreshold": 30}),
    ] = None

    @checked
    def _one_success(self) -> Probes:
        """As Kubernetes judges pods (k8s.io/kubernetes, validateContainers)."""
        wrong = "must be 1 here: a container that lives, or has started, does so at once"
        problems = [
            Problem("invalid-value", wrong, "remove it", (name, "successThreshold"))
            for name, probe in (("liveness", self.liveness), ("startup", self.startup))
            if probe is not None and (probe.success_threshold or 1) > 1
        ] + [
            Problem("invalid-value", "is of liveness and startup alone", "remove it", _GRACE)
            for probe in (self.readiness,)
            if probe is not None and probe.termination_grace_period_seconds is not None
        ]
        if problems:
            raise refuse(*problems)
        return self


_GRACE = ("readiness", "terminationGracePeriodSeconds")


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
