"""A pipeline as a step of another one (LANGUAGE section 6.2). In: its graph. Out: its interface, as
a `Component` that nothing executes.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from exai_compiler.bodies import typed_port
from exai_compiler.catalog import Component, Port
from exai_compiler.graph.bindings import FromStep
from exai_compiler.graph.nodes import Graph
from exai_compiler.graph.typing import is_artifact, source_type
from exai_specs.types import ListOf, Type
from exai_specs.values import replace


def called_component(graph: Graph) -> Component:
    """Its parameters and artifacts go in, its outputs come out."""
    return Component(
        name=str(graph.pipeline),
        version="",
        effects="none",
        description="",
        inputs=MappingProxyType({port.name: port for port in _inputs(graph)}),
        outputs=MappingProxyType({port.name: port for port in _outputs(graph)}),
        refs=MappingProxyType({}),
        filled=(),
        metrics=MappingProxyType({}),
        image="",
        command=(),
        args=(),
        limits=MappingProxyType({}),
    )


def _inputs(graph: Graph) -> Iterator[Port]:
    for name, declared in graph.parameters.items():
        # It is nothing unless somebody gives it; one with a default may be left out.
        optional = declared.optional or declared.default is not None
        yield replace(typed_port(name, declared.type, optional=optional), default=declared.default)
    for name, type_ in graph.artifacts.items():
        yield _port(name, type_)


def _outputs(graph: Graph) -> Iterator[Port]:
    for name, binding in graph.root.outputs.items():
        type_ = source_type(graph, binding) if isinstance(binding, FromStep) else None
        if type_ is not None:
            yield _port(name, type_)


def _port(name: str, type_: Type) -> Port:
    if isinstance(type_, ListOf) and is_artifact(type_):
        inner = type_.item
        while isinstance(inner, ListOf):  # lists of lists of files are one list
            inner = inner.item
        return Port(name, str(inner), many=True)
    return typed_port(name, type_)
