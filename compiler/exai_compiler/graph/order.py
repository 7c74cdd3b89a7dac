"""Which steps come before which. In: graphs. Out: names. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.graph.nodes import Graph, Node, Scope, scopes


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
    levels: dict[str, int] = {}
    waiting = list(scope.nodes.items())
    while waiting:  # once where every step stands below those that it needs
        later: list[tuple[str, Node]] = []
        for name, node in waiting:
            if all(before in levels for before in node.needs):
                levels[name] = 1 + max((levels[before] for before in node.needs), default=0)
            else:
                later.append((name, node))
        if len(later) == len(waiting):
            break
        waiting = later
    return tuple(sorted(levels, key=lambda name: (levels[name], name)))


def cycle(scope: Scope) -> tuple[str, ...]:
    """The steps along one cycle of a scope, as the data goes, from its smallest name; empty without
    one."""
    above: set[str] = set()
    for name, node in scope.nodes.items():
        if not above.issuperset(node.needs):
            break
        above.add(name)
    else:
        return ()
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
