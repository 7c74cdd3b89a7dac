"""What the KServe backend renders passes KServe's own CRD schemas, strictly: no field that the API
server would drop.

The schemas are KServe's CustomResourceDefinitions in `../shared/crds`, beside the project. CEL
rules are not evaluated.
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

ROOT = Path(__file__).parents[3]
CRDS = ROOT / "../shared/crds/kserve"
GOLDEN = ROOT / "tests/golden/kserve"

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
# A core object, which has no CRD: of its fields those that exai writes.
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
def validator(plural: str, version: str) -> Draft202012Validator:
    """The strict validator of one version of a CRD of KServe; fails loudly when the CRDs are not
    there.
    """
    path = CRDS / f"{plural}.serving.kserve.io.yaml"
    if not path.exists():
        message = f"the CRD schemas are missing: no {path}; set EXAI_ALLOW_NO_CRDS=1 to go without"
        if os.environ.get("EXAI_ALLOW_NO_CRDS") == "1":
            pytest.skip(message)
        pytest.fail(message)
    crd = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    served = next(v for v in crd["spec"]["versions"] if v["name"] == version and v["served"])
    schema = strict(served["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = METADATA
    schema["properties"]["apiVersion"] = {"const": f"{crd['spec']['group']}/{version}"}
    schema["properties"]["kind"] = {"const": crd["spec"]["names"]["kind"]}
    schema["required"] = sorted({"apiVersion", "kind", "metadata", "spec"})
    return Draft202012Validator(schema)


def problems(body: Mapping[str, Any]) -> list[str]:
    """What the API server would refuse or drop in this object, as `path: message` lines."""
    if body["kind"] == "ConfigMap":
        errors = Draft202012Validator(CONFIG_MAP).iter_errors(body)
        return sorted(f"{error.json_path}: {error.message}" for error in errors)
    plural, version = {
        "InferenceService": ("inferenceservices", "v1beta1"),
        "ServingRuntime": ("servingruntimes", "v1alpha1"),
    }[body["kind"]]
    errors = validator(plural, version).iter_errors(body)
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
