"""What KServe's and Kubernetes' own fields are called here, for hints.

In: a key that a block doesn't know, and the keys that it knows. Out: how it is said here; "" for
any other. Never: a hint that leads to a field which the block doesn't have.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

# Their word -> the field here that has it, and how.
_WORDS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "alibi": (("art", "KServe's own explainer is `art`; others run by their `image`"),),
        "canaryTrafficPercent": (("canary", "write `canary: {model: NAME@ALIAS, traffic: 10%}`"),),
        "containerConcurrency": (("concurrency", "write `concurrency`"),),
        "containers": (
            ("sidecars", "write `image`, `args`, `env` of the server here, others in `sidecars`"),
        ),
        "livenessProbe": (("probes", "write `probes: {liveness: ...}`"),),
        "maxReplicas": (("replicas", "write `replicas: {max: 3}`"),),
        "minReplicas": (("replicas", "write `replicas: {min: 1}`"),),
        "modelFormat": (("format", "write `format: NAME`, and `formatVersion`"),),
        "nodeName": (("node", "write `node`"),),
        "patches": (
            ("schedules", "a pipeline isn't patched; `kubernetes` of a step reaches its pod"),
            ("entities", "a view isn't patched; Feast's own Python comes by `features.files`"),
        ),
        "predictor": (("model", "a Service is its predictor: write `model: {uri, format}` here"),),
        "protocolVersion": (("protocol", "write `protocol`"),),
        "protocolVersions": (("protocols", "write `protocols`"),),
        "readOnly": (
            ("secret", "remove it: the files of a Secret are never written"),
            ("configMap", "remove it: the files of a ConfigMap are never written"),
            ("pvc", "remove it: Kubeflow Pipelines mounts a claim to be written"),
            ("claim", "remove it: Kubeflow Pipelines mounts a claim to be written"),
        ),
        "readinessProbe": (("probes", "write `probes: {readiness: ...}`"),),
        "scaleMetric": (("autoscale", "write `autoscale: {metric: cpu, target: 80%}`"),),
        "scaleTarget": (("autoscale", "write `autoscale: {metric: cpu, target: 80%}`"),),
        "serviceAccountName": (("serviceAccount", "write `serviceAccount`"),),
        "serviceName": (("service", "write `service`"),),
        "serviceUrl": (("url", "write `url`"),),
        "storageUri": (
            ("uri", "write `uri`"),
            ("model", "write `model: {uri: s3://bucket/folder, format: sklearn}`"),
        ),
        "subPath": (
            ("secret", "remove it: Kubeflow Pipelines mounts the whole Secret"),
            ("configMap", "remove it: Kubeflow Pipelines mounts the whole ConfigMap"),
        ),
        "supportedModelFormats": (
            ("formats", "write `formats: {NAME: {version: '1', autoSelect: true}}`"),
        ),
        "volumeMounts": (("volumes", "write `volumes: {/path: {secret: NAME}}`"),),
    }
)


def said_here(word: str, known: Collection[str]) -> str:
    """How a field of theirs is written in a block that has these fields."""
    return next((hint for field, hint in _WORDS.get(word, ()) if field in known), "")
