"""A dashboard of Grafana's for a service (targets 5): requests, failures and response times by what
counts them there, and what the server itself tells.

In: a service's name and namespace, what measures it, its promises. Out: a dashboard as JSON text,
the same bytes for the same service. The data source is a variable: a cluster's own Prometheus.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple

from exai_compiler.backends.kserve.signals import PYTHON_SERVERS, QUANTILES, Signals, pods_of
from exai_specs.kinds import Slo

RATE = "$__rate_interval"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH, HEIGHT = 12, 8


class Panel(NamedTuple):
    """`queries` are PromQL by legend; `limit` is drawn as a line, in the panel's unit."""

    title: str
    unit: str
    queries: Mapping[str, str]
    limit: float | None = None


def _own(title: str, unit: str, **queries: str) -> Panel:
    return Panel(title, unit, MappingProxyType(queries))


_PYTHON = (
    _own(
        "Time by part of a request",
        "s",
        preprocess="sum(rate(request_preprocess_seconds_sum{%s}[%s]))"
        " / sum(rate(request_preprocess_seconds_count{%s}[%s]))",
        predict="sum(rate(request_predict_seconds_sum{%s}[%s]))"
        " / sum(rate(request_predict_seconds_count{%s}[%s]))",
        postprocess="sum(rate(request_postprocess_seconds_sum{%s}[%s]))"
        " / sum(rate(request_postprocess_seconds_count{%s}[%s]))",
    ),
)
# Metrics that a server has beyond requests, by runtime: of KServe's Python servers, Triton,
# TorchServe and vLLM, as their own documentation names them.
OWN: Mapping[str, tuple[Panel, ...]] = MappingProxyType(
    {
        **dict.fromkeys(PYTHON_SERVERS, _PYTHON),
        "kserve-tritonserver": (
            _own(
                "Inferences",
                "reqps",
                succeeded="sum(rate(nv_inference_request_success{%s}[%s]))",
                failed="sum(rate(nv_inference_request_failure{%s}[%s]))",
            ),
            _own(
                "Time of an inference",
                "µs",
                all="sum(rate(nv_inference_request_duration_us{%s}[%s]))"
                " / sum(rate(nv_inference_request_success{%s}[%s]))",
                queue="sum(rate(nv_inference_queue_duration_us{%s}[%s]))"
                " / sum(rate(nv_inference_request_success{%s}[%s]))",
            ),
        ),
        "kserve-torchserve": (
            _own("Inferences", "reqps", all="sum(rate(ts_inference_requests_total{%s}[%s]))"),
            _own(
                "Time of an inference",
                "µs",
                all="sum(rate(ts_inference_latency_microseconds{%s}[%s]))"
                " / sum(rate(ts_inference_requests_total{%s}[%s]))",
                queue="sum(rate(ts_queue_latency_microseconds{%s}[%s]))"
                " / sum(rate(ts_inference_requests_total{%s}[%s]))",
            ),
        ),
        "kserve-vllmserver": (
            Panel(
                "Requests inside",
                "short",
                {
                    "running": "sum(vllm:num_requests_running{%s})",
                    "waiting": "sum(vllm:num_requests_waiting{%s})",
                },
            ),
            Panel(
                "Tokens a second",
                "short",
                {
                    "prompt": "sum(rate(vllm:prompt_tokens_total{%s}[%s]))",
                    "generated": "sum(rate(vllm:generation_tokens_total{%s}[%s]))",
                },
            ),
        ),
    }
)
_PROCESS = (
    _own("Memory", "bytes", **{"{{pod}}": "sum(process_resident_memory_bytes{%s}) by (pod)"}),
    _own(
        "Processors",
        "short",
        **{"{{pod}}": "sum(rate(process_cpu_seconds_total{%s}[%s])) by (pod)"},
    ),
)


def dashboard(
    name: str, namespace: str | None, found: Signals | None, slo: Slo | None, server: str | None
) -> str:
    """The JSON that Grafana's sidecar loads; `server` is the runtime's name, if exai knows it."""
    where = f"{namespace}/{name}" if namespace is not None else name
    pods = pods_of(name, namespace)
    panels = [*_requests(found, slo), *_servers(server, pods)]
    value = {
        "editable": False,
        "refresh": "30s",
        "schemaVersion": 39,
        "tags": ["exai", "kserve"],
        "templating": {
            "list": [
                {
                    "label": "Data source",
                    "name": "datasource",
                    "query": "prometheus",
                    "type": "datasource",
                }
            ]
        },
        "time": {"from": "now-6h", "to": "now"},
        "title": f"Service {where}",
        # Grafana takes at most 40 characters.
        "uid": f"exai-{sha256(where.encode()).hexdigest()[:12]}",
    }
    # A line a panel: a difference is read by people.
    lines = [f'"{key}": {_json(part)}' for key, part in value.items()]
    drawn = ",\n".join(_json(_panel(number, panel)) for number, panel in enumerate(panels))
    return "{" + ",\n".join((*lines, f'"panels": [\n{drawn}\n]')) + "}\n"


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _requests(found: Signals | None, slo: Slo | None) -> Iterator[Panel]:
    if found is None:
        return
    counted = found.requests or (found.latency.removesuffix("_bucket") + "_count")
    every = f"sum(rate({counted}{{{found.labels}}}[{RATE}]))"
    yield Panel("Requests", "reqps", {"all": every})
    if found.requests:
        limit = float(slo.error_rate.fraction) if slo and slo.error_rate is not None else None
        failed = f"sum(rate({found.requests}{{{found.labels},{found.failed}}}[{RATE}])) / {every}"
        yield Panel("Share that failed", "percentunit", {"failed": failed}, limit)
    if found.latency:
        buckets = f"sum(rate({found.latency}{{{found.labels}}}[{RATE}])) by (le)"
        for field, quantile in QUANTILES:
            stated = getattr(slo.latency, field) if slo is not None else None
            limit = stated.ms * found.unit / 1000 if stated is not None else None
            query = f"histogram_quantile({quantile}, {buckets})"
            unit = "s" if found.unit == 1 else "ms"
            yield Panel(f"Response time, {field}", unit, {field: query}, limit)


def _servers(server: str | None, pods: str) -> Iterator[Panel]:
    own = OWN.get(server or "", ())
    in_python = server in PYTHON_SERVERS or (server or "").startswith("exai-")
    yield Panel("Instances", "short", {"up": f"count(up{{{pods}}} == 1)"})
    for panel in (*own, *(_PROCESS if in_python else ())):
        told = {legend: _filled(query, pods) for legend, query in panel.queries.items()}
        yield panel._replace(queries=told)


def _filled(query: str, pods: str) -> str:
    return query.replace("{%s}", f"{{{pods}}}").replace("[%s]", f"[{RATE}]")


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"min": 0, "unit": panel.unit}
    if panel.limit is not None:
        defaults["custom"] = {"thresholdsStyle": {"mode": "line"}}
        steps = [{"color": "green", "value": None}, {"color": "red", "value": panel.limit}]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
    return {
        "datasource": SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "gridPos": {
            "h": HEIGHT,
            "w": WIDTH,
            "x": number % 2 * WIDTH,
            "y": number // 2 * HEIGHT,
        },
        "id": number + 1,
        "targets": [
            {"datasource": SOURCE, "expr": query, "legendFormat": legend, "refId": chr(65 + place)}
            for place, (legend, query) in enumerate(panel.queries.items())
        ],
        "title": panel.title,
        "type": "timeseries",
    }
