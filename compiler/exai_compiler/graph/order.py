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
            if all(map(levels.__contains__, node.needs)):
                levels[name] = 1 + max(map(levels.__getitem__, node.needs), default=0)
            else:
                later.append((name, node))
        if len(later) == len(waiting):
            break
        waiting = later
    return tuple([name for _, name in sorted(zip(levels.values(), levels, strict=True))])


def cycles(scope: Scope) -> tuple[tuple[str, ...], ...]:
    """Cycles of a scope, each its steps as the data goes, from its smallest name. No two share a
    step, and there is one in whatever goes round."""
    above: set[str] = set()
    for name, node in scope.nodes.items():
        if not above.issuperset(node.needs):
            break
        above.add(name)
    else:
        return ()
    stuck = set(scope.nodes).difference(ordered(scope))
    rings: list[tuple[str, ...]] = []
    known: set[str] = set()  # from which everything was walked
    taken: set[str] = set()  # on a ring
    for start in sorted(stuck):
        trail: dict[str, Iterator[str]] = {}
        before: str | None = start if start not in known else None
        while before is not None or trail:
            if before is None:
                known.add(trail.popitem()[0])
            elif before in trail:
                walked = list(trail)
                ring = walked[walked.index(before) :][::-1]
                if taken.isdisjoint(ring):
                    taken.update(ring)
                    first = ring.index(min(ring))
                    rings.append(tuple(ring[first:] + ring[:first]))
            elif before not in known:
                trail[before] = iter(sorted(stuck.intersection(scope.nodes[before].needs)))
            before = next(trail[next(reversed(trail))], None) if trail else None
    return tuple(sorted(rings))
