"""What watches a service: a PodMonitor that collects its metrics, a PrometheusRule for its `slo`
(targets 5).

In: a Service and its environment, which asks for them under `monitoring`. Out: the objects
(wave 6). What nobody measures has no rule; a check says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.backends.kserve import runtime
from exai_compiler.backends.kserve.scale import Mode
from exai_compiler.backends.kserve.signals import (
    METRICS_PORT,
    METRICS_PORTS,
    QUEUE_PROXY_PORT,
    Signals,
    signals,
)
from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Tree
from exai_specs.effects import Effect
from exai_specs.kinds import Environment, ServiceSpec, Slo
from exai_specs.parse import Spec

API = "monitoring.coreos.com/v1"
WAVE = 6
SERVICE_LABEL = "serving.kserve.io/inferenceservice"
QUANTILES = (("p50", "0.5"), ("p95", "0.95"), ("p99", "0.99"))
SHORT = "5m"


def watchers(
    spec: Spec, body: ServiceSpec, environment: Environment, mode: Mode, server: str | None
) -> Iterator[Rendered]:
    """`server` is the runtime's name; None for a predictor of the user's own."""
    monitoring = environment.monitoring
    if monitoring is None or environment.target == "local":
        return
    if monitoring.pod_monitor:
        yield _object(spec, environment, "PodMonitor", _pod_monitor(spec.ref.name, mode, server))
    if body.slo is None:
        return
    found = signals(spec.ref.name, environment.namespace, mode, monitoring.istio, server)
    rules = tuple(_rules(spec.ref.name, body.slo, found)) if found is not None else ()
    if rules:
        group: Tree = MappingProxyType({"name": f"{spec.ref.name}.slo", "rules": rules})
        yield _object(spec, environment, "PrometheusRule", {"groups": (group,)})


def _pod_monitor(name: str, mode: Mode, server: str | None) -> Mapping[str, Tree]:
    ports = [METRICS_PORTS.get(server or "", METRICS_PORT)]
    if mode == "Knative":
        ports.append(QUEUE_PROXY_PORT)
    selector: Tree = MappingProxyType({"matchLabels": MappingProxyType({SERVICE_LABEL: name})})
    return {
        "podMetricsEndpoints": tuple(
            MappingProxyType({"interval": "30s", "path": "/metrics", "portNumber": port})
            for port in ports
        ),
        "selector": selector,
    }


def _rules(name: str, slo: Slo, found: Signals) -> Iterator[Tree]:
    title = "".join(part.capitalize() for part in name.split("-"))
    if found.latency:
        for field, quantile in QUANTILES:
            limit = getattr(slo.latency, field)
            if limit is None:
                continue
            buckets = f"sum(rate({found.latency}{{{found.labels}}}[{SHORT}])) by (le)"
            bound = f"{limit.ms * found.unit / 1000:g}"
            yield _alert(
                f"{title}Latency{field.upper()}",
                f"histogram_quantile({quantile}, {buckets}) > {bound}",
                "warning",
                f"{name} answers slower than {limit} ({field})",
            )
    if found.requests and slo.error_rate is not None:
        share = f"{slo.error_rate.fraction:f}".rstrip("0").rstrip(".")
        for what, window, severity in (
            ("ErrorRate", SHORT, "warning"),
            ("ErrorBudget", str(slo.window), "critical"),
        ):
            failed = f"sum(rate({found.requests}{{{found.labels},{found.failed}}}[{window}]))"
            every = f"sum(rate({found.requests}{{{found.labels}}}[{window}]))"
            yield _alert(
                f"{title}{what}",
                f"{failed} / {every} > {share}",
                severity,
                f"more than {slo.error_rate} of the requests to {name} failed within {window}",
            )


def _alert(name: str, expression: str, severity: str, summary: str) -> Tree:
    return MappingProxyType(
        {
            "alert": name,
            "annotations": MappingProxyType({"summary": summary}),
            "expr": expression,
            "for": SHORT,
            "labels": MappingProxyType({"severity": severity}),
        }
    )


def _object(spec: Spec, environment: Environment, kind: str, block: Mapping[str, Tree]) -> Rendered:
    monitoring = environment.monitoring
    own = monitoring.labels if monitoring is not None else {}
    metadata: dict[str, Tree] = {
        "labels": MappingProxyType({**dict(sorted(own.items())), **runtime.MANAGED}),
        "name": spec.ref.name,
    }
    if environment.namespace is not None:
        metadata["namespace"] = environment.namespace
    tree: dict[str, Tree] = {
        "apiVersion": API,
        "kind": kind,
        "metadata": MappingProxyType(metadata),
        "spec": MappingProxyType(dict(block)),
    }
    id_ = ObjectId(API, kind, spec.ref.name)
    return Rendered(id_, spec.ref, MappingProxyType(tree), WAVE, Effect.RENDER)
