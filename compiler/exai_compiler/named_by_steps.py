"""Which documents the steps of a pipeline name, those of the pipelines that it calls included.

In: a pipeline's graph. Out: names, sorted. Never: whether there are such documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.catalog import Component
from exai_compiler.feature_views import used
from exai_compiler.graph import Constant, Graph
from exai_compiler.project import Project


def datasets_read(project: Project, graph: Graph) -> tuple[str, ...]:
    """The datasets whose data a run of this pipeline sees, those behind its features included;
    sorted."""
    named = {(kind, name) for one in _with_called(graph) for _, kind, name in all_named(one)}
    found = {name for kind, name in named if kind == "Dataset"}
    for service in (name for kind, name in named if kind == "FeatureService"):
        gives = used(project, service)
        found.update(gives.parts.datasets if gives is not None else ())
    return tuple(sorted(found))


def models_registered(graph: Graph) -> tuple[str, ...]:
    """The models that a run of this pipeline registers a version of, sorted."""
    found = {
        name
        for one in _with_called(graph)
        for uses, kind, name in all_named(one)
        if kind == "Model" and uses.effects == "writes-registry"
    }
    return tuple(sorted(found))


def _with_called(graph: Graph) -> Iterable[Graph]:
    """A pipeline and all that it calls."""
    if not graph.called:
        return (graph,)
    found: dict[str, Graph] = {}
    waiting = [graph]
    while waiting:
        for name, inner in waiting.pop().called.items():
            if name not in found:
                found[name] = inner
                waiting.append(inner)
    return (graph, *found.values())


def all_named(graph: Graph) -> Iterator[tuple[Component, str, str]]:
    """The kind and name of each document that a step names, with the step's component."""
    for step in graph.steps.values():
        uses = step.component
        if uses is None:
            continue
        for port, kind in uses.refs.items():
            binding = step.inputs.get(port)
            if isinstance(binding, Constant) and isinstance(binding.value, str):
                yield uses, kind, binding.value
