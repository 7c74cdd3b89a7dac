"""Which kinds there are in an API group: of Kubernetes itself, and of the CRDs that exai has.

In: `apiVersion` and `kind` of an object. Out: whether there may be such a kind, and which was
probably meant. Never: fields, which `table` has; a word on groups that aren't listed.

Sources: Kubernetes' client (a test holds them together), with what later versions have beside it;
the CRDs of each project.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_specs.nearest import nearest
from exai_specs.values import frozen

_RAY = "RayCluster RayJob RayService"
_ISTIO = "DestinationRule Gateway ServiceEntry Sidecar VirtualService WorkloadEntry WorkloadGroup"
_POLICIES = "AuthorizationPolicy PeerAuthentication RequestAuthentication"
_LLM = "LLMInferenceService LLMInferenceServiceConfig"

OF_KUBERNETES: Mapping[str, str] = {
    "v1": "ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume "
    "PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service "
    "ServiceAccount",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "networking.k8s.io/v1": "Ingress IngressClass NetworkPolicy",
    "networking.k8s.io/v1alpha1": "IPAddress ServiceCIDR",
    "policy/v1": "PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
}
# What Kubernetes 1.31 to 1.34 have beside it in these groups.
LATER: Mapping[str, str] = {
    "networking.k8s.io/v1": "IPAddress ServiceCIDR",
    "networking.k8s.io/v1beta1": "IPAddress ServiceCIDR",
}
OF_CRDS: Mapping[str, str] = {
    "feast.dev/v1": "FeatureStore",
    "feast.dev/v1alpha1": "FeatureStore",
    "gateway.networking.k8s.io/v1": "BackendTLSPolicy GRPCRoute Gateway GatewayClass HTTPRoute",
    "gateway.networking.k8s.io/v1alpha2": "BackendTLSPolicy GRPCRoute ReferenceGrant TCPRoute "
    "TLSRoute UDPRoute",
    "gateway.networking.k8s.io/v1alpha3": "BackendTLSPolicy TLSRoute",
    "gateway.networking.k8s.io/v1beta1": "Gateway GatewayClass HTTPRoute ReferenceGrant",
    "keda.sh/v1alpha1": "ClusterTriggerAuthentication ScaledJob ScaledObject TriggerAuthentication",
    "kubeflow.org/v1": "JAXJob MPIJob Notebook PaddleJob Profile PyTorchJob TFJob XGBoostJob",
    "kubeflow.org/v1alpha1": "Notebook PVCViewer PodDefault",
    "kubeflow.org/v1beta1": "Experiment Notebook Profile ScheduledWorkflow Suggestion Trial Viewer "
    "Workspace WorkspaceKind",
    "kubeflow.org/v2beta1": "MPIJob",
    "monitoring.coreos.com/v1": "Alertmanager PodMonitor Probe Prometheus PrometheusRule "
    "ServiceMonitor ThanosRuler",
    "monitoring.coreos.com/v1alpha1": "AlertmanagerConfig PrometheusAgent ScrapeConfig",
    "monitoring.coreos.com/v1beta1": "AlertmanagerConfig",
    "networking.istio.io/v1": f"{_ISTIO} ProxyConfig",
    "networking.istio.io/v1alpha3": f"{_ISTIO} EnvoyFilter",
    "networking.istio.io/v1beta1": f"{_ISTIO} ProxyConfig",
    "pipelines.kubeflow.org/v2beta1": "Pipeline PipelineVersion",
    "ray.io/v1": f"{_RAY} RayCronJob",
    "ray.io/v1alpha1": _RAY,
    "security.istio.io/v1": _POLICIES,
    "security.istio.io/v1beta1": _POLICIES,
    "serving.kserve.io/v1alpha1": "ClusterServingRuntime ClusterStorageContainer InferenceGraph "
    f"{_LLM} LocalModelCache LocalModelNamespaceCache LocalModelNode LocalModelNodeGroup "
    "ServingRuntime TrainedModel",
    "serving.kserve.io/v1alpha2": _LLM,
    "serving.kserve.io/v1beta1": "InferenceService",
    "sparkoperator.k8s.io/v1alpha1": "SparkConnect",
    "sparkoperator.k8s.io/v1beta2": "ScheduledSparkApplication SparkApplication",
    "tensorboard.kubeflow.org/v1alpha1": "Tensorboard",
    "trainer.kubeflow.org/v1alpha1": "ClusterTrainingRuntime OptimizationJob TrainJob "
    "TrainingRuntime",
}
# Groups in which there may be more: of several projects, or of many that exai has no CRD of. Only
# what is nearly a listed kind, or one of another version, is told there.
MORE = frozenset(
    {
        *("gateway.networking.k8s.io", "keda.sh", "kubeflow.org", "monitoring.coreos.com"),
        *("networking.istio.io", "security.istio.io"),
    }
)
_SLIP = 0.8  # the share of letters that a slip leaves alike


@frozen
class Meant:
    """The kind that was probably meant, and the versions that have it; empty when nothing is near.
    `kinds` are those of the stated version, empty where there is no such version; `apis` then are
    those of the group."""

    kind: str = ""
    apis: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


def unlisted(api: str, kind: str) -> Meant | None:
    """What was meant by a kind that its group doesn't have; None where there may be one. A group
    without a dot can only be Kubernetes' own: the API server takes no CRD of such a one."""
    group = group_of(api)
    everywhere = dict(_listed())
    mine = {each: kinds for each, kinds in everywhere.items() if group_of(each) == group}
    there = mine.get(api, ())
    if kind in there or not (mine or "." not in group):
        return None
    nearby = ((api,), mine, everywhere if not mine else ())
    for among in nearby:
        all_ = {name for each in among for name in everywhere.get(each, ())}
        meant = kind if kind in all_ else nearest(kind, all_, _SLIP)
        if meant is not None:
            return Meant(meant, _homes(meant, {each: everywhere[each] for each in among}), there)
    if homes := _homes(kind, everywhere):
        return Meant(kind, homes, there)
    return None if group in MORE else Meant(apis=() if there else tuple(mine), kinds=there)


def group_of(api: str) -> str:
    """The API group of an `apiVersion`; empty for Kubernetes' core."""
    return api.rpartition("/")[0]


def _homes(kind: str, among: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Stable versions first."""
    found = [api for api, kinds in among.items() if kind in kinds]
    return tuple(sorted(found, key=lambda api: ("alpha" in api, "beta" in api, api)))


def _listed() -> Iterator[tuple[str, tuple[str, ...]]]:
    known = {**OF_KUBERNETES, **OF_CRDS}
    for api in dict.fromkeys((*known, *LATER)):
        yield api, tuple(f"{known.get(api, '')} {LATER.get(api, '')}".split())
