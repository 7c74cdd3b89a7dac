"""How the kubelet finds out whether a container lives, is ready, has started: Kubernetes' probes
(LANGUAGE 3.1).

In: the blocks' plain values. Out: frozen values. Never: what answers there. The field that holds a
block bounds the effects inside it, so the highest stands here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block, yaml_name
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Problem, Text, Whole, refuse
from exai_specs.kinds.ports import AnyPort, PortNumber
from exai_specs.notes import Field, about, checked


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
