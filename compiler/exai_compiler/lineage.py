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
from typing import Literal

from exai_compiler.edges import Edge, Node, edges
from exai_compiler.feature_edges import feature_edges
from exai_compiler.graph import Graph
from exai_compiler.project import Project
from exai_specs.identity import Ref

Way = Literal["up", "down"]


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
        return tuple([found for found, _ in self.reached((node,), "up", depth)])

    def down(self, node: Node, depth: int | None = None) -> tuple[Node, ...]:
        """What hangs on this, the nearest first."""
        return tuple([found for found, _ in self.reached((node,), "down", depth)])

    def reached(
        self,
        starts: Iterable[Node],
        way: Way,
        depth: int | None = None,
        columns: bool = True,
    ) -> tuple[tuple[Node, int], ...]:
        """What several nodes come from or what hangs on them, the nearest first, each with how many
        edges away it is. Without `columns` only documents and steps count.
        """
        links = self.above if way == "up" else self.below
        nodes, numbers = self.nodes, self.numbers
        ring = [numbers[node] for node in starts if node in numbers]
        fresh = bytearray(b"\x01") * len(nodes)
        for number in ring:
            fresh[number] = 0
        found: list[tuple[Node, int]] = []
        distance = 0
        while ring and (depth is None or distance < depth):
            distance += 1
            following: list[int] = []
            for number in ring:
                for end in links[number]:
                    if fresh[end]:
                        fresh[end] = 0
                        if columns or not nodes[end].column:
                            following.append(end)
            found += [(nodes[number], distance) for number in following]
            ring = following
        return tuple(found)

    def between(self, *groups: Iterable[Node]) -> tuple[Edge, ...]:
        """The edges whose ends are in one and the same group, in the order of all edges."""
        numbers, edges, leaving = self.numbers, self.edges, self.leaving
        found: set[int] = set()
        for group in groups:
            inside = set(group)
            for node in inside:
                if (number := numbers.get(node)) is not None:
                    found.update([n for n in leaving[number] if edges[n].target in inside])
        return tuple([edges[place] for place in sorted(found)])

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
