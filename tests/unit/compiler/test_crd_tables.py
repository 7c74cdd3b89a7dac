"""The tables of CRDs that exai ships are those of the CRDs, and judge as their schemas do.

UPDATE_GOLDEN=1 writes them anew, from the CRDs beside the project.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from core_models import KUBERNETES, MODELS, SOURCE, schema_of
from crd_files import FILES, crd_of, source_of, validator, version_of
from katib_fields import EXPERIMENT

from exai_compiler.crds import KINDS, OLDER, OTHERS, PARTS, crd, problems, table_name
from exai_compiler.crds.rules import broken_rules
from exai_compiler.planning.rules import IMMUTABLE, starts_with
from exai_specs.frozen import freeze

ROOT = Path(__file__).parents[3]
TABLES = ROOT / "compiler/exai_compiler/crds/tables"
# Their CRDs are megabytes of YAML.
LARGE = (
    *("FeatureStore", "InferenceService", "LLMInferenceService", "LLMInferenceServiceConfig"),
    *("Notebook", "RayCluster", "RayCronJob", "RayJob", "RayService"),
)
KEPT = (
    *(("type", "type"), ("pattern", "pattern"), ("nullable", "nullable"), ("default", "default")),
    *(("required", "required"), ("enum", "enum"), ("x-kubernetes-list-map-keys", "keys")),
    *(("minimum", "least"), ("maximum", "most")),
    *((f"min{what}", "shortest") for what in ("Length", "Items", "Properties")),
    *((f"max{what}", "longest") for what in ("Length", "Items", "Properties")),
    ("x-kubernetes-preserve-unknown-fields", "open"),
)


def said(schema: Mapping[str, Any], key: str) -> bool:
    """A least value of 0 says something, as a default of false does; `nullable: false` doesn't."""
    value = schema.get(key)
    return value is not None and (value is not False or key == "default")


def table(kind: str, api: str) -> dict[str, Any]:
    """The table of a kind, from its CRD. Equal parts of the schema become one node."""
    nodes: list[dict[str, Any]] = []
    numbers: dict[str, int] = {}

    def number(schema: Mapping[str, Any]) -> int:
        node = {name: schema[key] for key, name in KEPT if said(schema, key)}
        rules = [
            [" ".join(rule["rule"].split()), rule.get("message", "")]
            for rule in schema.get("x-kubernetes-validations", ())
            if "oldSelf" not in rule["rule"]
        ]
        if rules:
            node["rules"] = rules
        if schema.get("x-kubernetes-int-or-string"):
            node["type"] = "int-or-string"
        if isinstance(schema.get("type"), list):
            node["type"] = "-or-".join(schema["type"])
        if schema.get("format") in ("int32", "int64"):
            node["format"] = schema["format"]
        if "properties" in schema:
            node["fields"] = {key: number(part) for key, part in schema["properties"].items()}
        if "items" in schema:
            node["each"] = number(schema["items"])
        if isinstance(schema.get("additionalProperties"), Mapping):
            node["values"] = number(schema["additionalProperties"])
        text = json.dumps(node, sort_keys=True)
        if text not in numbers:
            numbers[text] = len(nodes)
            nodes.append(node)
        return numbers[text]

    if kind in MODELS:
        root = number(schema_of(kind))
        own = {"kubernetes": KUBERNETES, "root": root, "nodes": nodes}
        return head(SOURCE, api, True) | own
    served = version_of(kind, api)
    schema = dict(served["schema"]["openAPIV3Schema"])
    if kind == "Experiment":
        assert schema["x-kubernetes-preserve-unknown-fields"]
        schema = EXPERIMENT
    if "properties" in schema:
        schema["properties"] = {k: v for k, v in schema["properties"].items() if k != "status"}
    root = number(schema)
    whole = f"{crd_of(kind)['group']}/{served['name']}"
    namespaced = crd_of(kind)["scope"] == "Namespaced"
    return head(source_of(kind), whole, namespaced) | {"root": root, "nodes": nodes}


def head(source: str, api: str, namespaced: bool) -> dict[str, Any]:
    return {
        "source": source,
        "licence": "Apache-2.0",
        "made by": "tests/unit/compiler/test_crd_tables.py with UPDATE_GOLDEN=1",
        "api": api,
        "namespaced": namespaced,
    }


def printed(value: Mapping[str, Any]) -> str:
    """One node a line: a difference of two tables shows what changed."""
    head = [f" {json.dumps(key)}: {json.dumps(value[key])}," for key in value if key != "nodes"]
    nodes = ",\n".join(
        "  " + json.dumps(node, sort_keys=True, separators=(",", ":")) for node in value["nodes"]
    )
    return "\n".join(["{", *head, ' "nodes": [', nodes, " ]", "}"]) + "\n"


KNOWN = {**OTHERS, **KINDS}
WRITTEN = [(kind, api) for kind in (*FILES, *MODELS) for api in (KNOWN[kind], *OLDER.get(kind, ()))]


@pytest.mark.parametrize(
    ("kind", "api"),
    [
        pytest.param(*each, marks=pytest.mark.slow) if each[0] in LARGE else each
        for each in sorted(WRITTEN)
    ],
)
def test_a_table_is_that_of_its_crd(kind: str, api: str) -> None:
    text = printed(table(kind, api))
    path = TABLES / f"{table_name(kind, api)}.json"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


def test_every_kind_has_a_table_of_the_version_that_is_written() -> None:
    assert set(KNOWN) == {*FILES, *MODELS, *PARTS}
    assert not set(OTHERS) & set(KINDS)
    assert {table_name(*each) for each in WRITTEN} == {path.stem for path in TABLES.glob("*.json")}
    for kind, api in WRITTEN:
        assert crd(kind, api).api == api


def test_the_tables_are_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in TABLES.glob("*.json")) < 1_000_000


def fixed(schema: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The fields that a rule lets nobody change, the outermost alone; those of a list's items have
    no path."""
    rules = schema.get("x-kubernetes-validations", ())
    if any(" ".join(rule["rule"].split()) == "self == oldSelf" for rule in rules):
        yield at
        return
    for name, part in schema.get("properties", {}).items():
        if at or name == "spec":
            yield from fixed(part, (*at, name))


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted({*FILES} - {"Experiment"}))
def test_what_cannot_change_in_place_is_in_the_planners_table(kind: str) -> None:
    schema = version_of(kind, KNOWN[kind])["schema"]["openAPIV3Schema"]
    found = set(fixed(schema))
    assert all(starts_with(path, IMMUTABLE.get(kind, ())) for path in found)
    if kind not in ("InferenceGraph", "InferenceService", "LLMInferenceService", "TrainedModel"):
        assert set(IMMUTABLE.get(kind, ())) == found, "the rest is webhooks' matter"


RUNTIME: dict[str, Any] = {
    "apiVersion": "serving.kserve.io/v1alpha1",
    "kind": "ServingRuntime",
    "metadata": {"name": "r", "labels": {"a": "b"}},
    "spec": {
        "containers": [{"name": "kserve-container", "image": "a/b", "args": ["--x"]}],
        "supportedModelFormats": [{"name": "x", "version": "1", "autoSelect": True}],
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
    },
}
GRAPH: dict[str, Any] = {
    "apiVersion": "serving.kserve.io/v1alpha1",
    "kind": "InferenceGraph",
    "metadata": {"name": "g"},
    "spec": {
        "nodes": {"root": {"routerType": "Splitter", "steps": [{"serviceName": "a", "weight": 80}]}}
    },
}
RULE: dict[str, Any] = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "PrometheusRule",
    "metadata": {"name": "p"},
    "spec": {"groups": [{"name": "g", "rules": [{"alert": "A", "expr": "up > 0", "for": "5m"}]}]},
}


def with_value(body: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy in which the path has another value; `...` takes the field away."""
    if not path:
        return value
    first, *rest = path
    if isinstance(body, list):
        return [with_value(v, tuple(rest), value) if i == first else v for i, v in enumerate(body)]
    if not rest and value is ...:
        return {key: item for key, item in body.items() if key != first}
    return {**body, first: with_value(body.get(first, {}), tuple(rest), value)}


CLAIM: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "c"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ((), None, ""),
        (("spec", "storageClass"), "fast", "no field storageClass"),
        (("spec", "accessModes"), "ReadWriteOnce", "a list"),
        (("spec", "resources", "requests", "storage"), "much", "the form"),
        (("spec",), ..., "has no spec"),
        (("data",), {}, "no field data"),
    ],
)
def test_a_core_kind_is_judged_by_the_part_of_another(
    path: tuple[str | int, ...], value: Any, words: str
) -> None:
    """The API server's own schema of a claim's spec stands in every CRD that holds a pod."""
    body = with_value(CLAIM, path, value) if path else CLAIM
    found = [each.message for each in problems(crd("PersistentVolumeClaim"), freeze(body))]  # type: ignore[arg-type]
    assert [words in message for message in found] == ([True] if words else [])


CONTAINER = ("spec", "containers", 0)


@pytest.mark.parametrize(
    ("body", "path", "value", "at", "words"),
    [
        (RUNTIME, ("spec", "container"), [], ("spec", "container"), "no field container"),
        (RUNTIME, (*CONTAINER, "args"), "x", (*CONTAINER, "args"), "a list"),
        (RUNTIME, (*CONTAINER, "name"), ..., CONTAINER, "has no name"),
        (RUNTIME, (*CONTAINER, "name"), 3, (*CONTAINER, "name"), "text"),
        (RUNTIME, (*CONTAINER, "image"), None, (*CONTAINER, "image"), "must have a value"),
        (RUNTIME, (*CONTAINER, "env"), [{"value": "x"}], (*CONTAINER, "env", 0), "has no name"),
        (
            RUNTIME,
            (*CONTAINER, "resources"),
            {"limits": {"cpu": "much"}},
            (*CONTAINER, "resources", "limits", "cpu"),
            "the form",
        ),
        (
            RUNTIME,
            (*CONTAINER, "ports"),
            [{"containerPort": 2**40}],
            (*CONTAINER, "ports", 0, "containerPort"),
            "at most",
        ),
        (GRAPH, ("spec", "nodes", "root", "routerType"), "Split", None, "one of"),
        (GRAPH, ("spec", "nodes", "root", "steps", 0, "weight"), True, None, "a whole number"),
        (GRAPH, ("spec", "nodes"), ..., ("spec",), "has no nodes"),
        (RULE, ("spec", "groups", 0, "rules", 0, "for"), "soon", None, "the form"),
        (RULE, ("spec", "groups", 0, "name"), "", None, "at least 1"),
        (RULE, ("metadata", "labels"), {"a": 1}, ("metadata", "labels", "a"), "text"),
        (RULE, ("metadata", "label"), {}, ("metadata", "label"), "no field"),
        (RULE, ("sepc",), {}, ("sepc",), "no field"),
    ],
)
def test_what_a_crd_refuses_is_a_problem_at_its_path(
    body: dict[str, Any],
    path: tuple[str | int, ...],
    value: Any,
    at: tuple[str | int, ...] | None,
    words: str,
) -> None:
    broken = with_value(body, path, value)
    (found,) = problems(crd(broken["kind"]), freeze(broken))  # type: ignore[arg-type]
    assert found.path == (at if at is not None else path)
    assert words in found.message
    assert list(validator(broken["kind"]).iter_errors(broken))


def test_two_items_of_one_key_are_refused() -> None:
    port = {"containerPort": 1}
    broken = with_value(RUNTIME, (*CONTAINER, "ports"), [port, {**port, "protocol": "TCP"}])
    (found,) = problems(crd("ServingRuntime"), freeze(broken))  # type: ignore[arg-type]
    assert found.path == (*CONTAINER, "ports", 1)


@pytest.mark.parametrize("body", [RUNTIME, GRAPH, RULE], ids=lambda body: body["kind"])
def test_a_good_object_has_no_problems(body: dict[str, Any]) -> None:
    assert list(problems(crd(body["kind"]), freeze(body))) == []  # type: ignore[arg-type]
    assert list(validator(body["kind"]).iter_errors(body)) == []


def test_the_goldens_have_no_problems() -> None:
    for path in sorted((ROOT / "tests/golden/kserve").glob("*/*.yaml")):
        for body in yaml.safe_load_all(path.read_text()):
            if body["kind"] in KINDS:
                found = list(problems(crd(body["kind"], body["apiVersion"]), freeze(body)))  # type: ignore[arg-type]
                assert found == [], path
                schema = crd(body["kind"], body["apiVersion"])
                assert list(broken_rules(schema, freeze(body))) == [], path  # type: ignore[arg-type]
