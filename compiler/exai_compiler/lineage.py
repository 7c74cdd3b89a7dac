"""One typed graph from data to services: documents, steps and columns.

In: a project and the graphs of its pipelines. Out: a `Lineage`, which answers what something comes
from and what hangs on it. Judges nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate, chain
from types import MappingProxyType
from typing import Literal

from exai_compiler.edges import Edge, Node, Path, edges
from exai_compiler.feature_edges import feature_edges
from exai_compiler.graph import Graph
from exai_compiler.project import Project
from exai_specs.identity import Ref
from exai_specs.parse import Spec

Way = Literal["up", "down"]


Numbers = memoryview  # of unsigned integers, read-only


@dataclass(frozen=True, slots=True)
class Links:
    """What belongs to each number: `items` from `offsets[number]` to the next number's offset."""

    offsets: Numbers
    items: Numbers

    def __getitem__(self, number: int) -> Numbers:
        return self.items[self.offsets[number] : self.offsets[number + 1]]


@dataclass(frozen=True, slots=True)
class Lineage:
    """Columns of numbers, not objects: a large project has some hundred thousand edges.

    `numbers` is the number of each node; by number, `below` and `above` are the nodes that come
    from it and that it comes from, `leaving` the numbers of the edges that start there. By the
    number of an edge, `starts` and `ends` are its nodes, `specs` and `paths` where it is written.
    """

    nodes: tuple[Node, ...]
    numbers: Mapping[Node, int]
    starts: Numbers
    ends: Numbers
    specs: tuple[Spec, ...]
    paths: tuple[Path, ...]
    below: Links
    above: Links
    leaving: Links

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All edges, in the order of documents and files."""
        return tuple(map(self.edge, range(len(self.specs))))

    def edge(self, number: int) -> Edge:
        """One edge by its number."""
        start, end = self.nodes[self.starts[number]], self.nodes[self.ends[number]]
        return Edge(start, end, self.specs[number], self.paths[number])

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
        return self.edge(next(n for n in self.leaving[start] if self.ends[n] == end))


def lineage(project: Project, graphs: Mapping[str, Graph]) -> Lineage:
    """The whole graph.

    Nodes stand in the order of documents and files, so the same specs give the same value.
    """
    numbers = {Node(*_of(spec)): number for number, spec in enumerate(project.specs.values())}
    starts, ends = array("I"), array("I")
    specs: list[Spec] = []
    paths: list[Path] = []
    number_of = numbers.setdefault
    for start, end, spec, path in chain(feature_edges(project), edges(project, graphs)):
        starts.append(number_of(start, len(numbers)))
        ends.append(number_of(end, len(numbers)))
        specs.append(spec)
        paths.append(path)
    leaving = _gathered(starts, len(numbers))
    arriving = _gathered(ends, len(numbers))
    return Lineage(
        nodes=tuple(numbers),
        numbers=MappingProxyType(numbers),
        starts=_read_only(starts),
        ends=_read_only(ends),
        specs=tuple(specs),
        paths=tuple(paths),
        below=Links(leaving.offsets, _read_only(array("I", [ends[n] for n in leaving.items]))),
        above=Links(arriving.offsets, _read_only(array("I", [starts[n] for n in arriving.items]))),
        leaving=leaving,
    )


def _of(spec: Spec) -> tuple[str, str]:
    return spec.ref.kind, spec.ref.name


def chains(lineage: Lineage) -> Mapping[Ref, tuple[Ref, ...]]:
    """For each document the documents that it comes from, the farthest first."""
    nodes = lineage.nodes
    parents: dict[Node, list[Node]] = {}
    for number, node in enumerate(nodes):
        if node.is_document:
            above = (nodes[start] for start in lineage.above[number])
            parents[node] = [start for start in above if start.is_document]
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


def _gathered(by: array[int], count: int) -> Links:
    """The edges of each node, in order, for all nodes from 0; `by` has the node of each edge."""
    offsets = array("I", bytes(4 * (count + 1)))
    for node in by:
        offsets[node + 1] += 1
    offsets = array("I", accumulate(offsets))
    following, items = array("I", offsets), array("I", bytes(4 * len(by)))
    for edge, node in enumerate(by):
        items[following[node]] = edge
        following[node] += 1
    return Links(_read_only(offsets), _read_only(items))


def _read_only(numbers: array[int]) -> Numbers:
    return memoryview(numbers).toreadonly()
