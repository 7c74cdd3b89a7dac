"""The inputs of container and notebook steps: of the types of what they are given
(LANGUAGE section 6.2).

In: a graph in which containers have their declared outputs alone. Out: the same graph, with their
components whole; None for one that is given what has no type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import assert_never

from exai_compiler.bodies import (
    container_component,
    given_port,
    importer_component,
    typed_port,
)
from exai_compiler.catalog import Component, Port
from exai_compiler.graph.bindings import (
    Binding,
    Broken,
    Composed,
    Constant,
    FromArtifact,
    FromItem,
    FromParameter,
    FromRun,
    FromStatus,
    FromStep,
)
from exai_compiler.graph.nodes import Choice, Graph, Group, Node, Path, Scope, Step
from exai_compiler.graph.typing import is_artifact, source_type
from exai_specs.kinds.step import Step as StepSpec
from exai_specs.types import ListOf
from exai_specs.values import replace

Notebooks = Callable[[StepSpec, Path, Mapping[str, Port]], Component | None]
"""The component of a notebook step, of its spec, its path and its inputs."""

TYPED = ("image", "import_", "notebook")
"""The bodies whose inputs have the types of what they are given."""


def with_containers(graph: Graph, notebooks: Notebooks) -> Graph:
    """The same graph; the very same when it has no container."""
    if all(step.spec.body not in TYPED for step in graph.steps.values()):
        return graph
    steps = {name: _whole(graph, step, notebooks) for name, step in graph.steps.items()}
    return rebuilt(graph, steps)


def rebuilt(graph: Graph, steps: Mapping[str, Step]) -> Graph:
    """The same graph with other values of its leaves."""
    root = _scope(graph.root, steps)
    nodes: dict[str, Node] = {}
    _gather(root, nodes)
    if graph.last is not None:
        nodes[graph.last.name] = steps[graph.last.name]
    in_order = {name: nodes[name] for name in graph.nodes}
    return replace(
        graph, steps=MappingProxyType(dict(steps)), nodes=MappingProxyType(in_order), root=root
    )


def _whole(graph: Graph, step: Step, notebooks: Notebooks) -> Step:
    if step.spec.body not in TYPED:
        return step
    ports = {name: _given(graph, name, binding) for name, binding in step.inputs.items()}
    inputs = {name: port for name, port in ports.items() if port is not None}
    if len(inputs) < len(ports):
        return replace(step, component=None)
    if step.spec.body == "notebook":
        component = notebooks(step.spec, step.path, MappingProxyType(inputs))
        return replace(step, component=component)
    component = (
        importer_component(step.spec.import_, inputs)
        if step.spec.import_ is not None
        else container_component(step.spec, MappingProxyType(inputs))
    )
    return replace(step, component=component)


def _scope(scope: Scope, steps: Mapping[str, Step]) -> Scope:
    nodes = {name: _node(node, steps) for name, node in scope.nodes.items()}
    return replace(scope, nodes=MappingProxyType(nodes))


def _node(node: Node, steps: Mapping[str, Step]) -> Node:
    match node:
        case Step():
            # A second step of a name keeps what it is: the checks refuse it.
            found = steps.get(node.name)
            return found if found is not None and found.path == node.path else node
        case Group():
            return replace(node, scope=_scope(node.scope, steps))
        case Choice():
            branches = tuple(replace(b, scope=_scope(b.scope, steps)) for b in node.branches)
            return replace(node, branches=branches)
    assert_never(node)


def _gather(scope: Scope, nodes: dict[str, Node]) -> None:
    for name, node in scope.nodes.items():
        nodes.setdefault(name, node)
        for inner in (
            (node.scope,)
            if isinstance(node, Group)
            else tuple(b.scope for b in node.branches)
            if isinstance(node, Choice)
            else ()
        ):
            _gather(inner, nodes)


def _given(graph: Graph, name: str, binding: Binding) -> Port | None:
    """An input of the type of what it is bound to; None when that can't be told."""
    match binding:
        case Constant(value) | Composed(value):
            return given_port(name, value)
        case Broken():
            return None
        case FromParameter() | FromArtifact() | FromStep() | FromItem() | FromRun() | FromStatus():
            found = source_type(graph, binding)
            if found is None:
                return None
            if is_artifact(found):
                if isinstance(found, ListOf):
                    return Port(name, str(found.item), many=True)
                return Port(name, str(found))
            declared = (
                graph.parameters.get(binding.name) if isinstance(binding, FromParameter) else None
            )
            absent = declared is not None and declared.optional and declared.default is None
            return typed_port(name, found, optional=absent or isinstance(binding, FromStatus))
    assert_never(binding)
