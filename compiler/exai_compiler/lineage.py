"""One typed graph from data to services: documents, steps and columns.

In: a project and the graphs of its pipelines. Out: a `Lineage`, which answers what something comes
from and what hangs on it. Judges nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

from exai_compiler.edges import Edge, Node, edges
from exai_compiler.feature_edges import feature_edges
from exai_compiler.graph import Graph
from exai_compiler.project import Project
from exai_specs.identity import Ref


@dataclass(frozen=True, slots=True)
class Lineage:
    """`numbers` is the number of each node; by number, `below` and `above` are the nodes that come
    from it and that it comes from, `leaving` the numbers of the edges that start there.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    numbers: Mapping[Node, int]
    below: tuple[tuple[int, ...], ...]
    above: tuple[tuple[int, ...], ...]
    leaving: tuple[tuple[int, ...], ...]

    def up(self, node: Node, depth: int | None = None) -> tuple[Node, ...]:
        """What this comes from, the nearest first, at most `depth` edges away.

        Empty for an unknown node.
        """
        return self._walk(node, self.above, depth)

    def down(self, node: Node, depth: int | None = None) -> tuple[Node, ...]:
        """What hangs on this, the nearest first."""
        return self._walk(node, self.below, depth)

    def path(self, a: Node, b: Node) -> tuple[Edge, ...]:
        """A shortest way from `a` down to `b`; empty when there is none, or nothing to go."""
        start, goal = self.numbers.get(a), self.numbers.get(b)
        if start is None or goal is None or start == goal:
            return ()
        came: dict[int, int] = {start: start}
        ring = [start]
        while ring and goal not in came:
            following = []
            for number in ring:
                for end in self.below[number]:
                    if end not in came:
                        came[end] = number
                        following.append(end)
            ring = following
        if goal not in came:
            return ()
        way: list[Edge] = []
        while goal != start:
            way.append(self._edge(came[goal], goal))
            goal = came[goal]
        return tuple(reversed(way))

    def _edge(self, start: int, end: int) -> Edge:
        target = self.nodes[end]
        return next(e for n in self.leaving[start] if (e := self.edges[n]).target == target)

    def _walk(
        self, node: Node, links: tuple[tuple[int, ...], ...], depth: int | None
    ) -> tuple[Node, ...]:
        start = self.numbers.get(node)
        if start is None:
            return ()
        fresh = bytearray(b"\x01") * len(self.nodes)
        fresh[start] = 0
        found: list[int] = []
        ring = [start]
        while ring and (depth is None or depth > 0):
            following: list[int] = []
            for number in ring:
                for end in links[number]:
                    if fresh[end]:
                        fresh[end] = 0
                        following.append(end)
            found += following
            ring = following
            depth = None if depth is None else depth - 1
        nodes = self.nodes
        return tuple([nodes[number] for number in found])


def lineage(project: Project, graphs: Mapping[str, Graph]) -> Lineage:
    """The whole graph.

    Nodes stand in the order of documents and files, so the same specs give the same value.
    """
    known: dict[Node, Node] = {}
    for spec in project.specs.values():
        node = Node(spec.ref.kind, spec.ref.name)
        known[node] = node
    # The ends of edges share one value of each node: a large project has far more ends than nodes.
    one = known.setdefault
    found = tuple(
        [
            Edge(one(start, start), one(end, end), spec, path)
            for start, end, spec, path in chain(feature_edges(project), edges(project, graphs))
        ]
    )
    numbers = {node: number for number, node in enumerate(known)}
    starts = tuple([numbers[edge.source] for edge in found])
    ends = tuple([numbers[edge.target] for edge in found])
    return Lineage(
        nodes=tuple(numbers),
        edges=found,
        numbers=MappingProxyType(numbers),
        below=_gathered(starts, ends, len(numbers)),
        above=_gathered(ends, starts, len(numbers)),
        leaving=_gathered(starts, range(len(found)), len(numbers)),
    )


def chains(lineage: Lineage) -> Mapping[Ref, tuple[Ref, ...]]:
    """For each document the documents that it comes from, the farthest first."""
    parents: dict[Node, list[Node]] = {node: [] for node in lineage.nodes if node.is_document}
    for edge in lineage.edges:
        if edge.source.is_document and edge.target.is_document:
            parents[edge.target].append(edge.source)
    found: dict[Node, tuple[Node, ...]] = {}
    for node in parents:
        _ancestors(node, parents, found, set())
    refs = {node: node.ref for node in parents}
    return MappingProxyType(
        {refs[node]: tuple([refs[above] for above in found[node]]) for node in parents}
    )


def _ancestors(
    node: Node,
    parents: Mapping[Node, list[Node]],
    found: dict[Node, tuple[Node, ...]],
    under: set[Node],
) -> tuple[Node, ...]:
    # The depth is that of the kinds (Dataset, FeatureView, FeatureService, Pipeline, Model,
    # Service), so recursion is safe; `under` ends a cycle.
    if node in found:
        return found[node]
    above: dict[Node, None] = {}
    for parent in parents[node]:
        if parent not in under:
            above.update(dict.fromkeys(_ancestors(parent, parents, found, under | {node})))
            above[parent] = None
    above.pop(node, None)
    if not under:
        found[node] = tuple(above)
    return tuple(above)


def _gathered(by: Iterable[int], what: Iterable[int], count: int) -> tuple[tuple[int, ...], ...]:
    """What belongs to each node, in order, for all nodes from 0."""
    gathered: defaultdict[int, list[int]] = defaultdict(list)
    for node, item in zip(by, what, strict=True):
        gathered[node].append(item)
    return tuple([tuple(gathered[node]) if node in gathered else () for node in range(count)])
