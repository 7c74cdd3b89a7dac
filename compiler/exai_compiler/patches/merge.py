"""A patch merged into an object.

In: a kind, an object of it, a patch. Out: the object that results. Mappings merge; null deletes; a
list merges where its items are told apart by a key that is known, and is replaced everywhere else.
Items keep their order, new ones follow. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.crds import KINDS, Crd, Node, crd
from exai_compiler.maybe import Tree
from exai_specs.frozen import Json

# KServe's CRDs leave the lists of a pod untyped, so these stand here (core/v1's patchMergeKey); a
# PodMonitor's are told apart by the port that they ask.
POD_LISTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "containers": ("name",),
        "hostAliases": ("ip",),
        "imagePullSecrets": ("name",),
        "initContainers": ("name",),
        "podMetricsEndpoints": ("portNumber",),
        "volumes": ("name",),
    }
)


def merged(kind: str, body: Mapping[str, Tree], patch: Mapping[str, Json]) -> Mapping[str, Tree]:
    """The object with the patch. A kind without a table has the pod's lists alone."""
    schema = crd(kind) if kind in KINDS else None
    root = schema.nodes[schema.root] if schema is not None else None
    return _mapping(schema, root, body, patch)


def list_keys(node: Node | None, name: str | int) -> tuple[str, ...]:
    """The fields that tell a list's items apart; none where it is replaced."""
    return (node.keys if node is not None else ()) or POD_LISTS.get(str(name), ())


def key_of(
    schema: Crd | None, node: Node | None, keys: tuple[str, ...], item: object
) -> tuple[str, ...] | None:
    """What tells an item apart; None for one that is no mapping, or lacks a key."""
    if not isinstance(item, Mapping):
        return None
    found = []
    for key in keys:
        value = item.get(key)
        if value is None and schema is not None and node is not None and node.each is not None:
            field = schema.child(schema.nodes[node.each], key)
            value = field.default if field is not None else None
        if value is None:
            return None
        found.append(str(value))
    return tuple(found)


def _mapping(
    schema: Crd | None, node: Node | None, base: Mapping[str, Tree], patch: Mapping[str, Json]
) -> Mapping[str, Tree]:
    found = dict(base)
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
            continue
        child = schema.child(node, name) if schema is not None and node is not None else None
        found[name] = _value(schema, child, name, found.get(name), value)
    return MappingProxyType(found)


def _value(schema: Crd | None, node: Node | None, name: str, base: Tree, value: Json) -> Tree:
    if isinstance(value, Mapping):
        there = base if isinstance(base, Mapping) else {}
        return _mapping(schema, node, there, value)
    keys = list_keys(node, name)
    if isinstance(value, tuple) and isinstance(base, tuple) and keys:
        return _list(schema, node, keys, base, value)
    return value


def _list(
    schema: Crd | None,
    node: Node | None,
    keys: tuple[str, ...],
    base: tuple[Tree, ...],
    patch: tuple[Json, ...],
) -> tuple[Tree, ...]:
    each = schema.nodes[node.each] if schema and node and node.each is not None else None
    found = list(base)
    places = {key_of(schema, node, keys, item): index for index, item in enumerate(base)}
    for item in patch:
        key = key_of(schema, node, keys, item)
        index = places.get(key) if key is not None else None
        if index is not None and isinstance(item, Mapping):
            there = found[index]
            found[index] = _mapping(schema, each, there if isinstance(there, Mapping) else {}, item)
        else:
            found.append(_value(schema, each, "", None, item))
    return tuple(found)
