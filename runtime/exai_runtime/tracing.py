"""The command `lineage`: what a document, a step or a column comes from, and what hangs on it.

In: a project's folder and a node as people type it. Out: a `Traced`. Runs nothing, and looks at no
environment unless one is named; the specs must have no errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from exai_compiler.edges import Node
from exai_compiler.graph import Graph
from exai_compiler.graphs import graphs_of
from exai_compiler.lineage import Lineage, Way, lineage
from exai_compiler.nodes import Described, declared, described, parse_node
from exai_compiler.parts import around, with_columns
from exai_compiler.project import Project
from exai_runtime.collector import collector_off
from exai_runtime.compiling import check_project, environment_of
from exai_runtime.lineage_results import Traced
from exai_runtime.results import Refused
from exai_runtime.validated import Sources
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span, in_order
from exai_specs.nearest import did_you_mean

NOWHERE = Span("")
_FORMS = "Kind/name, Kind/name#step, Kind/name:column or Kind/name#step:column"


@dataclass(frozen=True, slots=True)
class Mapped:
    """A project without errors, with its whole lineage."""

    project: Project
    graphs: Mapping[str, Graph]
    lineage: Lineage
    diagnostics: tuple[Diagnostic, ...]
    sources: Sources

    def described(self, nodes: Iterable[Node]) -> Mapping[Node, Described]:
        found = ((node, described(self.project, self.graphs, node)) for node in nodes)
        return MappingProxyType({node: told for node, told in found if told is not None})


def mapped(root: Path, declared_in: str | None = None) -> Mapped | Refused:
    """The lineage of a project of this machine, or what forbids to have one; with the overlays of
    an environment, if one is named."""
    with collector_off():
        checked = check_project(load(root), declared_in, only_shown=True)
        project, sources = checked.usable, checked.loaded.sources
        if project is None:
            return Refused(checked.diagnostics, sources)
        if declared_in is not None and project.environment(declared_in) is None:
            return Refused(environment_of(project, declared_in)[1], sources)
        catalog = checked.catalog
        graphs = graphs_of(project, catalog)
        found = lineage(project, graphs)
    return Mapped(project, graphs, found, checked.diagnostics, sources)


def trace(
    root: Path,
    text: str,
    ways: tuple[Way, ...],
    depth: int | None,
    columns: bool,
    environment: str | None = None,
    declared_in: str | None = None,
) -> Traced | Refused:
    """What the node that `text` names comes from and what hangs on it, as `mapped` has it; with an
    environment, also what happened there."""
    whole = mapped(root, declared_in)
    if isinstance(whole, Refused):
        return whole
    node = parse_node(text)
    if node is None or not known(whole, node):
        return unknown(whole, text, node)
    starts = with_columns(whole.lineage, node) if columns else (node,)
    part = around(whole.lineage, starts, ways, depth, columns)
    traced = Traced(
        node=node,
        ways=ways,
        depth=depth,
        columns=columns or bool(node.column),
        part=part,
        described=whole.described(part.nodes),
        diagnostics=whole.diagnostics,
        sources=whole.sources,
    )
    if environment is None:
        return traced
    from exai_runtime.happening import happened

    looked = happened(root, environment)
    if isinstance(looked, Refused):
        return looked
    problems = in_order((*whole.diagnostics, *looked.problems))
    return replace(traced, environment=environment, facts=looked.facts, diagnostics=problems)


def known(whole: Mapped, node: Node) -> bool:
    """Whether something makes or declares it."""
    if node in whole.lineage.numbers:
        return True
    return node in declared(whole.project, whole.graphs, node.ref)


def named_below(whole: Mapped, text: str) -> tuple[Node, ...]:
    """The steps or columns that the beginning of a node's text can become."""
    head, colon, _ = text.partition(":")
    above = parse_node(head.partition("#")[0] if not colon else head)
    if above is None:
        return ()
    mine = {n: None for n in whole.lineage.nodes if n.ref == above.ref}
    mine.update(dict.fromkeys(declared(whole.project, whole.graphs, above.ref)))
    if colon:
        return tuple(n for n in mine if n.column and n.step == above.step)
    return tuple(n for n in mine if n.step and not n.column)


def unknown(whole: Mapped, text: str, node: Node | None) -> Refused:
    """There is no such node; the hint has the closest."""
    hint = did_you_mean(text, _near(whole, text, node))
    if node is None:
        hint = f"write {_FORMS}; {hint}"
    found = Diagnostic("unknown-node", f"`{text}` is nothing in this lineage", NOWHERE, hint=hint)
    return Refused((found,), whole.sources)


def _near(whole: Mapped, text: str, node: Node | None) -> set[str]:
    """What may have been meant: something of the document if there is one, else a document."""
    documents = {str(ref): ref for ref in whole.project.specs if ref.kind != "Project"}
    if node is None:
        named = {one for one, ref in documents.items() if ref.name == text.strip()}
        return named or set(documents)
    if node.ref not in whole.project.specs:
        return set(documents)
    alike = named_below(whole, text)
    return set(map(str, alike)) or {str(node.ref)}
