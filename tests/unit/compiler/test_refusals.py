"""What KServe refuses of an object whose every field is of the right type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from exai_compiler.backends.kserve.refusals import refusals
from exai_specs.frozen import freeze

GOLDEN = Path(__file__).parents[2] / "golden/kserve"
API = {
    "InferenceService": "v1beta1",
    "InferenceGraph": "v1alpha1",
    "ClusterStorageContainer": "v1alpha1",
    "LLMInferenceService": "v1alpha2",
    "TrainedModel": "v1alpha1",
}
MODEL = "model: {modelFormat: {name: onnx}, storageUri: 's3://a/b'}"
ONE = "must have exactly one of"


def refused(kind: str, spec: str, mode: str = "Standard") -> list[tuple[str, str]]:
    body: Any = freeze(
        {
            "apiVersion": f"serving.kserve.io/{API[kind]}",
            "kind": kind,
            "metadata": {"annotations": {"serving.kserve.io/deploymentMode": mode}},
            "spec": yaml.safe_load(spec),
        }
    )
    found = list(refusals(body))
    assert all(each.hint for each in found)
    return [(".".join(map(str, each.path[1:])), each.message) for each in found]


@pytest.mark.parametrize(
    ("kind", "spec", "path", "message"),
    [
        (
            "InferenceService",
            f"{{predictor: {{{MODEL}, sklearn: {{}}}}}}",
            "predictor.sklearn",
            "stands beside `model`",
        ),
        (
            "InferenceService",
            "{predictor: {onnx: {}, sklearn: {}}}",
            "predictor.sklearn",
            "stands beside `onnx`",
        ),
        (
            "InferenceService",
            "{predictor: {model: {name: x, modelFormat: {name: a}}}}",
            "predictor.model.name",
            "is refused by KServe",
        ),
        (
            "InferenceService",
            f"{{predictor: {{{MODEL}, storageUris: [{{uri: 's3://a/c'}}]}}}}",
            "predictor.storageUris",
            "stands beside `model.storageUri`",
        ),
        (
            "InferenceService",
            f"{{predictor: {{{MODEL}, minReplicas: 3, maxReplicas: 2}}}}",
            "predictor.minReplicas",
            "leaves more instances at least (3) than at most (2)",
        ),
        (
            "InferenceService",
            f"{{predictor: {{{MODEL}, canaryTrafficPercent: 10}}}}",
            "predictor.canaryTrafficPercent",
            "is Knative's",
        ),
        (
            "InferenceService",
            f"{{predictor: {{{MODEL}}}, transformer: {{logger: {{url: 'http://a'}}}}}}",
            "transformer.logger",
            "has no mode",
        ),
        (
            "InferenceService",
            f"{{predictor: {{{MODEL}, logger: {{mode: all, storage: {{path: a}}}}}}}}",
            "predictor.logger.storage",
            "has no parameters and no key",
        ),
        (
            "InferenceService",
            f"{{predictor: {{{MODEL}}}, canary: [{{predictor: {{{MODEL}, maxReplicas: 2}}}}]}}",
            "canary.0.predictor.maxReplicas",
            "is refused in a canary",
        ),
        (
            "LLMInferenceService",
            "{replicas: 1, scaling: {maxReplicas: 2, wva: {hpa: {}}}}",
            "scaling",
            "stands beside `replicas`",
        ),
        ("LLMInferenceService", "{scaling: {maxReplicas: 2}}", "scaling", f"{ONE} wva, keda"),
        (
            "LLMInferenceService",
            "{prefill: {scaling: {minReplicas: 3, maxReplicas: 2, wva: {hpa: {}}}}}",
            "prefill.scaling.minReplicas",
            "is more than maxReplicas, 2",
        ),
        (
            "LLMInferenceService",
            "{scaling: {maxReplicas: 2, wva: {hpa: {}, keda: {}}}}",
            "scaling.wva.keda",
            f"{ONE} hpa, keda",
        ),
        (
            "LLMInferenceService",
            "{scaling: {maxReplicas: 2, keda: {triggers: []}}}",
            "scaling.keda",
            "has no trigger",
        ),
        (
            "LLMInferenceService",
            "{scaling: {maxReplicas: 2, wva: {keda: {idleReplicaCount: 0}}}}",
            "scaling.wva.keda.idleReplicaCount",
            "must be less than minReplicas",
        ),
        (
            "InferenceGraph",
            "{nodes: {first: {routerType: Sequence, steps: [{serviceName: a}]}}}",
            "nodes",
            "has no `root`",
        ),
        (
            "InferenceGraph",
            "{nodes: {root: {routerType: Sequence, steps: [{}]}}}",
            "nodes.root.steps.0",
            f"{ONE} nodeName, serviceName, serviceUrl",
        ),
        (
            "InferenceGraph",
            "{nodes: {root: {routerType: Sequence, steps: [{nodeName: rot}]}}}",
            "nodes.root.steps.0.nodeName",
            "names no node: `rot`",
        ),
        (
            "InferenceGraph",
            "{nodes: {root: {routerType: Splitter, steps: [{serviceName: a, weight: 90}]}}}",
            "nodes.root.steps",
            "have weights of 90 together",
        ),
        (
            "ClusterStorageContainer",
            "{container: {name: mine, image: a/b}, supportedUriFormats: [{prefix: 'a://'}]}",
            "container.name",
            "is no name by which KServe knows the container",
        ),
        (
            "ClusterStorageContainer",
            "{supportedUriFormats: [{prefix: 'a://', regex: b}]}",
            "supportedUriFormats.0",
            f"{ONE} prefix, regex",
        ),
        (
            "ClusterStorageContainer",
            "{workloadType: initcontainer, supportedUriFormats: [{prefix: 'a://'}]}",
            "workloadType",
            "must be one of initContainer, localModelDownloadJob",
        ),
    ],
)
def test_what_cannot_stand_together(kind: str, spec: str, path: str, message: str) -> None:
    ((at, told),) = refused(kind, spec)
    assert at == path and told.startswith(message)


def test_a_strategy_is_standards_and_a_share_knatives() -> None:
    strategy = f"{{predictor: {{{MODEL}, deploymentStrategy: {{type: Recreate}}}}}}"
    assert refused("InferenceService", strategy) == []
    ((at, _),) = refused("InferenceService", strategy, "Knative")
    assert at == "predictor.deploymentStrategy"
    share = f"{{predictor: {{{MODEL}, canaryTrafficPercent: 10}}}}"
    assert refused("InferenceService", share, "Knative") == []


def test_a_trained_model_is_fetched_by_the_agent() -> None:
    model = "{inferenceService: many, model: {framework: onnx, memory: 1Gi, storageUri: 'URI'}}"
    for uri in ("s3://a/b", "gs://a/b", "https://a/b", "oci://a/b"):
        assert refused("TrainedModel", model.replace("URI", uri)) == []
    (found,) = refused("TrainedModel", model.replace("URI", "pvc://a/b"))
    assert found == (
        "model.storageUri",
        "is no address that KServe's agent fetches from: pvc",
    )
    body: Any = freeze(
        {
            "apiVersion": "serving.kserve.io/v1alpha1",
            "kind": "TrainedModel",
            "metadata": {"name": "a.b"},
            "spec": {},
        }
    )
    assert [each.path for each in refusals(body)] == [("metadata", "name")]


def test_the_goldens_are_taken() -> None:
    bodies = [
        body
        for path in sorted(GOLDEN.rglob("*.yaml"))
        for body in yaml.safe_load_all(path.read_text(encoding="utf-8"))
        if isinstance(body, dict) and "kind" in body
    ]
    assert {"InferenceService", "InferenceGraph", "LLMInferenceService"} <= {
        body["kind"] for body in bodies
    }
    for body in bodies:
        frozen: Any = freeze(body)
        assert list(refusals(frozen)) == [], body["metadata"]["name"]
