"""What the planner must know of each kind of object: as tables, not as branches.

Sources: KServe's, KFP's and Katib's admission webhooks and the rules of CRDs that compare with what
was there (immutable fields), KServe's controllers
(what `status.deploymentMode` says comes before the annotation), DESIGN section 4 (how many versions
stay).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.effects import Effect

FieldPath = tuple[str | int, ...]

# Only these fields can change in place; elsewhere a difference means nothing: the name is the
# content. In another namespace it is another object. One that a Manifest holds has a name of its
# own: there all of `metadata` can, and any other change needs a new object.
MUTABLE_ONLY: Mapping[str, tuple[FieldPath, ...]] = MappingProxyType(
    {
        "Experiment": (
            ("spec", "maxTrialCount"),
            ("spec", "parallelTrialCount"),
            ("spec", "maxFailedTrialCount"),
            ("metadata", "annotations"),
            ("metadata", "labels"),
            ("metadata", "namespace"),
        ),
        "PipelineVersion": (
            ("spec", "displayName"),
            ("spec", "tags"),
            ("metadata", "labels"),
            ("metadata", "namespace"),
        ),
    }
)

METADATA: FieldPath = ("metadata",)
NAMESPACE: FieldPath = ("metadata", "namespace")
DEPLOYMENT_MODE: FieldPath = ("metadata", "annotations", "serving.kserve.io/deploymentMode")

# Of a JobSet that a TrainJob becomes.
_JOB_SET = ("failurePolicy", "network", "startupPolicy", "successPolicy", "volumeClaimPolicies")
_TRAINING_RUNTIME: tuple[FieldPath, ...] = tuple(
    ("spec", "template", "spec", name) for name in _JOB_SET
)

# A change of one of these fields needs a new object.
IMMUTABLE: Mapping[str, tuple[FieldPath, ...]] = MappingProxyType(
    {
        "ClusterTrainingRuntime": _TRAINING_RUNTIME,
        "FeatureStore": tuple(
            ("spec", "services", *store, "persistence", "file", "pvc", "create")
            for store in (("offlineStore",), ("onlineStore",), ("registry", "local"))
        ),
        "InferenceGraph": (DEPLOYMENT_MODE,),
        "InferenceService": (DEPLOYMENT_MODE,),
        # How many nodes one replica has.
        "LLMInferenceService": tuple(
            (*path, "parallelism", degree)
            for path in (("spec",), ("spec", "prefill"))
            for degree in ("data", "dataLocal", "pipeline")
        ),
        "LocalModelCache": (("spec", "sourceModelUri"),),
        "LocalModelNamespaceCache": (("spec", "sourceModelUri"),),
        "OptimizationJob": (("spec",),),
        "RayCluster": (
            ("spec", "gcsFaultToleranceOptions", "backend"),
            ("spec", "managedBy"),
        ),
        "RayCronJob": (
            ("spec", "jobTemplate", "managedBy"),
            ("spec", "jobTemplate", "rayClusterSpec", "gcsFaultToleranceOptions", "backend"),
            ("spec", "jobTemplate", "rayClusterSpec", "managedBy"),
        ),
        "RayJob": (
            ("spec", "managedBy"),
            ("spec", "rayClusterSpec", "gcsFaultToleranceOptions", "backend"),
            ("spec", "rayClusterSpec", "managedBy"),
        ),
        "RayService": (
            ("spec", "managedBy"),
            ("spec", "rayClusterConfig", "gcsFaultToleranceOptions", "backend"),
            ("spec", "rayClusterConfig", "managedBy"),
        ),
        "TrainJob": (
            ("spec", "activeDeadlineSeconds"),
            ("spec", "initializer"),
            ("spec", "managedBy"),
            ("spec", "runtimeRef"),
            ("spec", "trainer"),
        ),
        # trainedmodel_webhook.go of KServe
        "TrainedModel": (("spec", "model", "memory"),),
        "TrainingRuntime": _TRAINING_RUNTIME,
    }
)

# The same of Kubernetes' own kinds, which others' kinds may be called like (k8s.io/kubernetes,
# pkg/apis/*/validation).
IMMUTABLE_OF_KUBERNETES: Mapping[tuple[str, str], tuple[FieldPath, ...]] = MappingProxyType(
    {
        ("apps/v1", "Deployment"): (("spec", "selector"),),
        ("apps/v1", "StatefulSet"): tuple(
            ("spec", name)
            for name in ("podManagementPolicy", "selector", "serviceName", "volumeClaimTemplates")
        ),
        ("batch/v1", "Job"): tuple(
            ("spec", name) for name in ("completionMode", "selector", "template")
        ),
        ("rbac.authorization.k8s.io/v1", "RoleBinding"): (("roleRef",),),
        ("v1", "PersistentVolumeClaim"): tuple(
            ("spec", name) for name in ("accessModes", "storageClassName", "volumeMode")
        ),
    }
)


def immutable(api: str, kind: str) -> tuple[FieldPath, ...]:
    """The fields of a kind of which a change needs a new object."""
    return (*IMMUTABLE.get(kind, ()), *IMMUTABLE_OF_KUBERNETES.get((api, kind), ()))


# Annotations that a controller acts upon at once: below `metadata`.
DECIDING: tuple[FieldPath, ...] = (
    ("annotations", "kubeflow-resource-stopped"),
    ("annotations", "serving.kserve.io/stop"),
)

# Objects that stay as history while their document does: how many, the newest first.
RETAINED: Mapping[str, int] = MappingProxyType({"Experiment": 3, "PipelineVersion": 10})

# What losing an object means to those who use it.
DELETE_EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "InferenceGraph": Effect.BREAKING,
        "InferenceService": Effect.BREAKING,
        "FeatureRepository": Effect.MATERIALIZE,
        "LLMInferenceService": Effect.BREAKING,
    }
)

# What ends by itself: made once more it runs again, and nobody is without it meanwhile.
_ENDING = ("Experiment", "Job", "OptimizationJob", "RayJob", "TrainJob")
RUNS_WHEN_MADE = frozenset(_ENDING)
# What is read when something else is made, and by nothing that runs.
_READ_ONCE = ("ClusterTrainingRuntime", "TrainingRuntime")

# What making an object once more means to those who use it.
REMADE_EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        **DELETE_EFFECTS,
        **dict.fromkeys(_ENDING, Effect.RETRAIN),
        **dict.fromkeys(_READ_ONCE, Effect.RENDER),
    }
)

# What is lost with an object and can't be made again, in the plan's words. Others' kinds may be
# called like Kubernetes' own.
LOST_WITH: Mapping[tuple[str, str], str] = MappingProxyType(
    {("v1", "PersistentVolumeClaim"): "the files in it are lost with it"}
)


def delete_effect(api: str, kind: str) -> Effect:
    """What it means that an object of this kind is deleted."""
    lost = (api, kind) in LOST_WITH
    return Effect.BREAKING if lost else DELETE_EFFECTS.get(kind, Effect.RENDER)


def remade_effect(api: str, kind: str, usual: Effect) -> Effect:
    """What it means that an object is made once more; `usual` is that of a kind of no table."""
    lost = (api, kind) in LOST_WITH
    return Effect.BREAKING if lost else REMADE_EFFECTS.get(kind, usual)


# The order within a round; a run comes last, so that nothing that is ready waits for a training.
MATERIALIZE_WAVE = 15
VERDICT_WAVE = 30
ALIAS_WAVE = 35
DELETE_WAVE = 70
RUN_WAVE = 80


def object_wave(wave: int) -> int:
    """A rendered object's place among the waves above."""
    return wave * 10


def starts_with(path: FieldPath, prefixes: tuple[FieldPath, ...]) -> bool:
    """Whether a field lies at or below one of these."""
    return any(path[: len(prefix)] == prefix for prefix in prefixes)
