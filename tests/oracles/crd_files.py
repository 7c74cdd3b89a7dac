"""The CustomResourceDefinitions beside the project: where they are, and validators of them.

They are read from `../shared/crds`; without that folder a test that needs one fails loudly.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

CRDS = Path(__file__).parents[2] / "../shared/crds"
FILES = {
    "AuthorizationPolicy": "istio/authorizationpolicies.security.istio.io",
    "ClusterServingRuntime": "kserve/clusterservingruntimes.serving.kserve.io",
    "ClusterStorageContainer": "kserve/clusterstoragecontainers.serving.kserve.io",
    "ClusterTrainingRuntime": "kubeflow-trainer/clustertrainingruntimes.trainer.kubeflow.org",
    "Experiment": "katib/experiments.kubeflow.org",
    "FeatureStore": "feast/featurestores.feast.dev",
    "Gateway": "gateway-api/gateways.gateway.networking.k8s.io",
    "HTTPRoute": "gateway-api/httproutes.gateway.networking.k8s.io",
    "InferenceGraph": "kserve/inferencegraphs.serving.kserve.io",
    "InferenceService": "kserve/inferenceservices.serving.kserve.io",
    "LLMInferenceService": "kserve/llminferenceservices.serving.kserve.io",
    "LLMInferenceServiceConfig": "kserve/llminferenceserviceconfigs.serving.kserve.io",
    "LocalModelCache": "kserve/localmodelcaches.serving.kserve.io",
    "LocalModelNamespaceCache": "kserve/localmodelnamespacecaches.serving.kserve.io",
    "LocalModelNodeGroup": "kserve/localmodelnodegroups.serving.kserve.io",
    "Notebook": "kubeflow-notebooks-v1/notebooks.kubeflow.org",
    "OptimizationJob": "kubeflow-trainer/optimizationjobs.trainer.kubeflow.org",
    "PVCViewer": "kubeflow-notebooks-v1/pvcviewers.kubeflow.org",
    "Pipeline": "kubeflow-pipelines/pipelines.pipelines.kubeflow.org",
    "PipelineVersion": "kubeflow-pipelines/pipelineversions.pipelines.kubeflow.org",
    "PodDefault": "kubeflow-poddefaults/poddefaults.kubeflow.org",
    "PodMonitor": "prometheus-operator/podmonitors.monitoring.coreos.com",
    "Profile": "kubeflow-profiles/profiles.kubeflow.org",
    "PrometheusRule": "prometheus-operator/prometheusrules.monitoring.coreos.com",
    "RayCluster": "kuberay/rayclusters.ray.io",
    "RayCronJob": "kuberay/raycronjobs.ray.io",
    "RayJob": "kuberay/rayjobs.ray.io",
    "RayService": "kuberay/rayservices.ray.io",
    "RequestAuthentication": "istio/requestauthentications.security.istio.io",
    "ScaledObject": "keda/scaledobjects.keda.sh",
    "ScheduledSparkApplication": "spark-operator/scheduledsparkapplications.sparkoperator.k8s.io",
    "ServiceMonitor": "prometheus-operator/servicemonitors.monitoring.coreos.com",
    "ServingRuntime": "kserve/servingruntimes.serving.kserve.io",
    "SparkApplication": "spark-operator/sparkapplications.sparkoperator.k8s.io",
    "Tensorboard": "kubeflow-notebooks-v1/tensorboards.tensorboard.kubeflow.org",
    "TrainJob": "kubeflow-trainer/trainjobs.trainer.kubeflow.org",
    "TrainedModel": "kserve/trainedmodels.serving.kserve.io",
    "TrainingRuntime": "kubeflow-trainer/trainingruntimes.trainer.kubeflow.org",
    "VirtualService": "istio/virtualservices.networking.istio.io",
}

# metadata is `type: object` in every CRD: the API server knows its fields, and these are those that
# exai writes.
METADATA = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": r"^[a-z]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63},
        "namespace": {"type": "string"},
        "labels": {
            "type": "object",
            "additionalProperties": {
                "type": "string",
                "pattern": r"^([A-Za-z0-9][-\w.]{0,61})?[A-Za-z0-9]?$",
            },
        },
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A CRD's schema as JSON Schema that refuses unknown fields, unless the CRD preserves them."""
    kept = {
        key: schema[key]
        for key in (
            "type",
            "enum",
            "pattern",
            "required",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
        )
        if key in schema
    }
    kept |= {key: schema[key] for key in ("minItems", "maxItems") if key in schema}
    if "(?i)" in kept.get("pattern", ""):  # Go's, which has flags anywhere
        kept["pattern"] = f"(?i){kept['pattern'].replace('(?i)', '')}"
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema and not schema.get("x-kubernetes-int-or-string"):
            kept[key] = [strict_part(part) for part in schema[key]]
    if schema.get("x-kubernetes-int-or-string"):
        kept["type"] = ["integer", "string"]
    if schema.get("format") in RANGES:
        kept["minimum"], kept["maximum"] = RANGES[schema["format"]]
    properties = {name: strict(part) for name, part in schema.get("properties", {}).items()}
    if properties:
        kept["properties"] = properties
    if isinstance(schema.get("additionalProperties"), Mapping):
        kept["additionalProperties"] = strict(schema["additionalProperties"])
    elif schema.get("type") == "object" and not schema.get("x-kubernetes-preserve-unknown-fields"):
        kept["additionalProperties"] = False
    if "items" in schema:
        kept["items"] = strict(schema["items"])
    if schema.get("nullable"):
        return {"anyOf": [kept, {"type": "null"}]}
    return kept


def strict_part(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A branch of oneOf, anyOf or allOf: it adds conditions to a schema that already lists all the
    fields.
    """
    return {key: value for key, value in schema.items() if not key.startswith("x-")}


@cache
def crd_of(kind: str) -> dict[str, Any]:
    """The CRD's `spec`. Fails the test when the file isn't there."""
    path = CRDS / f"{FILES[kind]}.yaml"
    if not path.exists():
        message = f"the CRD schemas are missing: no {path}; set EXAI_ALLOW_NO_CRDS=1 to go without"
        if os.environ.get("EXAI_ALLOW_NO_CRDS") == "1":
            pytest.skip(message)
        pytest.fail(message)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(path.read_text(), Loader=loader)["spec"]  # noqa: S506 - both are safe
    return found


@cache
def source_of(kind: str) -> str:
    """Where the CRD was published: repository, commit, path."""
    for line in (CRDS / "SOURCES.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == f"{FILES[kind]}.yaml":
            return f"{cells[1]} at {cells[2].split()[0]}, {cells[3]}"
    raise LookupError(kind)


@cache
def validator(kind: str, api: str = "") -> Draft202012Validator:
    """The strict validator of the newest version that is served, or of `api`: it refuses unknown
    fields.
    """
    spec = crd_of(kind)
    served = version_of(kind, api)
    schema = strict(served["schema"]["openAPIV3Schema"])
    schema.setdefault("properties", {})["metadata"] = METADATA
    schema["properties"]["apiVersion"] = {"const": f"{spec['group']}/{served['name']}"}
    schema["properties"]["kind"] = {"const": spec["names"]["kind"]}
    schema["required"] = sorted({"apiVersion", "kind", "metadata", "spec"})
    return Draft202012Validator(schema)


def version_of(kind: str, api: str = "") -> dict[str, Any]:
    """The version `api`; without one of that name the one that the API server stores."""
    versions: list[dict[str, Any]] = crd_of(kind)["versions"]
    asked = (version for version in versions if version["name"] == api.rpartition("/")[2])
    return next(asked, None) or next(version for version in versions if version["storage"])
