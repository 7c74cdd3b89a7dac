"""Kubernetes' own kinds have no CRD, and are judged as strictly, in a Manifest and in a patch."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from core_models import MODELS

from exai_compiler.crds import Crd, crd, problems
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
RICH = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata:
      {labels: {a: b}, name: a, namespace: b, finalizers: [a.b/c], creationTimestamp: null}
    spec:
      volumes: [{name: e, emptyDir: {sizeLimit: 1.5e9}}]
      containers:
      - name: main
        image: a/b
        env:
        - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 0.1}}}
        resources: {requests: {cpu: 0.5, memory: 1Gi}, limits: {cpu: 1.5, memory: 2000000000}}
"""
LIMITS = """
apiVersion: v1
kind: LimitRange
metadata: {name: a}
spec: {limits: [{type: Container, default: {cpu: 0.5}, max: {cpu: 2}}]}
"""
QUOTA = """
apiVersion: v1
kind: ResourceQuota
metadata: {name: a}
spec: {hard: {requests.cpu: 4.5, pods: "10", requests.memory: 8Gi}}
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
  - type: External
    external: {metric: {name: queue}, target: {type: AverageValue, averageValue: 0.5}}
"""


def told(text: str) -> list[str]:
    body: Any = yaml.safe_load(text)
    return [each.message for each in problems(crd(body["kind"], body["apiVersion"]), freeze(body))]  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [POLICY, JOB, RICH, LIMITS, QUOTA, SERVICE, SCALER])
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
            "there is no field podSelektor",
        ),
        (POLICY, "ports: [{port: 8080", "ports: [{prt: 8080", "there is no field prt"),
        (JOB, "schedule:", "shedule:", "there is no field shedule"),
        (JOB, "restartPolicy", "restart", "Kubernetes 1.30 has no field restart"),
        (JOB, "- name: main\n", "-\n", "has no name"),
        (SERVICE, "ports: [{port: 80, ", "ports: [{", "has no port"),
        (SCALER, "maxReplicas: 3", "maxReplicas: three", "must be a whole number"),
        (QUOTA, "4.5", "true", "must be a number or text"),
        (RICH, "finalizers:", "finaliser:", "there is no field finaliser"),
        (RICH, "emptyDir:", "emptyDri:", "there is no field emptyDri"),
    ],
)
def test_what_kubernetes_would_refuse_or_drop(
    text: str, right: str, wrong: str, message: str
) -> None:
    assert right in text
    assert message in told(text.replace(right, wrong))


# What later versions of Kubernetes have beside it, by the place in the Deployment.
NEWER = [
    (RICH, "    spec:\n", "    spec:\n      FIELD: x\n", "hostnameOverride"),
    (RICH, "    spec:\n", "    spec:\n      FIELD: {requests: {cpu: 1}}\n", "resources"),
    (
        RICH,
        "    spec:\n",
        "    spec:\n      securityContext: {FIELD: Strict}\n",
        "supplementalGroupsPolicy",
    ),
    (RICH, "emptyDir: {sizeLimit: 1.5e9}", "FIELD: {reference: a/b}", "image"),
    (RICH, "resourceFieldRef:", "FIELD:", "fileKeyRef"),
    (RICH, "image: a/b", "image: a/b\n        lifecycle: {FIELD: SIGTERM}", "stopSignal"),
    (RICH, "image: a/b", "image: a/b\n        FIELD: []", "restartPolicyRules"),
    (SCALER, "spec:\n", 'spec:\n  behavior: {scaleUp: {FIELD: "0.1"}}\n', "tolerance"),
]


@pytest.mark.parametrize(("text", "right", "beside", "field"), NEWER, ids=[e[-1] for e in NEWER])
def test_a_field_of_a_newer_kubernetes_may_be_right(
    text: str, right: str, beside: str, field: str
) -> None:
    body: Any = freeze(yaml.safe_load(text.replace(right, beside.replace("FIELD", field), 1)))
    (found,) = problems(crd(body["kind"]), body)
    assert found.newer and found.on_key and found.path[-1] == field
    assert found.message == f"Kubernetes 1.30 has no field {field}"
    assert "exai: allow newer-field" in found.hint


def test_fields_of_pods_in_newer_crds_are_no_slips() -> None:
    """KubeRay's CRD holds the pod of a later Kubernetes than the one whose models are read."""
    newer, known = crd("RayCluster"), crd("Deployment")
    pod = known.at(("spec", "template", "spec"))
    assert pod is not None
    added: list[Any] = []
    seen: set[tuple[int, int]] = set()

    def below(new: int, old: int) -> None:
        theirs, ours = newer.nodes[new], known.nodes[old]
        if (new, old) in seen or not ours.fields:
            return
        seen.add((new, old))
        for name, number in (theirs.fields or {}).items():
            if name not in ours.fields:
                part = Crd("a/v1", "Part", True, known.nodes, old, known.kubernetes)
                added.extend(
                    each
                    for each in problems(part, freeze({name: {}}))
                    if each.path == (name,)  # type: ignore[arg-type]
                )
                continue
            each, other = newer.nodes[number], known.nodes[ours.fields[name]]
            if each.each is not None and other.each is not None:
                below(each.each, other.each)
            else:
                below(number, ours.fields[name])

    path = ("spec", "headGroupSpec", "template", "spec")
    root = newer.at(path)
    assert root is not None
    below(newer.nodes.index(root), known.nodes.index(pod))
    assert {"hostnameOverride", "podCertificate", "seLinuxChangePolicy"} <= {
        each.path[-1] for each in added
    }
    assert all(each.newer for each in added)


def test_a_crd_is_what_the_cluster_has() -> None:
    cluster = {"rayVersion": "2.9.0", "headGroupSpec": {"rayStartParams": {}}, "brandNew": 1}
    body = {"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": {}, "spec": cluster}
    found = [each for each in problems(crd("RayCluster"), freeze(body)) if each.on_key]  # type: ignore[arg-type]
    assert [(each.message, each.newer) for each in found] == [("there is no field brandNew", False)]


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
