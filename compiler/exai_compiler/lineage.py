"""One typed graph from data to services: documents, steps and columns.

In: a project and the graphs of its pipelines. Out: a `Lineage`, which answers what something comes
from and what hangs on it. Judges nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, chain, compress, repeat
from types import MappingProxyType
from typing import Literal

from exai_compiler.edges import Edge, Node, Path, edges
from exai_compiler.feature_edges import feature_edges
from exai_compiler.graph import Graph
from exai_compiler.project import Project
from exai_specs.identity import Ref
from exai_specs.parse import Spec
from exai_specs.values import frozen

Way = Literal["up", "down"]


Numbers = memoryview  # of unsigned integers, read-only


@frozen
class Links:
    """What belongs to each number: `items` from `offsets[number]` to the next number's offset."""

    offsets: Numbers
    items: Numbers

    def __getitem__(self, number: int) -> Numbers:
        return self.items[self.offsets[number] : self.offsets[number + 1]]


@frozen
class Reached:
    """What was met on a way, ring by ring. `marks` has a byte for each node, the first the most
    significant one: 1 for those that were met, and for the starts."""

    rings: tuple[list[int], ...]
    marks: int


NOTHING = Reached((), 0)


@frozen
class Lineage:
    """Columns of numbers, not objects: a large project has some hundred thousand edges.

    `numbers` is the number of each node; by number, `below` and `above` are the nodes that come
    from it and that it comes from, `leaving` the numbers of the edges that start there. By the
    number of an edge, `starts` and `ends` are its nodes, `specs` and `paths` where it is written.
    `plain` has a byte for each node: 0 for a column, 1 for a document or step.
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
    plain: bytes

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All edges, in the order of documents and files."""
        return self.picked(b"\x01" * len(self.specs))

    def edge(self, number: int) -> Edge:
        """One edge by its number."""
        start, end = self.nodes[self.starts[number]], self.nodes[self.ends[number]]
        return Edge(start, end, self.specs[number], self.paths[number])

    def up(self, node: Node, depth: int | None = None) -> tuple[Node, ...]:
        """What this comes from, the nearest first, at most `depth` edges away.

        Empty for an unknown node.
        """
        return self.named(chain.from_iterable(self.rings(self.known((node,)), "up", depth)))

    def down(self, node: Node, depth: int | None = None) -> tuple[Node, ...]:
        """What hangs on this, the nearest first."""
        return self.named(chain.from_iterable(self.rings(self.known((node,)), "down", depth)))

    def known(self, nodes: Iterable[Node]) -> list[int]:
        """The numbers of those that are in the graph."""
        return [self.numbers[node] for node in nodes if node in self.numbers]

    def named(self, numbers: Iterable[int]) -> tuple[Node, ...]:
        return tuple(map(self.nodes.__getitem__, numbers))

    def rings(
        self, starts: Sequence[int], way: Way, depth: int | None = None, columns: bool = True
    ) -> tuple[list[int], ...]:
        """What several nodes come from, or what hangs on them, by number: the first ring is one
        edge away, the second two. Without `columns` only documents and steps count.
        """
        return self.reached(starts, way, depth, columns).rings

    def reached(
        self, starts: Sequence[int], way: Way, depth: int | None = None, columns: bool = True
    ) -> Reached:
        """The same, with a mark on each node that was met."""
        links = self.above if way == "up" else self.below
        items, offsets = links.items, links.offsets
        may = b"\x01" * len(self.nodes) if columns else self.plain
        fresh = bytearray(may)
        for number in starts:
            fresh[number] = 0
        found: list[list[int]] = []
        ring = list(starts)
        while ring and (depth is None or len(found) < depth):
            following: list[int] = []
            for number in ring:
                for end in items[offsets[number] : offsets[number + 1]]:
                    if fresh[end]:
                        fresh[end] = 0
                        following.append(end)
            ring = following
            if ring:
                found.append(ring)
        return Reached(tuple(found), int.from_bytes(may, "big") & ~int.from_bytes(fresh, "big"))

    def between(self, *groups: Reached) -> bytes:
        """A byte for each edge: 0 unless its ends were both met, or started at, on one and the same
        way (of eight at most)."""
        # All edges are passed at the speed of C, however large the groups are.
        marks = 0
        for bit, group in enumerate(groups):
            marks |= group.marks << bit
        inside = marks.to_bytes(len(self.nodes), "big")
        starts, ends = (bytes(map(inside.__getitem__, by)) for by in (self.starts, self.ends))
        both = int.from_bytes(starts, "big") & int.from_bytes(ends, "big")
        return both.to_bytes(len(self.specs), "big")

    def picked(self, which: bytes) -> tuple[Edge, ...]:
        """The edges whose byte isn't 0, made without a step of Python for each."""
        node = self.nodes.__getitem__
        parts = zip(
            map(node, compress(self.starts, which)),
            map(node, compress(self.ends, which)),
            compress(self.specs, which),
            compress(self.paths, which),
            strict=True,
        )
        return tuple(map(tuple.__new__, repeat(Edge), parts))

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
    known: dict[Path, Path] = {}  # documents of one kind share theirs
    number_of = numbers.setdefault
    for start, end, spec, path in chain(feature_edges(project), edges(project, graphs)):
        starts.append(number_of(start, len(numbers)))
        ends.append(number_of(end, len(numbers)))
        specs.append(spec)
        paths.append(known.setdefault(path, path))
    for graph in graphs.values():  # those that nothing leads to or from, too
        kind, name = graph.pipeline.kind, graph.pipeline.name
        for step in graph.steps:
            number_of(Node(kind, name, step), len(numbers))
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
        plain=bytes([not node.column for node in numbers]),
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
