"""Kubernetes' own kinds have no CRD, and are judged as strictly, in a Manifest and in a patch."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from core_models import MODELS

from exai_compiler.crds import crd, problems
from exai_specs.frozen import freeze

POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: iris}
spec:
  podSelector: {matchLabels: {app: iris}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [ml]}]}}]
    ports: [{port: 8080, protocol: TCP}, {port: http, endPort: 9000}]
  egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]
"""
JOB = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: clean}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        metadata: {labels: {a: b}}
        spec:
          restartPolicy: Never
          containers:
          - name: main
            image: a/b
            resources: {requests: {cpu: 1, memory: 1Gi}}
            readinessProbe: {httpGet: {path: /, port: http}}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {selector: {a: b}, ports: [{port: 80, targetPort: http}]}
"""
SCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec:
  maxReplicas: 3
  scaleTargetRef: {kind: Deployment, name: a}
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
"""


def told(text: str) -> list[str]:
    body: Any = yaml.safe_load(text)
    return [each.message for each in problems(crd(body["kind"], body["apiVersion"]), freeze(body))]  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [POLICY, JOB, SERVICE, SCALER])
def test_what_kubernetes_takes(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "right", "wrong", "message"),
    [
        (POLICY, "ingress:", "ingres:", "there is no field ingres"),
        (POLICY, "[Ingress, Egress]", "[Ingress, Egres]", "must be one of Ingress, Egress"),
        (POLICY, "cidr: 10.0.0.0/8, ", "", "has no cidr"),
        (
            POLICY,
            "podSelector: {matchLabels: {app: iris}}",
            "podSelektor: {}",
            "has no podSelector",
        ),
        (POLICY, "ports: [{port: 8080", "ports: [{prt: 8080", "there is no field prt"),
        (JOB, "schedule:", "shedule:", "has no schedule"),
        (JOB, "restartPolicy", "restart", "there is no field restart"),
        (JOB, "- name: main\n", "-\n", "has no name"),
        (SERVICE, "ports: [{port: 80, ", "ports: [{", "has no port"),
        (SCALER, "maxReplicas: 3", "maxReplicas: three", "must be a whole number"),
    ],
)
def test_what_kubernetes_would_refuse_or_drop(
    text: str, right: str, wrong: str, message: str
) -> None:
    assert right in text
    assert message in told(text.replace(right, wrong))


def test_every_kind_has_its_fields() -> None:
    for kind in MODELS:
        table = crd(kind)
        root = table.nodes[table.root]
        assert len(root.fields or {}) >= 4, kind
        assert all(node.type or node.open for node in table.nodes), kind


def test_a_pattern_of_go_may_have_its_flags_inside() -> None:
    rules = """
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: a}
spec: {groups: [{name: g, partial_response_strategy: WORD}]}
"""
    assert told(rules.replace("WORD", "Abort")) == []
    assert [each[:21] for each in told(rules.replace("WORD", "stop"))] == ["doesn't have the form"]
