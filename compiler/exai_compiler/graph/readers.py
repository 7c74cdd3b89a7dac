"""Which outputs of a graph's nodes anything reads. In: a `Graph`. Out: names. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.graph.bindings import Binding, Condition, FromStep, bind, sources
from exai_compiler.graph.nodes import Choice, Graph, Group, Step, scopes


def read_outputs(graph: Graph) -> Mapping[str, set[str]]:
    """The outputs that are read somewhere, by the name of what makes them; empty for a graph
    without scopes and loops, where nobody needs to know.
    """
    found: dict[str, set[str]] = {}
    if len(graph.nodes) == len(graph.steps) and not any(s.loop for s in graph.steps.values()):
        return found
    bindings: list[Binding | Condition | None] = [*graph.root.outputs.values()]
    for node in graph.nodes.values():
        if isinstance(node, Step):
            bindings += node.inputs.values()
            bindings += (bind(name.text, node.items) for name in node.names)
        if isinstance(node, Step | Group):
            bindings += (node.condition, node.loop.items if node.loop is not None else None)
        if isinstance(node, Choice):
            bindings += (branch.condition for branch in node.branches)
        for scope in scopes(node):
            bindings += scope.outputs.values()
    for binding in bindings:
        for source in sources(binding):
            if isinstance(source, FromStep):
                found.setdefault(source.step, set()).add(source.output)
    return found
