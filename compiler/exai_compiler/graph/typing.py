"""The type of whatever a reference names (LANGUAGE sections 2.1 and 6.3).

In: a graph, a source. Out: a type; None where nobody can tell, or the name is unknown. Artifact
types are `Scalar`s whose name has a capital first letter or a dot, lists of them `ListOf` such.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import assert_never

from exai_compiler.catalog import Port
from exai_compiler.graph.bindings import (
    Binding,
    Constant,
    FromArtifact,
    FromItem,
    FromParameter,
    FromRun,
    FromStatus,
    FromStep,
    Source,
)
from exai_compiler.graph.nodes import Graph, Group, Loop, Node, Step, scopes
from exai_specs.frozen import Json, canonical
from exai_specs.names import FIELD
from exai_specs.types import ListOf, Scalar, StructOf, Type, parse_parameter_type

TEXT = Scalar("string")
STATUS = Scalar("final-status")


def port_type(port: Port) -> Type:
    """The type of a port, refined where its component says so."""
    if port.many:
        return _many(port.type)
    # By the type's word: a port's own hash is worked out in Python.
    return _scalar(port.type) if port.refined is None else _refined(port)


@lru_cache(maxsize=4096)
def _scalar(name: str) -> Type:
    return Scalar(name)


@lru_cache(maxsize=4096)
def _many(name: str) -> Type:
    return ListOf(Scalar(name))


@lru_cache(maxsize=4096)
def _refined(port: Port) -> Type:
    return parse_parameter_type(json.loads(canonical(port.refined)))  # fields are told sorted


def is_artifact(type_: Type) -> bool:
    """Whether it is a file or a list of files, not a value."""
    if isinstance(type_, ListOf):
        return is_artifact(type_.item)
    return isinstance(type_, Scalar) and (type_.name[:1].isupper() or "." in type_.name)


def source_type(graph: Graph, source: Source) -> Type | None:
    """The type of what a reference names, seen from where it may stand."""
    match source:
        case FromParameter(name):
            return graph.parameters[name].type if name in graph.parameters else None
        case FromArtifact(name):
            return graph.artifacts.get(name)
        case FromStep(name, output):
            return _output(graph.nodes.get(name), output)
        case FromItem(loop, _, field):
            item = _item(graph, loop)
            if not field:
                return item
            return item.fields.get(field) if isinstance(item, StructOf) else None
        case FromRun():
            return TEXT
        case FromStatus():
            return STATUS
    assert_never(source)


def element(graph: Graph, loop: Loop) -> Type | None:
    """The type of a loop's item: from a literal list, or from the type of what is given."""
    items = loop.items
    if isinstance(items, Constant):
        return _common(items.value) if isinstance(items.value, tuple) else None
    listed = _bound(graph, items)
    return listed.item if isinstance(listed, ListOf) else None


def _bound(graph: Graph, binding: Binding | None) -> Type | None:
    match binding:
        case FromParameter() | FromArtifact() | FromStep() | FromItem() | FromRun() | FromStatus():
            return source_type(graph, binding)
        case _:
            return None


def _item(graph: Graph, name: str) -> Type | None:
    node = graph.nodes.get(name)
    if not isinstance(node, Step | Group) or node.loop is None:
        return None
    return element(graph, node.loop)


def _output(node: Node | None, output: str) -> Type | None:
    found: Type | None = None
    if isinstance(node, Step):
        port = node.component.outputs.get(output) if node.component is not None else None
        found = port_type(port) if port is not None else None
        if node.loop is None:
            return found
    for scope in scopes(node):
        binding = scope.outputs.get(output)
        if isinstance(binding, FromStep) and binding.step in scope.nodes:
            found = _output(scope.nodes[binding.step], binding.output)
            break
    if found is not None and isinstance(node, Step | Group) and node.loop is not None:
        # Loops in loops give a list of lists of values, but one flat list of files.
        flat = isinstance(found, ListOf) and is_artifact(found)
        return found if flat else ListOf(found)
    return found


def _common(values: tuple[Json, ...]) -> Type | None:
    """The type that all of a literal list's items have."""
    found = [_of_literal(value) for value in values]
    if not found or None in found:
        return None
    if all(each == found[0] for each in found):
        return found[0]
    if {str(each) for each in found} <= {"integer", "double"}:
        return Scalar("double")
    structs = [each for each in found if isinstance(each, StructOf)]
    if len(structs) == len(found) and (joined := _joined(structs)) is not None:
        return joined
    for name, form in (("list", ListOf), ("struct", StructOf)):
        if all(isinstance(each, form) or each == Scalar(name) for each in found):
            return Scalar(name)  # their items or fields differ
    return None


def _joined(structs: list[StructOf]) -> Type | None:
    """The type of structs of which some leave fields out: the rest is of one type in all."""
    fields: dict[str, Type] = {}
    for struct in structs:
        for name, type_ in struct.fields.items():
            if fields.setdefault(name, type_) == type_:
                continue
            if {str(fields[name]), str(type_)} != {"integer", "double"}:
                return None
            fields[name] = Scalar("double")
    return StructOf(MappingProxyType(fields))


def _of_literal(value: Json) -> Type | None:
    match value:
        case bool():
            return Scalar("boolean")
        case int():
            return Scalar("integer")
        case float():
            return Scalar("double")
        case str():
            return TEXT
        case tuple():
            item = _common(value)
            return ListOf(item) if item is not None else Scalar("list")
        case Mapping():
            if not value or any(FIELD.wrong(key) for key in value):
                return Scalar("struct")  # what has other names isn't refined
            fields = {key: _of_literal(item) for key, item in value.items()}
            known = {key: type_ for key, type_ in fields.items() if type_ is not None}
            return StructOf(MappingProxyType(known)) if len(known) == len(fields) else None
        case _:
            return None
