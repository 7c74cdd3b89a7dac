"""One typed graph from data to services: documents, steps and columns.

In: a project and the graphs of its pipelines. Out: a `Lineage`, which answers what something comes
from and what hangs on it. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, repeat
from operator import not_
from typing import Literal

from exai_compiler.edges import Edge, Node, Path, Strand
from exai_compiler.feature_edges import feature_edges
from exai_compiler.graph import Graph
from exai_compiler.makers import makers
from exai_compiler.numbers import Items, Known, Links, Numbers, gathered, picked, read_only
from exai_compiler.own_models import own_model_edges
from exai_compiler.pipeline_edges import model_edges, pipeline_edges
from exai_compiler.project import Project
from exai_compiler.service_edges import service_edges
from exai_specs.parse import Spec
from exai_specs.values import frozen

Way = Literal["up", "down"]


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
    numbers: Numbers
    starts: Items
    ends: Items
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
        found = map(self.numbers.get, nodes)
        return [number for number in found if number is not None]

    def named(self, numbers: Iterable[int]) -> tuple[Node, ...]:
        return tuple(map(self.nodes.__getitem__, numbers))

    def rings(
        self, starts: Sequence[int], way: Way, depth: int | None = None, columns: bool = True
    ) -> tuple[list[int], ...]:
        """What several nodes come from, or what hangs on them, by number: the first ring is one
        edge away, the second two. Without `columns` only documents and steps count.
        """
        return self._walked(starts, way, depth, bytearray(self._may(columns)))

    def reached(
        self, starts: Sequence[int], way: Way, depth: int | None = None, columns: bool = True
    ) -> Reached:
        """The same, with a mark on each node that was met."""
        may = self._may(columns)
        fresh = bytearray(may)
        found = self._walked(starts, way, depth, fresh)
        return Reached(found, int.from_bytes(may, "big") & ~int.from_bytes(fresh, "big"))

    def _may(self, columns: bool) -> bytes:
        return b"\x01" * len(self.nodes) if columns else self.plain

    def _walked(
        self, starts: Sequence[int], way: Way, depth: int | None, fresh: bytearray
    ) -> tuple[list[int], ...]:
        """The rings around some nodes; `fresh` loses the marks of what is met."""
        links = self.above if way == "up" else self.below
        items, offsets = links.items, links.offsets
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
        return tuple(found)

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
    known = Known()
    for ref in project.specs:
        known.number(Node(ref.kind, ref.name))
    starts: list[int] = []
    ends: list[int] = []
    specs: list[Spec] = []
    paths: list[Path] = []
    for source, target, spec, path, columns, onto, each in _strands(project, graphs):
        if columns is None:
            starts.append(known.number(source))
            ends.append(known.number(target))
            specs.append(spec)
            paths.append(path)
            continue
        before, after = known.columns(source, target, columns, onto)
        starts += before
        ends += after
        specs += repeat(spec, len(columns))
        paths += each if each is not None else repeat(path, len(columns))
    for graph in graphs.values():  # those that nothing leads to or from, too
        kind, name = graph.pipeline.kind, graph.pipeline.name
        for step in graph.steps:
            known.number(Node(kind, name, step))
    nodes = known.nodes()
    leaving = gathered(starts, len(nodes))
    arriving = gathered(ends, len(nodes))
    return Lineage(
        nodes=nodes,
        numbers=known.numbers(nodes),
        starts=read_only(starts),
        ends=read_only(ends),
        specs=tuple(specs),
        paths=tuple(paths),
        below=Links(leaving.offsets, picked(ends, leaving.items)),
        above=Links(arriving.offsets, picked(starts, arriving.items)),
        leaving=leaving,
        plain=bytes(map(not_, known.names)),
    )


def _strands(project: Project, graphs: Mapping[str, Graph]) -> Iterator[Strand]:
    yield from feature_edges(project)
    yield from pipeline_edges(project, graphs)
    made_by = makers(graphs)
    features: dict[str, tuple[str, ...]] = {}
    yield from model_edges(project, graphs, made_by, features)
    yield from own_model_edges(project, graphs, made_by)
    yield from service_edges(project, made_by, features)
