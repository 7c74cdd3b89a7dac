"""A service's dashboard is JSON that Grafana loads, with queries of the metrics that are there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exai_compiler.backends.kserve.dashboard import dashboard
from exai_compiler.backends.kserve.shipped import SHIPPED
from exai_compiler.backends.kserve.signals import signals
from exai_specs.documents import read
from exai_specs.kinds import ServiceSpec, Slo
from exai_specs.parse import Spec, parse

SERVICE = """
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: iris}
spec: {model: iris_model@3, slo: {latency: {p99: 100ms}, errorRate: 1%}}
"""
SERVERS = (None, "exai-h2o-mojo", *(runtime.name for runtime in SHIPPED))


def promised() -> Slo | None:
    found = parse(read(SERVICE, "iris.yaml")[0][0])
    assert isinstance(found, Spec) and isinstance(found.body, ServiceSpec)
    return found.body.slo


def panels(mode: Any, server: str | None, istio: bool = False, slo: Slo | None = None) -> Any:
    found = signals("iris", "ml", mode, istio, server)
    return json.loads(dashboard("iris", "ml", found, slo, server))["panels"]


def queries(found: Any) -> dict[str, list[str]]:
    return {panel["title"]: [each["expr"] for each in panel["targets"]] for panel in found}


@pytest.mark.parametrize("mode", ["Standard", "Knative"])
@pytest.mark.parametrize("server", SERVERS)
def test_every_panel_has_a_place_and_whole_queries(mode: str, server: str | None) -> None:
    found = panels(mode, server)
    assert len({panel["id"] for panel in found}) == len(found) >= 1
    assert len({(p["gridPos"]["x"], p["gridPos"]["y"]) for p in found}) == len(found)
    for expression in (each for told in queries(found).values() for each in told):
        assert "%s" not in expression and "iris-predictor-" in expression
        for opened, closed in ("()", "{}", "[]"):
            assert expression.count(opened) == expression.count(closed)


def test_what_a_service_promises_is_a_line() -> None:
    drawn = {
        p["title"]: p["fieldConfig"]["defaults"] for p in panels("Knative", None, slo=promised())
    }
    limits = {
        title: told["thresholds"]["steps"] if "thresholds" in told else [{}]
        for title, told in drawn.items()
    }
    # Knative counts milliseconds.
    assert limits["Response time, p99"][-1] == {"color": "red", "value": 100}
    assert limits["Share that failed"][-1] == {"color": "red", "value": 0.01}
    assert limits["Response time, p50"][-1] == {}


@pytest.mark.parametrize(
    ("mode", "istio", "server", "requests"),
    [
        ("Standard", False, "exai-h2o-mojo", "exai_requests_total"),
        ("Knative", False, "kserve-tritonserver", "revision_app_request_count"),
        ("Standard", True, "kserve-tritonserver", "istio_requests_total"),
        ("Standard", False, "kserve-sklearnserver", "request_predict_seconds_count"),
        ("Standard", False, "kserve-vllmserver", "vllm:e2e_request_latency_seconds_count"),
    ],
)
def test_requests_are_counted_by_who_counts_them(
    mode: str, istio: bool, server: str, requests: str
) -> None:
    assert f"rate({requests}{{" in queries(panels(mode, server, istio))["Requests"][0]


def test_a_server_that_nobody_measures_tells_of_itself() -> None:
    assert "Requests" not in queries(panels("Standard", "kserve-tritonserver"))
    assert "Inferences" in queries(panels("Standard", "kserve-tritonserver"))


def test_two_services_have_dashboards_of_their_own() -> None:
    uids = {
        json.loads(dashboard(name, where, None, None, None))["uid"]
        for name in ("a", "b")
        for where in (None, "x", "y")
    }
    assert len(uids) == 6 and all(len(uid) <= 40 for uid in uids)
