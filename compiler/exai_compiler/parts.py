"""A part of the lineage: what some nodes come from, what hangs on them, and the edges between.

In: a `Lineage`, nodes, how far. Out: a `Part`. Never: places or words; views have them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from exai_compiler.edges import Edge, Node
from exai_compiler.lineage import Lineage, Way
from exai_specs.identity import Ref

Reached = tuple[Node, int]
BOTH: tuple[Way, ...] = ("up", "down")


@dataclass(frozen=True, slots=True)
class Part:
    """`above` and `below` have each node with how many edges away it is, the nearest first;
    `edges` are in the order of documents and files, each once.
    """

    starts: tuple[Node, ...]
    above: tuple[Reached, ...]
    below: tuple[Reached, ...]
    edges: tuple[Edge, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All of them, each once: the starts, then those above, then those below."""
        found = (*self.starts, *(n for n, _ in self.above), *(n for n, _ in self.below))
        return tuple(dict.fromkeys(found))


def around(
    lineage: Lineage,
    starts: Collection[Node],
    ways: Collection[Way] = BOTH,
    depth: int | None = None,
    columns: bool = False,
) -> Part:
    """What is above and below these nodes, at most `depth` edges away.

    Without `columns` columns are left out, unless a start is one.
    """
    columns = columns or any(node.column for node in starts)
    above = lineage.reached(starts, "up", depth, columns) if "up" in ways else ()
    below = lineage.reached(starts, "down", depth, columns) if "down" in ways else ()
    # Not the edges that lead past the starts, from above them to below.
    edges = lineage.between(
        (*starts, *(node for node, _ in above)), (*starts, *(node for node, _ in below))
    )
    return Part(tuple(starts), above, below, edges)


def whole(lineage: Lineage, columns: bool = False) -> Part:
    """Everything; without `columns` only documents and steps."""
    if columns:
        return Part(lineage.nodes, (), (), lineage.edges)
    nodes = tuple([node for node in lineage.nodes if not node.column])
    edges = [edge for edge in lineage.edges if not edge.source.column and not edge.target.column]
    return Part(nodes, (), (), tuple(edges))


def with_columns(lineage: Lineage, node: Node) -> tuple[Node, ...]:
    """A document or step, and those of its own columns that something is done with."""
    if node.column:
        return (node,)
    mine = [n for n in lineage.nodes if n[:3] == node[:3] and n.column]
    return (node, *mine)


def parts_of(lineage: Lineage, refs: Iterable[Ref], columns: bool) -> tuple[Node, ...]:
    """All nodes of some documents: themselves, their steps and, if wanted, their columns."""
    wanted = set(refs)
    return tuple([n for n in lineage.nodes if n.ref in wanted and (columns or not n.column)])
