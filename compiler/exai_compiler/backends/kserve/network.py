"""A NetworkPolicy for a service's pods: its own ports are open to everyone, all others to no one
(targets 6).

In: a Service and its environment, which asks for one under `security`. Out: the object (wave 0),
which `patches` may narrow: a `from`, an `egress`. A policy without `policyTypes` is one of ingress,
and of egress once it has a rule of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from exai_compiler.backends.kserve import runtime
from exai_compiler.backends.kserve.scale import Mode
from exai_compiler.backends.kserve.shipped import GRPC_PORT, SHIPPED
from exai_compiler.backends.kserve.signals import METRICS_PORTS, SERVICE_LABEL
from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Tree
from exai_specs.effects import Effect
from exai_specs.kinds import Environment, ServiceSpec
from exai_specs.parse import Spec

API = "networking.k8s.io/v1"
KIND = "NetworkPolicy"
WAVE = 0
AGENT_PORT = 9081  # KServe's agent, which logs and batches
# Knative's queue-proxy: HTTP, HTTP/2, its own state, HTTPS, metrics of itself and of requests.
QUEUE_PROXY = (8012, 8013, 8022, 8112, 9090, 9091)
ISTIO = (15020, 15090)  # metrics of the sidecar, merged and Envoy's own


def policy(
    spec: Spec, body: ServiceSpec, environment: Environment, mode: Mode, server: str | None
) -> Iterator[Rendered]:
    """`server` is the runtime's name; None for a predictor of the user's own."""
    if not environment.security.network_policies or environment.target == "local":
        return
    ports: tuple[Tree, ...] = tuple(
        MappingProxyType({"port": port, "protocol": "TCP"})
        for port in sorted(set(_ports(body, environment, mode, server)))
    )
    metadata: dict[str, Tree] = {"labels": runtime.MANAGED, "name": spec.ref.name}
    if environment.namespace is not None:
        metadata["namespace"] = environment.namespace
    selector = MappingProxyType({SERVICE_LABEL: spec.ref.name})
    tree: dict[str, Tree] = {
        "apiVersion": API,
        "kind": KIND,
        "metadata": MappingProxyType(metadata),
        "spec": MappingProxyType(
            {
                "ingress": (MappingProxyType({"ports": ports}),),
                "podSelector": MappingProxyType({"matchLabels": selector}),
            }
        ),
    }
    id_ = ObjectId(API, KIND, spec.ref.name)
    yield Rendered(id_, spec.ref, MappingProxyType(tree), WAVE, Effect.RENDER)


def _ports(
    body: ServiceSpec, environment: Environment, mode: Mode, server: str | None
) -> Iterator[int]:
    yield runtime.PORT
    if server in METRICS_PORTS:
        yield METRICS_PORTS[server]
    if body.protocol.startswith("grpc"):
        yield next((each.grpc_port for each in SHIPPED if each.name == server), GRPC_PORT)
    for block in (body, body.transformer, body.explainer):
        if block is not None:
            yield from block.ports.values()
    if body.logger is not None or body.batcher is not None:
        yield AGENT_PORT
    if mode == "Knative":
        yield from QUEUE_PROXY
    if environment.monitoring is not None and environment.monitoring.istio:
        yield from ISTIO
