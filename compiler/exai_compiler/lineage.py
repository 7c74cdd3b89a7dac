"""One typed graph from data to services: documents, steps and columns, each edge with the place
that makes it.

In: a project and the graphs of its pipelines. Out: a `Lineage`, which answers what something comes
from and what hangs on it. Judges nothing: what doesn't resolve has no edge. Nodes and edges are
named tuples, not dataclasses: a large project has some hundred thousand of them, and they are
hashed and made at the speed of C.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from exai_compiler.columns import (
    LOADS,
    PASSES,
    TRAINS,
    Flow,
    flow,
    makers,
    named_columns,
    text,
    trained,
)
from exai_compiler.graph import FromStep, Graph, Step, sources
from exai_compiler.project import Project
from exai_specs.diagnostics import Span
from exai_specs.identity import Ref
from exai_specs.kinds import DatasetSpec, ModelSpec, ServiceSpec
from exai_specs.parse import Spec

Path = tuple[str | int, ...]


class Node(NamedTuple):
    """A document, a step of one, or a column of either.

    `str()` is `Pipeline/iris-training#train:species`.
    """

    kind: str
    name: str
    step: str = ""
    column: str = ""

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.name)

    @property
    def is_document(self) -> bool:
        return not self.step and not self.column

    def __str__(self) -> str:
        step = f"#{self.step}" if self.step else ""
        column = f":{self.column}" if self.column else ""
        return f"{self.kind}/{self.name}{step}{column}"


class Edge(NamedTuple):
    """`target` comes from `source`, because `spec` says so at `path`."""

    source: Node
    target: Node
    spec: Spec
    path: Path

    @property
    def at(self) -> Span:
        return self.spec.at(*self.path)


@dataclass(frozen=True, slots=True)
class Lineage:
    """`outward` and `inward` hold, for each node, the numbers of its edges; `numbers` the number of
    each node.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    numbers: Mapping[Node, int]
    outward: tuple[tuple[int, ...], ...]
    inward: tuple[tuple[int, ...], ...]
    sources: tuple[int, ...]
    targets: tuple[int, ...]

    def up(self, node: Node, depth: int | None = None) -> tuple[Node, ...]:
        """What this comes from, the nearest first, at most `depth` edges away.

        Empty for an unknown node.
        """
        return self._walk(node, self.inward, self.sources, depth)

    def down(self, node: Node, depth: int | None = None) -> tuple[Node, ...]:
        """What hangs on this, the nearest first."""
        return self._walk(node, self.outward, self.targets, depth)

    def path(self, a: Node, b: Node) -> tuple[Edge, ...]:
        """A shortest way from `a` down to `b`; empty when there is none, or nothing to go."""
        start, goal = self.numbers.get(a), self.numbers.get(b)
        if start is None or goal is None or start == goal:
            return ()
        came: dict[int, int] = {start: -1}
        ring = [start]
        while ring and goal not in came:
            following = []
            for number in ring:
                for edge in self.outward[number]:
                    if (target := self.targets[edge]) not in came:
                        came[target] = edge
                        following.append(target)
            ring = following
        if goal not in came:
            return ()
        way: list[Edge] = []
        while goal != start:
            way.append(self.edges[came[goal]])
            goal = self.sources[came[goal]]
        return tuple(reversed(way))

    def _walk(
        self,
        node: Node,
        links: tuple[tuple[int, ...], ...],
        ends: tuple[int, ...],
        depth: int | None,
    ) -> tuple[Node, ...]:
        start = self.numbers.get(node)
        if start is None:
            return ()
        seen = bytearray(len(self.nodes))
        seen[start] = 1
        found: list[int] = []
        ring = [start]
        while ring and (depth is None or depth > 0):
            following: list[int] = []
            for number in ring:
                for edge in links[number]:
                    end = ends[edge]
                    if not seen[end]:
                        seen[end] = 1
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
    numbers: dict[Node, int] = {}
    for spec in project.specs.values():
        numbers[Node(spec.ref.kind, spec.ref.name)] = len(numbers)
    edges = tuple(_edges(project, graphs))
    for edge in edges:
        for node in edge[:2]:
            if node not in numbers:
                numbers[node] = len(numbers)
    starts = tuple([numbers[edge.source] for edge in edges])
    ends = tuple([numbers[edge.target] for edge in edges])
    return Lineage(
        nodes=tuple(numbers),
        edges=edges,
        numbers=MappingProxyType(numbers),
        outward=_links(starts, len(numbers)),
        inward=_links(ends, len(numbers)),
        sources=starts,
        targets=ends,
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
    # The depth is that of the kinds (Dataset, Pipeline, Model, Service), so recursion is safe;
    # `under` ends a cycle.
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


def _links(ends: Iterable[int], count: int) -> tuple[tuple[int, ...], ...]:
    gathered: defaultdict[int, list[int]] = defaultdict(list)
    for edge, node in enumerate(ends):
        gathered[node].append(edge)
    return tuple([tuple(gathered[node]) if node in gathered else () for node in range(count)])


def _edges(project: Project, graphs: Mapping[str, Graph]) -> Iterator[Edge]:
    flows = {name: flow(graph) for name, graph in graphs.items()}
    columns = {spec.ref.name: tuple(body.schema) for spec, body in project.bodies(DatasetSpec)}
    features: dict[str, dict[str, None]] = {}
    for name, graph in graphs.items():
        spec = project.specs[graph.pipeline]
        for step in graph.steps.values():
            yield from _step_edges(spec, step, columns)
            yield from _column_edges(spec, step, flows[name], columns)
    for model, steps in makers(graphs).items():
        if project.find("Model", model) is None:
            continue
        for maker in steps:
            pipeline = maker.graph.pipeline
            spec = project.specs[pipeline]
            path = ("spec", "steps", maker.step.name, "with", maker.port)
            end = Node("Model", model)
            yield Edge(Node(pipeline.kind, pipeline.name), end, spec, path)
            yield Edge(Node(pipeline.kind, pipeline.name, maker.step.name), end, spec, path)
            if (signature := trained(maker, flows[pipeline.name])) is not None:
                features.setdefault(model, {}).update(dict.fromkeys(signature.features))
                for column in signature.features:
                    start = Node(pipeline.kind, pipeline.name, signature.step, column)
                    yield Edge(start, Node("Model", model, "", column), spec, path)
    for spec, service in project.bodies(ServiceSpec):
        model = service.model.partition("@")[0]
        if project.body(ModelSpec, model) is None:
            continue
        here: Path = ("spec", "model")
        yield Edge(Node("Model", model), Node("Service", spec.ref.name), spec, here)
        for column in features.get(model, ()):
            yield Edge(
                Node("Model", model, "", column),
                Node("Service", spec.ref.name, "", column),
                spec,
                here,
            )


def _step_edges(spec: Spec, step: Step, columns: Mapping[str, tuple[str, ...]]) -> Iterator[Edge]:
    pipeline, here = Node(*_of(spec)), Node(*_of(spec), step.name)
    for port, binding in step.inputs.items():
        path = ("spec", "steps", step.name, "with", port)
        for source in sources(binding):
            if isinstance(source, FromStep) and source.step in step.needs:
                yield Edge(Node(*_of(spec), source.step), here, spec, path)
        if step.component is not None and step.component.refs.get(port) == "Dataset":
            dataset = text(binding)
            if dataset in columns:
                yield Edge(Node("Dataset", dataset), pipeline, spec, path)
                yield Edge(Node("Dataset", dataset), here, spec, path)
    for index, name in enumerate(step.spec.after):
        if name in step.needs:
            yield Edge(
                Node(*_of(spec), name), here, spec, ("spec", "steps", step.name, "after", index)
            )


def _column_edges(
    spec: Spec, step: Step, flows: Flow, columns: Mapping[str, tuple[str, ...]]
) -> Iterator[Edge]:
    """Columns that a step loads or hands on as they are; those it trains on; those that it is told
    to look at.
    """
    if step.component is None:
        return
    of, here = _of(spec), Node(*_of(spec), step.name)
    base: Path = ("spec", "steps", step.name, "with")
    loads = LOADS.get(step.component.name, ("", ""))[0]
    passes = set(PASSES.get(step.component.name, {}).values())
    for port, binding in step.inputs.items():
        dataset = text(binding) if port == loads else flows.table(binding) if port in passes else ""
        for column in columns.get(dataset, ()):
            start = Node("Dataset", dataset, "", column)
            if isinstance(binding, FromStep):
                start = Node(*of, binding.step, column)
            yield Edge(start, here._replace(column=column), spec, (*base, port))
    training = TRAINS.get(step.component.name)
    for data, path, column in named_columns(step):
        table = step.inputs.get(data)
        if not isinstance(table, FromStep) or column not in columns.get(flows.table(table), ()):
            continue
        feature = training is not None and path[0] == training.features
        end = here._replace(column=column) if feature else here
        yield Edge(Node(*of, table.step, column), end, spec, (*base, *path))


def _of(spec: Spec) -> tuple[str, str]:
    return spec.ref.kind, spec.ref.name
