"""What documents come from, worked out once for all, against asking anew for each of them."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from exai_compiler.ancestors import everything_above
from exai_compiler.edges import Node

NODES = [Node("Pipeline", name) for name in "abcde"]
# Cycles, too: pipelines that call each other are an error, and told of all the same.
GRAPHS = st.fixed_dictionaries(
    {node: st.lists(st.sampled_from(NODES), unique=True, max_size=3) for node in NODES}
)


def asked_anew(
    node: Node,
    parents: Mapping[Node, list[Node]],
    told: Mapping[Node, list[Node]],
    under: tuple[Node, ...] = (),
) -> list[Node]:
    """Only what was `told` of earlier nodes is known, which matters where there are cycles."""
    if node in told:
        return told[node]
    found: dict[Node, None] = {}
    for parent in parents[node]:
        if parent not in under:
            found.update(dict.fromkeys(asked_anew(parent, parents, told, (*under, node))))
            found[parent] = None
    return [each for each in found if each != node]


@given(GRAPHS)
def test_all_at_once_is_each_by_itself(parents: dict[Node, list[Node]]) -> None:
    told: dict[Node, list[Node]] = {}
    for node in parents:
        told[node] = asked_anew(node, parents, told)
    found = everything_above(parents)
    assert {node: list(above) for node, above in found.items()} == told
