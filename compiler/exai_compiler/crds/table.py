"""The structural schema of one kind, read from its table when first asked.

In: a kind that exai renders. Out: a tree of nodes; equal parts are one node. Never: descriptions,
CEL rules, anything outside of exai's own package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

# Kind -> the version that exai writes. A kind is added here, and its table made by the test.
KINDS: Mapping[str, str] = {
    "ClusterServingRuntime": "serving.kserve.io/v1alpha1",
    "Experiment": "kubeflow.org/v1beta1",
    "InferenceGraph": "serving.kserve.io/v1alpha1",
    "InferenceService": "serving.kserve.io/v1beta1",
    "LLMInferenceService": "serving.kserve.io/v1alpha2",
    "Notebook": "kubeflow.org/v1",
    "PersistentVolumeClaim": "v1",
    "Pipeline": "pipelines.kubeflow.org/v2beta1",
    "PipelineVersion": "pipelines.kubeflow.org/v2beta1",
    "PodMonitor": "monitoring.coreos.com/v1",
    "PrometheusRule": "monitoring.coreos.com/v1",
    "ServingRuntime": "serving.kserve.io/v1alpha1",
}


# Kind -> older versions that exai writes for older platforms, each with a table of its own.
OLDER: Mapping[str, tuple[str, ...]] = {"LLMInferenceService": ("serving.kserve.io/v1alpha1",)}

# Core kinds, which have no CRD: a part of another kind's table is their `spec`.
PARTS: Mapping[str, tuple[str, tuple[str | int, ...]]] = {
    "PersistentVolumeClaim": (
        "Notebook",
        ("spec", "template", "spec", "volumes", 0, "ephemeral", "volumeClaimTemplate", "spec"),
    )
}


@dataclass(frozen=True, slots=True)
class Node:
    """One part of a schema. Children are numbers of nodes: `fields` by name, `each` of a list's
    items, `values` of a mapping with any keys. `keys`: a list's items are told apart by these
    fields (x-kubernetes-list-map-keys). `open`: unknown fields are kept.
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


@dataclass(frozen=True, slots=True)
class Crd:
    """A kind's schema; `root` is the whole object's node."""

    api: str
    kind: str
    namespaced: bool
    nodes: tuple[Node, ...]
    root: int

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

    if kind not in KINDS:
        raise KeyError(kind)
    if kind in PARTS:
        return _part(kind)
    name = table_name(kind, api)
    text = (Path(__file__).parent / "tables" / f"{name}.json").read_text("utf-8")
    value = json.loads(text)
    nodes = tuple(_node(each) for each in value["nodes"])
    return Crd(value["api"], kind, value["namespaced"], nodes, value["root"])


def _part(kind: str) -> Crd:
    name, path = PARTS[kind]
    whole = crd(name)
    spec = whole.at(path)
    assert spec is not None  # noqa: S101 - a test reads each
    root = Node("object", {"spec": whole.nodes.index(spec)}, required=("spec",))
    return Crd(KINDS[kind], kind, True, (*whole.nodes, root), len(whole.nodes))


def table_name(kind: str, api: str = "") -> str:
    """What the table's file is called, without its ending."""
    older = api in OLDER.get(kind, ())
    return f"{kind}.{api.rpartition('/')[2]}" if older else kind


def _node(stated: dict[str, Any]) -> Node:
    lists = ("required", "enum", "keys")
    values: dict[str, Any] = dict(stated)
    values |= {key: tuple(values[key]) for key in lists if key in values}
    return Node(**values)
