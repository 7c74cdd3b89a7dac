"""Values by number, as flat arrays: a large project has some hundred thousand nodes and edges.

In: numbers. Out: `Links`, from each number to several, and the `Numbers` of nodes. Never: edges.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, chain

from exai_compiler.edges import Node
from exai_specs.values import frozen

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


def numbers(nodes: Sequence[Node], known: Mapping[Node, Mapping[str, int]]) -> Numbers:
    """Of nodes; `known` are the columns of each document or step, with their numbers."""
    offsets = array("I", accumulate((len(each) for each in known.values()), initial=0))
    items = array("I", chain.from_iterable(each.values() for each in known.values()))
    places = {place: number for number, place in enumerate(known)}
    return Numbers(nodes, places, Links(read_only(offsets), read_only(items)))


def gathered(by: array[int], count: int) -> Links:
    """The edges of each node, in order, for all nodes from 0; `by` has the node of each edge."""
    offsets = array("I", bytes(4 * (count + 1)))
    for node in by:
        offsets[node + 1] += 1
    offsets = array("I", accumulate(offsets))
    following, items = array("I", offsets), array("I", bytes(4 * len(by)))
    for edge, node in enumerate(by):
        items[following[node]] = edge
        following[node] += 1
    return Links(read_only(offsets), read_only(items))


def picked(from_: array[int], which: Iterable[int]) -> Items:
    """Some of these numbers, in this order."""
    return read_only(array("I", map(from_.__getitem__, which)))


def read_only(numbers: array[int]) -> Items:
    return memoryview(numbers).toreadonly()
