"""What measures a service's requests, by mode, mesh and server (targets 5).

In: where and by what a service is served. Out: the series of response times and of failures; none
where nobody counts them. Sources: Knative's queue-proxy, Istio's standard metrics, the /metrics of
KServe's Python servers, of vLLM and of exai's own server.
"""

from __future__ import annotations

from exai_compiler.backends.kserve.scale import Mode
from exai_specs.values import frozen, replace

# KServe's own Python servers: histograms of what they do, and no counter by status.
PYTHON_SERVERS = (
    *("kserve-sklearnserver", "kserve-xgbserver", "kserve-lgbserver", "kserve-pmmlserver"),
    *("kserve-paddleserver", "kserve-autogluonserver", "kserve-predictiveserver"),
    "kserve-huggingfaceserver",
)
METRICS_PORTS = {"kserve-tritonserver": 8002, "kserve-torchserve": 8082}
METRICS_PORT = 8080
SERVICE_LABEL = "serving.kserve.io/inferenceservice"
QUANTILES = (("p50", "0.5"), ("p95", "0.95"), ("p99", "0.99"))
QUEUE_PROXY_PORT = 9091


@frozen
class Signals:
    """`latency`: a histogram's buckets, `unit` of them a second. `requests` counts all, `failed`
    adds what tells those that failed; empty where nobody counts. `labels` select the service.
    """

    latency: str
    unit: int
    requests: str
    failed: str
    labels: str


def signals(
    name: str, namespace: str | None, mode: Mode, istio: bool, runtime: str | None
) -> Signals | None:
    """`runtime` is None for a server of the user's own."""
    pods = pods_of(name, namespace)
    if runtime is not None and runtime.startswith("exai-"):
        return Signals("exai_request_seconds_bucket", 1, "exai_requests_total", 'code=~"5.."', pods)
    if mode == "Knative":
        return Signals(
            "revision_app_request_latencies_bucket",
            1000,
            "revision_app_request_count",
            'response_code_class="5xx"',
            pods,
        )
    if istio:
        there = f',destination_workload_namespace="{namespace}"' if namespace is not None else ""
        return Signals(
            "istio_request_duration_milliseconds_bucket",
            1000,
            "istio_requests_total",
            'response_code=~"5.."',
            f'destination_workload=~"{name}-predictor.*",reporter="destination"{there}',
        )
    by_server = Signals("", 1, "", "", pods)
    if runtime in PYTHON_SERVERS:
        return replace(by_server, latency="request_predict_seconds_bucket")
    if runtime == "kserve-vllmserver":
        return replace(by_server, latency="vllm:e2e_request_latency_seconds_bucket")
    return None


def pods_of(name: str, namespace: str | None) -> str:
    """The labels that select the pods of a service's predictor."""
    where = f'namespace="{namespace}",' if namespace is not None else ""
    return f'{where}pod=~"{name}-predictor-.*"'
