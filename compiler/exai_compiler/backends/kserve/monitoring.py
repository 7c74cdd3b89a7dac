"""What watches a service: a PodMonitor that collects its metrics, a PrometheusRule for its `slo`, a
ConfigMap with a dashboard for Grafana's sidecar (targets 5).

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
    QUANTILES,
    QUEUE_PROXY_PORT,
    SERVICE_LABEL,
    Signals,
    signals,
)
from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Tree
from exai_specs.effects import Effect
from exai_specs.kinds import Environment, ServiceSpec, Slo
from exai_specs.parse import Spec
from exai_specs.units import Duration

API = "monitoring.coreos.com/v1"
WAVE = 6
# What Grafana's sidecar looks for, as kube-prometheus-stack starts it.
DASHBOARD = MappingProxyType({"grafana_dashboard": "1"})
SHORT = "5m"
DAY = 86_400_000  # milliseconds


def watchers(
    spec: Spec, body: ServiceSpec, environment: Environment, mode: Mode, server: str | None
) -> Iterator[Rendered]:
    """`server` is the runtime's name; None for a predictor of the user's own."""
    monitoring = environment.monitoring
    if monitoring is None or environment.target == "local":
        return
    if monitoring.pod_monitor:
        yield _object(spec, environment, "PodMonitor", _pod_monitor(spec.ref.name, mode, server))
    found = signals(spec.ref.name, environment.namespace, mode, monitoring.istio, server)
    if monitoring.dashboards:
        from exai_compiler.backends.kserve.dashboard import dashboard

        text = dashboard(spec.ref.name, environment.namespace, found, body.slo, server)
        yield _config_map(spec, environment, text)
    if body.slo is None:
        return
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
            ("ErrorBudget", _in_days(slo.window), "critical"),
        ):
            failed = f"sum(rate({found.requests}{{{found.labels},{found.failed}}}[{window}]))"
            every = f"sum(rate({found.requests}{{{found.labels}}}[{window}]))"
            yield _alert(
                f"{title}{what}",
                f"{failed} / {every} > {share}",
                severity,
                f"more than {slo.error_rate} of the requests to {name} failed within {window}",
            )


def _in_days(window: Duration) -> str:
    """As people write it: 30d, not 4w2d. Prometheus takes both."""
    days, rest = divmod(window.ms, DAY)
    return f"{days}d{Duration(rest) if rest else ''}" if days else str(window)


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


def _config_map(spec: Spec, environment: Environment, text: str) -> Rendered:
    name = f"{spec.ref.name}-dashboard"
    tree: dict[str, Tree] = {
        "apiVersion": "v1",
        "data": MappingProxyType({f"{spec.ref.name}.json": text}),
        "kind": "ConfigMap",
        "metadata": _metadata(name, environment, DASHBOARD),
    }
    id_ = ObjectId("v1", "ConfigMap", name)
    return Rendered(id_, spec.ref, MappingProxyType(tree), WAVE, Effect.RENDER)


def _metadata(name: str, environment: Environment, more: Mapping[str, Tree]) -> Tree:
    monitoring = environment.monitoring
    own = monitoring.labels if monitoring is not None else {}
    labels: dict[str, Tree] = {**own, **more, **runtime.MANAGED}
    metadata: dict[str, Tree] = {
        "labels": MappingProxyType(dict(sorted(labels.items()))),
        "name": name,
    }
    if environment.namespace is not None:
        metadata["namespace"] = environment.namespace
    return MappingProxyType(metadata)


def _object(spec: Spec, environment: Environment, kind: str, block: Mapping[str, Tree]) -> Rendered:
    tree: dict[str, Tree] = {
        "apiVersion": API,
        "kind": kind,
        "metadata": _metadata(spec.ref.name, environment, {}),
        "spec": MappingProxyType(dict(block)),
    }
    id_ = ObjectId(API, kind, spec.ref.name)
    return Rendered(id_, spec.ref, MappingProxyType(tree), WAVE, Effect.RENDER)
