"""The command `lineage`: what a document, a step or a column comes from, and what hangs on it.

In: a project's folder and a node as people type it. Out: a `Traced`. Runs nothing, and looks at no
environment unless one is named; the specs must have no errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from exai_compiler.boxes import box
from exai_compiler.edges import Node
from exai_compiler.lineage import Way
from exai_compiler.nodes import Described, parse_node
from exai_compiler.parts import around, with_columns
from exai_runtime.lineage_results import Traced
from exai_runtime.mapping import Mapped, first, mapped
from exai_runtime.results import Refused
from exai_runtime.unknown_nodes import unknown
from exai_specs.diagnostics import in_order
from exai_specs.values import replace


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
    nodes = first(whole, node) if node is not None else ()
    if node is None or not nodes:
        return unknown(whole, text, node)
    starts = [n for one in nodes for n in (with_columns(whole.lineage, one) if columns else (one,))]
    part = around(whole.lineage, starts, ways, depth, columns)
    traced = Traced(
        node=node,
        ways=ways,
        depth=depth,
        columns=columns or bool(node.column),
        part=part,
        described=MappingProxyType({**whole.described(part.nodes), **_boxed(whole, node)}),
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


def _boxed(whole: Mapped, node: Node) -> Mapping[Node, Described]:
    """What is said of a group of steps, which is no node of the lineage."""
    if node.kind != "Pipeline" or not node.step or node.column:
        return {}
    told = box(whole.project.specs[node.ref], whole.graphs[node.name], node)
    return {node: told} if told is not None else {}
