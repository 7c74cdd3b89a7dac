"""A project with its whole lineage, for the commands that show it.

In: a project's folder. Out: a `Mapped`, and which nodes a text can name. Runs nothing, and looks at
no environment; the specs must have no errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from exai_compiler.boxes import inside
from exai_compiler.edges import Node
from exai_compiler.graph import Graph
from exai_compiler.graphs import graphs_of
from exai_compiler.lineage import Lineage, lineage
from exai_compiler.nodes import Described, declared, described, parse_node
from exai_compiler.project import Project
from exai_runtime.collector import collector_off
from exai_runtime.compiling import check_project, environment_of
from exai_runtime.results import Refused
from exai_runtime.validated import Sources
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic
from exai_specs.parse import Spec
from exai_specs.values import frozen


@frozen
class Mapped:
    """A project without errors, with its whole lineage, and the overlays of all environments."""

    project: Project
    graphs: Mapping[str, Graph]
    lineage: Lineage
    diagnostics: tuple[Diagnostic, ...]
    sources: Sources
    overlays: tuple[Spec, ...] = ()

    def described(self, nodes: Iterable[Node]) -> Mapping[Node, Described]:
        found = ((node, described(self.project, self.graphs, node)) for node in nodes)
        return MappingProxyType({node: told for node, told in found if told is not None})


def mapped(root: Path, declared_in: str | None = None) -> Mapped | Refused:
    """The lineage of a project of this machine, or what forbids to have one; with the overlays of
    an environment, if one is named."""
    with collector_off():
        loaded = load(root)
        checked = check_project(loaded, declared_in, only_shown=True)
        project, sources = checked.usable, checked.loaded.sources
        if project is None:
            return Refused(checked.diagnostics, sources)
        if declared_in is not None and project.environment(declared_in) is None:
            return Refused(environment_of(project, declared_in)[1], sources)
        catalog = checked.catalog
        graphs = graphs_of(project, catalog)
        found = lineage(project, graphs)
    overlays = loaded.project.overlays if loaded.project is not None else ()
    return Mapped(project, graphs, found, checked.diagnostics, sources, overlays)


def known(whole: Mapped, node: Node) -> bool:
    """Whether something makes or declares it."""
    if node in whole.lineage.numbers:
        return True
    return node in declared(whole.project, whole.graphs, node.ref)


def first(whole: Mapped, node: Node) -> tuple[Node, ...]:
    """The node itself; of a group, a choice or a way of one, the steps in it."""
    if known(whole, node):
        return (node,)
    graph = whole.graphs.get(node.name) if node.kind == "Pipeline" and node.step else None
    return tuple(n for n in inside(graph, node) if known(whole, n)) if graph is not None else ()


def named_below(whole: Mapped, text: str) -> tuple[Node, ...]:
    """The steps or columns that the beginning of a node's text can become."""
    head, colon, _ = text.partition(":")
    above = parse_node(head.partition("#")[0] if not colon else head)
    if above is None:
        return ()
    mine = {n: None for n in whole.lineage.nodes if n.ref == above.ref}
    mine.update(dict.fromkeys(declared(whole.project, whole.graphs, above.ref)))
    graph = whole.graphs.get(above.name) if above.kind == "Pipeline" else None
    steps = graph.steps.values() if graph is not None else ()
    if colon:
        within = {step.name for step in steps if above.step in step.within} | {above.step}
        found = (n._replace(step=above.step) for n in mine if n.column and n.step in within)
        return tuple(dict.fromkeys(found))
    groups = dict.fromkeys(name for step in steps for name in step.within)
    found = (Node(above.kind, above.name, name) for name in groups)
    return (*(n for n in mine if n.step and not n.column), *found)
