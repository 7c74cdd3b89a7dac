"""Which steps come before which. In: graphs. Out: names. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.graph.nodes import Graph, Scope, scopes


def topological(graph: Graph) -> tuple[str, ...]:
    """The leaves' names, producers first, ties by name; without those on a cycle or behind one, and
    without a second step of the same name.
    """
    found = [*_leaves(graph, graph.root)]
    return (*found, graph.last.name) if graph.last is not None else tuple(found)


def _leaves(graph: Graph, scope: Scope) -> Iterator[str]:
    for name in ordered(scope):
        node = scope.nodes[name]
        if graph.steps.get(name) is node:
            yield name
        for inner in scopes(node):
            yield from _leaves(graph, inner)


def ordered(scope: Scope) -> tuple[str, ...]:
    """The names of one scope, producers first; without those on a cycle or behind one."""
    waiting = {name: set(node.needs) for name, node in scope.nodes.items()}
    order: list[str] = []
    while ready := sorted(name for name, needs in waiting.items() if not needs):
        order += ready
        waiting = {name: needs.difference(ready) for name, needs in waiting.items() if needs}
    return tuple(order)


def cycle(scope: Scope) -> tuple[str, ...]:
    """The steps along one cycle of a scope, as the data goes, from its smallest name; empty without
    one."""
    stuck = set(scope.nodes).difference(ordered(scope))
    if not stuck:
        return ()
    # Whatever is stuck waits for something stuck, so walking back along `needs` comes round.
    walked = [min(stuck)]
    while (before := min(stuck.intersection(scope.nodes[walked[-1]].needs))) not in walked:
        walked.append(before)
    ring = walked[walked.index(before) :][::-1]
    first = ring.index(min(ring))
    return tuple(ring[first:] + ring[:first])
