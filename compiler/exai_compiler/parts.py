"""A part of the lineage: what some nodes come from, what hangs on them, and the edges between.

In: a `Lineage`, nodes, how far. Out: a `Part`. Never: places or words; views have them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain, compress

from exai_compiler.edges import Edge, Node
from exai_compiler.lineage import NOTHING, Lineage, Reached, Way
from exai_specs.identity import Ref
from exai_specs.values import field, frozen

Rings = tuple[tuple[Node, ...], ...]
BOTH: tuple[Way, ...] = ("up", "down")


@frozen
class Part:
    """`above` and `below` begin with the nodes that are one edge away, then have those that are
    two. `which` has a byte for each edge of the lineage, 1 for those of the part.
    """

    starts: tuple[Node, ...]
    above: Rings
    below: Rings
    lineage: Lineage = field(repr=False)
    which: bytes = field(repr=False)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """In the order of documents and files, each once. Made when they are asked for."""
        return self.lineage.picked(self.which)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All of them, each once: the starts, then those above, then those below."""
        return tuple(dict.fromkeys(chain(self.starts, *self.above, *self.below)))


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
    first = lineage.known(starts)
    above = lineage.reached(first, "up", depth, columns) if "up" in ways else NOTHING
    below = lineage.reached(first, "down", depth, columns) if "down" in ways else NOTHING
    # Not the edges that lead past the starts, from above them to below.
    return Part(
        tuple(starts),
        tuple(map(lineage.named, above.rings)),
        tuple(map(lineage.named, below.rings)),
        lineage,
        lineage.between(above, below),
    )


def whole(lineage: Lineage, columns: bool = False) -> Part:
    """Everything; without `columns` only documents and steps."""
    marks = b"\x01" * len(lineage.nodes) if columns else lineage.plain
    all_ = Reached((), int.from_bytes(marks, "big"))
    return Part(tuple(compress(lineage.nodes, marks)), (), (), lineage, lineage.between(all_))


def with_columns(lineage: Lineage, node: Node) -> tuple[Node, ...]:
    """A document or step, and those of its own columns that something is done with."""
    if node.column:
        return (node,)
    mine = lineage.named(lineage.numbers.at(node))
    return (node, *(each for each in mine if each.column))


def parts_of(lineage: Lineage, refs: Iterable[Ref], columns: bool) -> tuple[Node, ...]:
    """All nodes of some documents: themselves, their steps and, if wanted, their columns."""
    wanted = set(refs)
    return tuple([n for n in lineage.nodes if n.ref in wanted and (columns or not n.column)])
