"""What each document comes from: the lineage of documents alone, which is what a plan tells.

In: a project, the graphs of its pipelines. Out: for each document the others that it comes from.
Never: a step or a column, of which there are a hundred times as many (`lineage` has those).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.edges import Node, Strand
from exai_compiler.feature_edges import feature_edges
from exai_compiler.graph import Graph
from exai_compiler.makers import makers
from exai_compiler.pipeline_edges import document_edges, model_edges
from exai_compiler.project import Project
from exai_compiler.service_edges import service_edges
from exai_specs.identity import Ref


def ancestors(project: Project, graphs: Mapping[str, Graph]) -> Mapping[Ref, tuple[Ref, ...]]:
    """For each document the documents that it comes from, the farthest first."""
    refs = {Node(ref.kind, ref.name): ref for ref in project.specs}
    parents: dict[Node, list[Node]] = {node: [] for node in refs}
    for source, target, _, _, columns, _, _ in _strands(project, graphs):
        if columns is None and source in refs and target in refs:
            parents[target].append(source)
    found = everything_above(parents)
    return MappingProxyType(
        {ref: tuple(map(refs.__getitem__, found[node])) for node, ref in refs.items()}
    )


def _strands(project: Project, graphs: Mapping[str, Graph]) -> Iterator[Strand]:
    """All that there are between documents, and a few others."""
    yield from feature_edges(project, columns=False)
    yield from document_edges(project, graphs)
    made_by = makers(graphs)
    yield from model_edges(project, graphs, made_by)
    yield from service_edges(project, made_by, {})


def everything_above(parents: Mapping[Node, list[Node]]) -> Mapping[Node, tuple[Node, ...]]:
    """The parents of each node, theirs, and so on: the farthest first."""
    found: dict[Node, tuple[Node, ...]] = {}
    for node in parents:
        if node not in found:
            found[node], _ = _above(node, parents, found, frozenset())
    return found


def _above(
    node: Node,
    parents: Mapping[Node, list[Node]],
    found: dict[Node, tuple[Node, ...]],
    under: frozenset[Node],
) -> tuple[tuple[Node, ...], bool]:
    """What a node that isn't `found` comes from; and whether that is all: `under` ends a cycle."""
    # The depth is that of the kinds (Dataset, FeatureView, FeatureService, Pipeline, Model,
    # Service), so recursion is safe.
    above: dict[Node, None] = {}
    within: frozenset[Node] | None = None
    complete = True
    for parent in parents[node]:
        behind = found.get(parent)
        if behind is None:
            if parent in under:
                complete = False
                continue
            within = within or under | {node}
            behind, whole = _above(parent, parents, found, within)
            if whole:
                found[parent] = behind
            complete = complete and whole
        above.update(dict.fromkeys(behind))
        above[parent] = None
    above.pop(node, None)
    return tuple(above), complete
