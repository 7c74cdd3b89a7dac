"""Every field of KServe's objects can be said: a patch that states it renders to exactly that, and
passes the object's CRD; or it is refused, and why is told.

The fields are sampled from the CRDs' tables: every part of the schema once, and every field of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from core_models import MODELS, schema_of
from crd_files import strict, validator
from jsonschema import Draft202012Validator

from exai_compiler.backends.kserve.refusals import LEGACY
from exai_compiler.checks.patch_rules import Patched, judged
from exai_compiler.crds import Crd, Node, crd
from exai_compiler.crds.patterns import python_pattern
from exai_compiler.patches import merged
from exai_specs.documents import read
from exai_specs.frozen import freeze, thaw
from exai_specs.kinds import Environment
from exai_specs.parse import Spec, parse

GOLDEN = Path(__file__).parents[2] / "golden/kserve"
At = tuple[str | int, ...]

KINDS = (
    *("ClusterServingRuntime", "InferenceGraph", "InferenceService", "LLMInferenceService"),
    *("NetworkPolicy", "PodMonitor", "PrometheusRule", "ServingRuntime"),
)
# Document kind of each rendered kind; the parser looks at nothing else here.
SPECS = {
    "ClusterServingRuntime": ("Runtime", "{image: a/b, formats: {x: {}}, scope: cluster}"),
    "ServingRuntime": ("Runtime", "{image: a/b, formats: {x: {}}}"),
    "InferenceGraph": ("Graph", "{nodes: {root: {routerType: Sequence, steps: [{service: a}]}}}"),
    "LLMInferenceService": ("LLMService", "{model: {uri: 'hf://a/b'}}"),
}
SERVICE = ("Service", "{model: iris_model@champion}")
# Texts of which each pattern of the CRDs takes one.
TEXTS = ("1", "1s", "1m", "1B", "/x", "http://x", "x", "X", "HTTPRoute", "a.example", "abort")


def sample(schema: Crd, node: Node, deep: int = 0) -> Any:
    """A value of this part, with what it requires."""
    if node.enum:
        return node.enum[0]
    if node.pattern:
        pattern = re.compile(python_pattern(node.pattern))
        return next(text for text in TEXTS if pattern.search(text))
    if node.type == "object" or node.fields:
        fields = node.fields or {}
        wanted = {*node.required, *({"image"} if {"image", "env"} <= fields.keys() else ())}
        found = {name: sample(schema, schema.nodes[fields[name]], deep + 1) for name in wanted}
        if not found and node.values is not None:
            return {"x": sample(schema, schema.nodes[node.values], deep + 1)}
        return found
    match node.type:
        case "array":
            return [sample(schema, schema.nodes[node.each or 0], deep + 1)]
        case "integer" | "number":
            return max(1, int(node.least or 1))
        case "boolean":
            return True
        case "int-or-string" | "number-or-string":
            return 1
        case _:
            return "x" * max(1, node.shortest or 1)


def patches(schema: Crd, body: Any) -> Iterator[tuple[At, Any]]:
    """A path and a patch for every field of every part of the schema, once."""
    seen: set[int] = set()

    def below(number: int, at: At) -> Iterator[At]:
        node = schema.nodes[number]
        if number in seen:
            return
        seen.add(number)
        for name, child in (node.fields or {}).items():
            yield (*at, name)
            yield from below(child, (*at, name))
        if node.each is not None:
            yield from below(node.each, (*at, 0))
        if node.values is not None:
            yield from below(node.values, (*at, "root"))

    spec = schema.nodes[schema.root].fields or {}
    for path in below(spec["spec"], ("spec",)):
        yield path, stated(schema, schema.nodes[schema.root], path, body)


def stated(schema: Crd, node: Node, path: At, there: Any) -> Any:
    """The least patch that says something at the path; what it has to say beside is as it is."""
    if not path:
        return sample(schema, node)
    child = schema.child(node, path[0])
    assert child is not None
    if isinstance(path[0], int):
        return [stated(schema, child, path[1:], None)]
    inside = there if isinstance(there, dict) else {}
    inner = stated(schema, child, path[1:], inside.get(path[0]))
    beside = sample(schema, node) if there is None else {}
    return {**(beside if isinstance(beside, dict) else {}), path[0]: inner}


def golden(kind: str) -> dict[str, Any]:
    """An object of the kind as exai renders it."""
    for file in sorted(GOLDEN.glob("*/*.yaml")):
        for body in yaml.safe_load_all(file.read_text("utf-8")):
            if body["kind"] == kind and body["apiVersion"] == crd(kind).api:
                found: dict[str, Any] = body
                return found
    raise LookupError(kind)


def spec_of(kind: str, patch: Any) -> Spec:
    document, spec = SPECS.get(kind, SERVICE)
    value = {**yaml.safe_load(spec), "patches": {kind: patch}}
    text = json.dumps(
        {
            "apiVersion": "exai.dev/v1alpha1",
            "kind": document,
            "metadata": {"name": "a"},
            "spec": value,
        }
    )
    (read_here,), problems = read(text, "a.yaml")
    parsed = parse(read_here)
    assert problems == () and isinstance(parsed, Spec), parsed
    return parsed


def held(result: Any, said: Any) -> bool:
    """Whether all that a patch says is in the result, in lists among others."""
    if isinstance(said, dict):
        return isinstance(result, dict) and all(
            key in result and held(result[key], value) for key, value in said.items()
        )
    if isinstance(said, list) and isinstance(result, list):
        return all(any(held(there, item) for there in result) for item in said)
    return bool(result == said and type(result) is type(said))


def oracle(kind: str, api: str) -> Draft202012Validator:
    """A strict validator that isn't made of exai's tables."""
    if kind in MODELS:
        schema = schema_of(kind)
        del schema["properties"]["metadata"]
        return Draft202012Validator(strict(schema) | {"additionalProperties": True})
    return validator(kind, api)


# What the documents of the goldens say themselves, so that no patch may: by rendered kind.
FROM_FIELDS = {
    "ClusterServingRuntime": (
        *("spec.builtInAdapter", "spec.grpcDataEndpoint", "spec.grpcEndpoint"),
        *("spec.httpDataEndpoint", "spec.supportedModelFormats"),
    ),
    "InferenceGraph": ("spec.nodes.root.steps", "spec.scaleTarget"),
    "InferenceService": (
        *("spec.predictor.canaryTrafficPercent", "spec.predictor.model.modelFormat"),
        *("spec.predictor.model.protocolVersion", "spec.predictor.model.runtime"),
        "spec.predictor.model.storageUri",
    ),
    "LLMInferenceService": ("spec.model", "spec.prefill.scaling", "spec.replicas"),
    "ServingRuntime": ("spec.supportedModelFormats", "spec.tolerations"),
}
# The ends of paths that are refused for what they are.
NOT_RESTRICTED = (
    *("hostIPC", "hostNetwork", "hostPID", "hostPort", "hostPath", "allowPrivilegeEscalation"),
    *("capabilities", "privileged", "procMount"),
)


# What KServe refuses beside what the goldens have, and the ends of paths that it refuses alone.
REFUSED = frozenset({*LEGACY, "canary", "scaling", "steps", "storageUris"})
ALONE = ("deploymentStrategy", "logger", "replicas")
# The Gateway API's parts, of which the CRD's rules ask for more than the samples have.
RULED = (("spec", "router", "route"), ("spec", "router", "scheduler"))


def reasonable(kind: str, path: At, code: str) -> bool:
    """Whether it is right to refuse a field, for that reason."""
    match code:
        case "restricted-pod":
            return any(part in NOT_RESTRICTED for part in path)
        case "patch-not-allowed":
            return path[-1] in ("serviceAccount", "serviceAccountName")
        case "patch-shadows-field":
            return ".".join(map(str, path)).startswith(FROM_FIELDS.get(kind, ()))
        case "patch-invalid":  # the samples mount volumes that no pod has
            alone = path[-2:] == ("model", "name") or path[-1] in ALONE
            mounts = "volumeMounts" in path or path[-1] in ("initContainers", "volumeMounts")
            return mounts or alone or not REFUSED.isdisjoint(path) or path[:3] in RULED
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_can_be_said_or_it_is_told_why_not(kind: str) -> None:
    schema, body = crd(kind), golden(kind)
    frozen: Any = freeze(body)
    environment = Environment(target="kubeflow")
    taken = 0
    for path, patch in patches(schema, body):
        spec = spec_of(kind, patch)
        said: Any = spec.body.patches[kind]  # type: ignore[union-attr]
        found = list(judged(Patched(spec, kind, frozen, said, "prod", environment), spec))
        for each in found:
            assert each.hint and reasonable(kind, path, each.code), (path, each)
        if not found:
            taken += 1
            result = thaw(merged(kind, frozen, said))
            assert held(result, patch), path
            problems = oracle(kind, body["apiVersion"]).iter_errors(result)
            assert [each.message for each in problems] == [], path
    assert taken > 12
