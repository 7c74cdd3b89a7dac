"""Who registers versions of models, and what those were trained on.

In: graphs; a step with the flow of its pipeline. Out: `Maker`s by model, signatures. Judges
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.columns import Flow, Signature, text
from exai_compiler.graph import Graph, Step
from exai_specs.values import frozen


@frozen
class Maker:
    """A step that registers versions of a model."""

    graph: Graph
    step: Step
    port: str


def makers(graphs: Mapping[str, Graph]) -> Mapping[str, tuple[Maker, ...]]:
    """Who registers each model, by the model's name."""
    found: dict[str, list[Maker]] = {}
    for graph in graphs.values():
        for step in graph.steps.values():
            component = step.component
            if component is None or component.effects != "writes-registry":
                continue
            for port, kind in component.refs.items():
                if kind == "Model" and (name := text(step.inputs.get(port))):
                    found.setdefault(name, []).append(Maker(graph, step, port))
    return MappingProxyType({name: tuple(registering) for name, registering in found.items()})


def trained(maker: Maker, flow: Flow) -> Signature | None:
    """The signature of the model that this step registers."""
    return next((s for b in maker.step.inputs.values() if (s := flow.model(b)) is not None), None)
