"""What decides whether a place of a pipeline is reached: its `if`, those of the groups and ways
around it, and those of the ways of a choice that were tried before.

In: a graph. Out: whether a value is read by one of these. Judges nothing: what a condition lets
through is asked of nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType

from exai_compiler.graph import (
    Binding,
    Broken,
    Choice,
    Condition,
    FromItem,
    FromParameter,
    Graph,
    Group,
    Source,
    Step,
    sources,
)
from exai_specs.values import frozen

Read = tuple[str, str]
"""A parameter, or the item of a loop whichever of its fields: what conditions are looked up by."""


@frozen
class Guards:
    """`nodes` are the steps and groups whose own `if` reads something; `ways` the first way of a
    choice whose `if` does; `numbers` tell the number of a way by the names of choice and way.
    """

    nodes: frozenset[tuple[str, Read]]
    ways: Mapping[tuple[str, Read], int]
    numbers: Mapping[tuple[str, str], int]

    def hold(self, binding: Binding | None, within: tuple[str, ...]) -> bool:
        """Whether a condition reads what this comes from; `within` leads to the place where it is
        used, the outermost first, the step itself last."""
        read = _read(binding)
        if read is None:
            return False
        if any((name, read) in self.nodes for name in within):
            return True
        for choice, way in pairwise(within):
            number = self.numbers.get((choice, way))
            if number is not None and self.ways.get((choice, read), number + 1) <= number:
                return True
        return False


NO_GUARDS = Guards(frozenset(), MappingProxyType({}), MappingProxyType({}))
"""Of a pipeline without an `if`."""


def guards(graph: Graph) -> Guards:
    """Takes time in proportion to the conditions."""
    nodes: set[tuple[str, Read]] = set()
    ways: dict[tuple[str, Read], int] = {}
    numbers: dict[tuple[str, str], int] = {}
    for name, node in graph.nodes.items():
        match node:
            case Step() | Group():
                nodes.update((name, read) for read in _reads(node.condition))
            case Choice():
                for number, branch in enumerate(node.branches):
                    numbers[name, branch.name] = number
                    for read in _reads(branch.condition):
                        ways.setdefault((name, read), number)
    return Guards(frozenset(nodes), ways, numbers)


def _reads(condition: Condition | Broken | None) -> Iterator[Read]:
    for source in sources(condition):
        if (read := _read(source)) is not None:
            yield read


def _read(source: Binding | Source | None) -> Read | None:
    match source:
        case FromParameter(name):
            return "parameters", name
        case FromItem(loop):
            return "item", loop
        case _:
            return None
