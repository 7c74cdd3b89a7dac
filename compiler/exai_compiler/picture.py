"""A part of the lineage as it is drawn: pipelines as boxes around their steps, with boxes of their
own for groups, loops and choices; columns inside what has them.

In: a project, its graphs, a `Part` with columns. Out: a `Picture`. Never: a format's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from exai_compiler.boxes import Box, box_of, boxes
from exai_compiler.edges import Edge, Node
from exai_compiler.graph import Graph
from exai_compiler.lineage import Lineage
from exai_compiler.nodes import Described, declared, described
from exai_compiler.parts import Part, around, parts_of, whole
from exai_compiler.project import Project
from exai_specs.identity import Ref
from exai_specs.values import field, frozen

LAYERS = (
    "Dataset",
    "Entity",
    "FeatureView",
    "FeatureService",
    "Pipeline",
    "Tuning",
    "Model",
    "Runtime",
    "Service",
    "LLMService",
    "Graph",
    "Notebook",
)
"""The kinds in the order in which data goes through them; others come after."""


@frozen
class Fact:
    """Something that happened to a node, in words: `version` `v3`. `state` says how good it is."""

    name: str
    value: str
    state: str = ""


@frozen
class Picture:
    """`groups` are pipelines that have steps here; `nodes` all other documents, and the steps;
    `columns` has those of each node. `edges` join nodes, `traces` have a column at an end. `boxes`
    are groups, loops and choices within pipelines, the outermost first; `within` has the innermost
    one of each step that is in any.

    `facts` are what happened in `environment`, of nodes and groups; "" when nobody looked.
    """

    project: str
    groups: tuple[Described, ...]
    nodes: tuple[Described, ...]
    edges: tuple[Edge, ...]
    columns: Mapping[Node, tuple[Described, ...]]
    traces: tuple[Edge, ...]
    environment: str = ""
    facts: Mapping[Node, tuple[Fact, ...]] = field(default_factory=lambda: MappingProxyType({}))
    boxes: tuple[Box, ...] = ()
    within: Mapping[Node, Node] = field(default_factory=lambda: MappingProxyType({}))


def picture(
    project: Project,
    graphs: Mapping[str, Graph],
    lineage: Lineage,
    roots: Iterable[Ref] = (),
) -> Picture:
    """Everything; with `roots` only those documents, what they come from, what hangs on them."""
    wanted = tuple(roots)
    starts = parts_of(lineage, wanted, columns=True) if wanted else ()
    part = around(lineage, starts, columns=True) if wanted else whole(lineage, columns=True)
    return _drawn(project, graphs, part)


def _drawn(project: Project, graphs: Mapping[str, Graph], part: Part) -> Picture:
    told = {node: found for node in part.nodes if (found := described(project, graphs, node))}
    pipelines = {node[:2] for node in told if node.step}
    whole_pipelines = {node for node in told if node.is_document and node[:2] in pipelines}
    # A column's document or step is there, too, whatever led to the column.
    for node in list(told):
        owner = node._replace(column="")
        if node.column and owner not in told and (found := described(project, graphs, owner)):
            told[owner] = found
    for kind, name in sorted(pipelines):
        pipeline = Node(kind, name)
        if pipeline not in told and (found := described(project, graphs, pipeline)):
            told[pipeline] = found
            whole_pipelines.add(pipeline)
    ordered = sorted(told, key=lambda node: _place(node, graphs))
    columns = _columns(project, graphs, part.nodes, told)
    edges, traces = [], []
    for edge in part.edges:
        if edge.source in whole_pipelines or edge.target in whole_pipelines:
            continue  # told by the steps in it
        if edge.source.column or edge.target.column:
            traces.append(edge)
        else:
            edges.append(edge)
    shown = [node for node in ordered if not node.column and node.kind != "Project"]
    steps: dict[str, list[Node]] = {}
    for node in shown:
        if node.step and node.name in graphs:
            steps.setdefault(node.name, []).append(node)
    around = {node: box_of(graphs[name], node) for name, mine in steps.items() for node in mine}
    return Picture(
        project=project.name,
        groups=tuple(told[node] for node in shown if node in whole_pipelines),
        nodes=tuple(told[node] for node in shown if node not in whole_pipelines),
        edges=tuple(edges),
        columns=columns,
        traces=tuple(traces),
        boxes=tuple(
            box
            for name, mine in steps.items()
            for box in boxes(project.specs[graphs[name].pipeline], graphs[name], mine)
        ),
        within=MappingProxyType({node: box for node, box in around.items() if box.step}),
    )


def _columns(
    project: Project,
    graphs: Mapping[str, Graph],
    nodes: Iterable[Node],
    told: Mapping[Node, Described],
) -> Mapping[Node, tuple[Described, ...]]:
    """The columns of each node: those that its document declares, then others."""
    names: dict[Node, dict[Node, None]] = {}
    for owner in told:
        if owner.is_document:
            mine = declared(project, graphs, owner.ref)
            names[owner] = {node: None for node in mine if node.column}
    for node in nodes:
        if node.column:
            names.setdefault(node._replace(column=""), {})[node] = None
    return MappingProxyType(
        {
            owner: tuple(
                one for node in mine if (one := told.get(node) or described(project, graphs, node))
            )
            for owner, mine in names.items()
            if mine
        }
    )


def _place(node: Node, graphs: Mapping[str, Graph]) -> tuple[int, str, str, int, str]:
    layer = LAYERS.index(node.kind) if node.kind in LAYERS else len(LAYERS)
    steps = list(graphs[node.name].steps) if node.step and node.name in graphs else []
    at = steps.index(node.step) if node.step in steps else -1
    return (layer, node.kind, node.name, at, node.column)
