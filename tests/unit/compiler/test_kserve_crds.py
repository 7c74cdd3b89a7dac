"""What the KServe backend renders passes KServe's own CRD schemas, strictly: no field that the API
server would drop.

The schemas are KServe's CustomResourceDefinitions in `../shared/crds`, beside the project. CEL
rules are not evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from crd_files import METADATA, validator
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests/golden/kserve"

# Core objects have no CRD: of their fields those that exai writes.
CONFIG_MAP = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "data"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "v1"},
        "kind": {"const": "ConfigMap"},
        "metadata": METADATA,
        "data": {
            "type": "object",
            "propertyNames": {"pattern": r"^[-._a-zA-Z0-9]{1,253}$"},
            "additionalProperties": {"type": "string"},
        },
    },
}
PORTS = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "port": {"type": "integer", "minimum": 1, "maximum": 65535},
            "protocol": {"enum": ["TCP", "UDP", "SCTP"]},
        },
    },
}
RULES = {
    "type": "array",
    "items": {"type": "object", "additionalProperties": False, "properties": {"ports": PORTS}},
}
NETWORK_POLICY = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "networking.k8s.io/v1"},
        "kind": {"const": "NetworkPolicy"},
        "metadata": METADATA,
        "spec": {
            "type": "object",
            "required": ["podSelector"],
            "additionalProperties": False,
            "properties": {
                "podSelector": {
                    "type": "object",
                    "required": ["matchLabels"],
                    "additionalProperties": False,
                    "properties": {"matchLabels": {"type": "object"}},
                },
                "ingress": RULES,
                "egress": RULES,
            },
        },
    },
}
CORE = {"ConfigMap": CONFIG_MAP, "NetworkPolicy": NETWORK_POLICY}


def problems(body: Mapping[str, Any]) -> list[str]:
    """What the API server would refuse or drop in this object, as `path: message` lines."""
    if body["kind"] in CORE:
        errors = Draft202012Validator(CORE[body["kind"]]).iter_errors(body)
        return sorted(f"{error.json_path}: {error.message}" for error in errors)
    errors = validator(body["kind"], body["apiVersion"]).iter_errors(body)
    return sorted(f"{error.json_path}: {error.message}" for error in errors)


def goldens() -> list[Path]:
    return sorted(GOLDEN.glob("*/*.yaml"))


def test_there_are_goldens() -> None:
    assert goldens()


@pytest.mark.parametrize("path", goldens(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_rendered_objects_pass_their_crd(path: Path) -> None:
    for body in yaml.safe_load_all(path.read_text()):
        assert problems(body) == []


SERVICE: dict[str, Any] = {
    "apiVersion": "serving.kserve.io/v1beta1",
    "kind": "InferenceService",
    "metadata": {"name": "iris"},
    "spec": {
        "predictor": {"model": {"modelFormat": {"name": "h2o-mojo"}, "storageUri": "s3://b/m"}}
    },
}
RUNTIME: dict[str, Any] = {
    "apiVersion": "serving.kserve.io/v1alpha1",
    "kind": "ServingRuntime",
    "metadata": {"name": "r"},
    "spec": {"containers": [{"name": "kserve-container", "image": "a/b"}]},
}


def with_value(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of the object in which the dotted path has another value."""
    first, _, rest = path.partition(".")
    inner = body.get(first, {})
    return {**body, first: with_value(inner, rest, value) if rest else value}


def test_the_checker_takes_a_good_object() -> None:
    assert problems(SERVICE) == []
    assert problems(RUNTIME) == []


@pytest.mark.parametrize(
    ("body", "path", "value", "place"),
    [
        (SERVICE, "spec.predictor.nope", 1, "$.spec.predictor"),
        (
            SERVICE,
            "spec.predictor.model.modelFormat.colour",
            "red",
            "$.spec.predictor.model.modelFormat",
        ),
        (SERVICE, "spec.predictor.minReplicas", "1", "$.spec.predictor.minReplicas"),
        (SERVICE, "spec.predictor.minReplicas", 2**40, "$.spec.predictor.minReplicas"),
        (SERVICE, "spec.predictor.scaleMetric", "qps", "$.spec.predictor.scaleMetric"),
        (
            SERVICE,
            "spec.predictor.model.env",
            [{"value": "nameless"}],
            "$.spec.predictor.model.env[0]",
        ),
        (
            SERVICE,
            "spec.predictor.model.resources",
            {"limits": {"cpu": [1]}},
            "$.spec.predictor.model.resources",
        ),
        (
            SERVICE,
            "spec.predictor.model.resources",
            {"limits": {"cpu": "much"}},
            "$.spec.predictor.model.resources",
        ),
        (SERVICE, "spec.transformer", {"containers": [{"image": "a/b"}]}, "$.spec.transformer"),
        (SERVICE, "spec.transformer", {"custom": {"image": "a/b"}}, "$.spec.transformer"),
        (SERVICE, "metadata.name", "Iris", "$.metadata.name"),
        (SERVICE, "metadata.labels", {"a": 1}, "$.metadata.labels"),
        (SERVICE, "apiVersion", "serving.kserve.io/v1", "$.apiVersion"),
        (RUNTIME, "spec.container", [], "$.spec"),
        (RUNTIME, "spec.containers", [{"name": "x", "args": "one"}], "$.spec.containers[0].args"),
        (
            RUNTIME,
            "spec.supportedModelFormats",
            [{"name": "x", "version": 3}],
            "$.spec.supportedModelFormats[0].version",
        ),
    ],
)
def test_the_checker_refuses_a_broken_object(
    body: dict[str, Any], path: str, value: Any, place: str
) -> None:
    found = problems(with_value(body, path, value))
    assert found and any(line.startswith(place) for line in found)
