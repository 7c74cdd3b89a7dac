"""Values by number, as flat arrays: a large project has some hundred thousand nodes and edges.

In: numbers. Out: `Links`, from each number to several, and the `Numbers` of nodes. Never: edges.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, chain, count, repeat
from operator import add

from exai_compiler.edges import Node
from exai_specs.values import frozen

Head = tuple[str, str, str]  # a node without its column
Items = memoryview  # of unsigned integers, read-only


@frozen
class Links:
    """What belongs to each number: `items` from `offsets[number]` to the next number's offset."""

    offsets: Items
    items: Items

    def __getitem__(self, number: int) -> Items:
        return self.items[self.offsets[number] : self.offsets[number + 1]]


@frozen
class Numbers:
    """The number of each node. A document or step has a place, and `inside` the numbers of itself
    and of its columns: an entry for each column would be as large as the whole rest of a lineage.
    """

    nodes: Sequence[Node]
    places: Mapping[Node, int]
    inside: Links

    def get(self, node: Node) -> int | None:
        return next((n for n in self.at(node) if self.nodes[n].column == node.column), None)

    def at(self, node: Node) -> Items | tuple[()]:
        """The numbers of a document or step, and of its columns, in order."""
        place = self.places.get(node.of("") if node.column else node)
        return self.inside[place] if place is not None else ()

    def __contains__(self, node: Node) -> bool:
        return self.get(node) is not None


class Known:
    """Gives nodes their numbers, in the order in which they are met. They themselves are made at
    the end, all at once: a call for each column would be a large part of the time of a lineage.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        """The column of each number, "" for a document or step."""
        self._heads: list[Head] = []  # what is before it in the node
        self._places: dict[Node, dict[str, int]] = {}

    def number(self, node: Node) -> int:
        place = self._places.get(node)  # most have no column, and were met before
        found = place.get("") if place is not None else None
        if found is not None:
            return found
        column = node.column
        place = self._place(node.of("") if column else node)
        found = place.get(column)
        if found is None:
            found = place[column] = len(self.names)
            self.names.append(column)
            self._heads.append(node[:3])
        return found

    def columns(
        self,
        source: Node,
        target: Node,
        columns: Sequence[str],
        onto: Sequence[str] | None = None,
    ) -> tuple[Iterable[int], Iterable[int]]:
        """The numbers of columns of two documents or steps: of the same, or, with `onto`, of each
        of the first and of what stands there beside it.
        """
        onto = columns if onto is None else onto
        above, below = self._place(source), self._place(target)
        names, heads = self.names, self._heads
        if above.keys() >= set(columns):
            # A step that is handed columns mostly has none or a few of them yet: all at once.
            fresh = [column for column in dict.fromkeys(onto) if column not in below]
            if fresh:
                below.update(zip(fresh, count(len(names))))
                names += fresh
                heads += repeat(target[:3], len(fresh))
            return map(above.__getitem__, columns), map(below.__getitem__, onto)
        begins, ends = source[:3], target[:3]
        for before, after in zip(columns, onto, strict=True):
            if before not in above:
                above[before] = len(names)
                names.append(before)
                heads.append(begins)
            if after not in below:
                below[after] = len(names)
                names.append(after)
                heads.append(ends)
        return map(above.__getitem__, columns), map(below.__getitem__, onto)

    def nodes(self) -> tuple[Node, ...]:
        """By number."""
        parts = map(add, self._heads, zip(self.names))
        return tuple(map(tuple.__new__, repeat(Node), parts))

    def numbers(self, nodes: Sequence[Node]) -> Numbers:
        each = self._places.values()
        offsets = [*accumulate(map(len, each), initial=0)]
        items = [*chain.from_iterable(map(dict.values, each))]
        places = dict(zip(self._places, count()))
        return Numbers(nodes, places, Links(read_only(offsets), read_only(items)))

    def _place(self, node: Node) -> dict[str, int]:
        found = self._places.get(node)
        if found is None:
            found = self._places[node] = {}
        return found


def gathered(by: Sequence[int], number: int) -> Links:
    """The edges of each node, in order, for all nodes from 0; `by` has the node of each edge."""
    counts = [0] * number
    for node in by:
        counts[node] += 1
    offsets = [*accumulate(counts, initial=0)]
    return Links(read_only(offsets), read_only(sorted(range(len(by)), key=by.__getitem__)))


def picked(from_: Sequence[int], which: Iterable[int]) -> Items:
    """Some of these numbers, in this order."""
    return read_only([*map(from_.__getitem__, which)])


def read_only(numbers: list[int]) -> Items:
    # Of a list, an array is made in half the time that it takes of an iterator.
    return memoryview(array("I", numbers)).toreadonly()
