"""Counts inference requests by model, protocol and status, beside KServe's own histograms.

In: one observation a request. Out: series on KServe's `/metrics`. Labels are bounded: a model that
isn't served here counts under the empty name.
"""

from prometheus_client import Counter, Histogram

_SERIES = ("model_name", "protocol")
_REQUESTS = Counter("exai_requests", "Inference requests by status code", (*_SERIES, "code"))
_ERRORS = Counter(
    "exai_request_errors",
    "Inference requests that failed: by the client's fault (4xx) or the server's (5xx)",
    (*_SERIES, "fault"),
)
_LATENCY = Histogram(
    "exai_request_seconds",
    "Seconds from the request's headers to the end of its answer",
    _SERIES,
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

MISSES = Counter(
    "exai_feature_misses",
    "Features without a value, by reason: unknown-entity, stale-feature, missing-feature",
    ("model_name", "view", "feature", "reason"),
)
LOOKUPS = Histogram(
    "exai_feature_lookup_seconds",
    "Seconds that a request's look-up of features took",
    ("model_name",),
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


class Meter:
    """Knows which paths are inference requests of which protocol."""

    def __init__(self, model_name: str) -> None:
        self._known = {
            f"/v1/models/{model_name}:predict": (model_name, "v1"),
            f"/v2/models/{model_name}/infer": (model_name, "v2"),
        }
        for series in self._known.values():  # a rate needs a zero to start from
            _LATENCY.labels(*series)
            _REQUESTS.labels(*series, "200")
            for fault in ("client", "server"):
                _ERRORS.labels(*series, fault)

    def series(self, path: str) -> tuple[str, str] | None:
        """Model name and protocol of an inference request; None for any other path."""
        known = self._known.get(path)
        if known is not None:
            return known
        if path.startswith("/v1/") and path.endswith(":predict"):
            return "", "v1"
        if path.startswith("/v2/") and path.endswith("/infer"):
            return "", "v2"
        return None

    def observe(self, series: tuple[str, str], code: int, seconds: float) -> None:
        """Count one finished request."""
        _REQUESTS.labels(*series, str(code)).inc()
        _LATENCY.labels(*series).observe(seconds)
        if code >= 400:
            _ERRORS.labels(*series, "client" if code < 500 else "server").inc()
