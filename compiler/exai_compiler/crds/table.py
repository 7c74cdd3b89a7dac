"""The structural schema of one kind, read from its table when first asked.

In: a kind that exai renders. Out: a tree of nodes; equal parts are one node. Never: descriptions,
anything outside of exai's own package.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from exai_specs.values import frozen

# Kind -> the version that exai writes. A kind is added here, and its table made by the test.
KINDS: Mapping[str, str] = {
    "ClusterServingRuntime": "serving.kserve.io/v1alpha1",
    "Experiment": "kubeflow.org/v1beta1",
    "InferenceGraph": "serving.kserve.io/v1alpha1",
    "InferenceService": "serving.kserve.io/v1beta1",
    "LLMInferenceService": "serving.kserve.io/v1alpha2",
    "NetworkPolicy": "networking.k8s.io/v1",
    "Notebook": "kubeflow.org/v1",
    "PersistentVolumeClaim": "v1",
    "Pipeline": "pipelines.kubeflow.org/v2beta1",
    "PipelineVersion": "pipelines.kubeflow.org/v2beta1",
    "PodMonitor": "monitoring.coreos.com/v1",
    "PrometheusRule": "monitoring.coreos.com/v1",
    "ServingRuntime": "serving.kserve.io/v1alpha1",
}


# Kind -> the version of kinds that a Manifest may hold, and no document's patch changes.
OTHERS: Mapping[str, str] = {
    "AuthorizationPolicy": "security.istio.io/v1",
    "ClusterStorageContainer": "serving.kserve.io/v1alpha1",
    "ClusterTrainingRuntime": "trainer.kubeflow.org/v1alpha1",
    "ConfigMap": "v1",
    "CronJob": "batch/v1",
    "Deployment": "apps/v1",
    "FeatureStore": "feast.dev/v1",
    "Gateway": "gateway.networking.k8s.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "Job": "batch/v1",
    "LLMInferenceServiceConfig": "serving.kserve.io/v1alpha2",
    "LimitRange": "v1",
    "LocalModelCache": "serving.kserve.io/v1alpha1",
    "LocalModelNamespaceCache": "serving.kserve.io/v1alpha1",
    "LocalModelNodeGroup": "serving.kserve.io/v1alpha1",
    "OptimizationJob": "trainer.kubeflow.org/v1alpha1",
    "PVCViewer": "kubeflow.org/v1alpha1",
    "PodDefault": "kubeflow.org/v1alpha1",
    "PodDisruptionBudget": "policy/v1",
    "Profile": "kubeflow.org/v1",
    "RayCluster": "ray.io/v1",
    "RayCronJob": "ray.io/v1",
    "RayJob": "ray.io/v1",
    "RayService": "ray.io/v1",
    "RequestAuthentication": "security.istio.io/v1",
    "ResourceQuota": "v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "ScaledObject": "keda.sh/v1alpha1",
    "ScheduledSparkApplication": "sparkoperator.k8s.io/v1beta2",
    "Service": "v1",
    "ServiceAccount": "v1",
    "ServiceMonitor": "monitoring.coreos.com/v1",
    "SparkApplication": "sparkoperator.k8s.io/v1beta2",
    "StatefulSet": "apps/v1",
    "Tensorboard": "tensorboard.kubeflow.org/v1alpha1",
    "TrainJob": "trainer.kubeflow.org/v1alpha1",
    "TrainedModel": "serving.kserve.io/v1alpha1",
    "TrainingRuntime": "trainer.kubeflow.org/v1alpha1",
    "VirtualService": "networking.istio.io/v1",
}

# Kubernetes' own kinds that are in no namespace, by group.
CLUSTER_SCOPED = frozenset(
    {
        *(("", "Namespace"), ("", "Node"), ("", "PersistentVolume")),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("cert-manager.io", "ClusterIssuer"),
        ("external-secrets.io", "ClusterSecretStore"),
        ("gateway.networking.k8s.io", "GatewayClass"),
        ("networking.k8s.io", "IngressClass"),
        ("node.k8s.io", "RuntimeClass"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "VolumeAttachment"),
    }
)


# Kind -> older versions that exai writes for older platforms, each with a table of its own.
OLDER: Mapping[str, tuple[str, ...]] = {"LLMInferenceService": ("serving.kserve.io/v1alpha1",)}

# Core kinds, which have no CRD: a part of another kind's table is their `spec`.
PARTS: Mapping[str, tuple[str, tuple[str | int, ...]]] = {
    "PersistentVolumeClaim": (
        "Notebook",
        ("spec", "template", "spec", "volumes", 0, "ephemeral", "volumeClaimTemplate", "spec"),
    )
}


@frozen
class Node:
    """One part of a schema. Children are numbers of nodes: `fields` by name, `each` of a list's
    items, `values` of a mapping with any keys. `keys`: a list's items are told apart by these
    fields (x-kubernetes-list-map-keys). `open`: unknown fields are kept. `rules`: in CEL, each with
    what is said of a value that breaks it.
    """

    type: str = ""
    fields: Mapping[str, int] | None = None
    each: int | None = None
    values: int | None = None
    required: tuple[str, ...] = ()
    enum: tuple[Any, ...] = ()
    keys: tuple[str, ...] = ()
    pattern: str = ""
    format: str = ""
    least: float | None = None
    most: float | None = None
    shortest: int | None = None
    longest: int | None = None
    nullable: bool = False
    open: bool = False
    default: Any = None
    rules: tuple[tuple[str, str], ...] = ()


@frozen
class Crd:
    """A kind's schema; `root` is the whole object's node. `kubernetes`: the version of it whose own
    kind this is; empty for a CRD."""

    api: str
    kind: str
    namespaced: bool
    nodes: tuple[Node, ...]
    root: int
    kubernetes: str = ""

    def child(self, node: Node, part: str | int) -> Node | None:
        """The node of a field or item; None where the schema has none."""
        fields = node.fields or {}
        found = node.each if isinstance(part, int) else fields.get(part, node.values)
        return None if found is None else self.nodes[found]

    def at(self, path: tuple[str | int, ...]) -> Node | None:
        """The node at a path from the whole object."""
        node: Node | None = self.nodes[self.root]
        for part in path:
            node = self.child(node, part) if node is not None else None
        return node


@cache
def crd(kind: str, api: str = "") -> Crd:
    """The table of a kind, the same value at every call; of an older version where `api` is one.
    Raises KeyError for a kind of no table."""
    import json
    from pathlib import Path

    if kind not in KINDS and kind not in OTHERS:
        raise KeyError(kind)
    if kind in PARTS:
        return _part(kind)
    name = table_name(kind, api)
    text = (Path(__file__).parent / "tables" / f"{name}.json").read_text("utf-8")
    value = json.loads(text)
    nodes = tuple(_node(each) for each in value["nodes"])
    read = value.get("kubernetes", "")
    return Crd(value["api"], kind, value["namespaced"], nodes, value["root"], read)


def _part(kind: str) -> Crd:
    name, path = PARTS[kind]
    whole = crd(name)
    spec = whole.at(path)
    assert spec is not None  # noqa: S101 - a test reads each
    root = Node("object", {"spec": whole.nodes.index(spec)}, required=("spec",))
    return Crd(KINDS[kind], kind, True, (*whole.nodes, root), len(whole.nodes))


def is_known(api: str, kind: str) -> bool:
    """Whether there is a table of this very version of a kind."""
    return api in ({**OTHERS, **KINDS}.get(kind), *OLDER.get(kind, ()))


def is_namespaced(api: str, kind: str) -> bool:
    """Whether objects of the kind are in a namespace; so are those of kinds that nobody knows."""
    group = api.rpartition("/")[0]
    known = {**OTHERS, **KINDS}.get(kind, "")
    if known.rpartition("/")[0] == group and known:
        return crd(kind).namespaced
    return (group, kind) not in CLUSTER_SCOPED


def table_name(kind: str, api: str = "") -> str:
    """What the table's file is called, without its ending."""
    older = api in OLDER.get(kind, ())
    return f"{kind}.{api.rpartition('/')[2]}" if older else kind


def _node(stated: dict[str, Any]) -> Node:
    lists = ("required", "enum", "keys")
    values: dict[str, Any] = dict(stated)
    values |= {key: tuple(values[key]) for key in lists if key in values}
    values["rules"] = tuple((rule, message) for rule, message in stated.get("rules", ()))
    return Node(**values)
