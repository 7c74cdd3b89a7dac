"""Numbers that are given many at a time, against giving them one by one."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from exai_compiler.edges import Node
from exai_compiler.numbers import Known, gathered, picked

PLACES = st.sampled_from([Node("Dataset", name, step) for name in "abc" for step in ("", "s")])
COLUMNS = st.lists(st.sampled_from("vwxyz"), max_size=6)
NODES = st.tuples(PLACES, st.sampled_from(["", *"vwxyz"])).map(lambda it: it[0].of(it[1]))


@given(st.lists(st.tuples(PLACES, PLACES, COLUMNS) | st.tuples(NODES, NODES, st.none())))
def test_nodes_are_numbered_as_they_are_met(
    strands: Sequence[tuple[Node, Node, list[str] | None]],
) -> None:
    known, met, edges, expected = Known(), dict[Node, int](), list[tuple[int, int]](), []
    for source, target, columns in strands:
        if columns is None:
            edges.append((known.number(source), known.number(target)))
            pairs = [(source, target)]
        else:
            edges += zip(*known.columns(source, target, columns), strict=True)
            pairs = [(source.of(column), target.of(column)) for column in columns]
        for pair in pairs:
            for node in pair:
                met.setdefault(node, len(met))
        expected += [(met[a], met[b]) for a, b in pairs]
    nodes = known.nodes()
    assert (edges, nodes) == (expected, tuple(met))
    assert all(type(node) is Node for node in nodes)
    assert known.names == [node.column for node in nodes]
    numbers = known.numbers(nodes)
    assert [numbers.get(node) for node in nodes] == list(range(len(nodes)))
    for node in nodes:
        inside = [number for other, number in met.items() if other[:3] == node[:3]]
        assert list(numbers.at(node)) == inside


@given(st.lists(st.integers(0, 9)), st.integers(0, 3))
def test_edges_are_gathered_in_order(by: list[int], more: int) -> None:
    nodes = max(by, default=-1) + 1 + more
    links = gathered(by, nodes)
    found = [list(links[node]) for node in range(nodes)]
    assert found == [[edge for edge, of in enumerate(by) if of == node] for node in range(nodes)]
    assert list(picked(by, links.items)) == sorted(by)


ONTO = st.lists(st.tuples(st.sampled_from("vwxyz"), st.sampled_from(["", *"vwxyz"])), max_size=6)


@given(st.lists(st.tuples(PLACES, PLACES, ONTO)))
def test_columns_beside_others_are_numbered_as_they_are_met(
    strands: Sequence[tuple[Node, Node, list[tuple[str, str]]]],
) -> None:
    many, single = Known(), Known()
    for source, target, pairs in strands:
        columns, onto = [a for a, _ in pairs], [b for _, b in pairs]
        found = list(zip(*many.columns(source, target, columns, onto), strict=True))
        expected = [(single.number(source.of(a)), single.number(target.of(b))) for a, b in pairs]
        assert found == expected
    assert many.nodes() == single.nodes()
