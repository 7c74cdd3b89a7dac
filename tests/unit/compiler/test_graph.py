"""Steps as a graph: what inputs are bound to, what waits for what, and where it goes in circles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exai_compiler.catalog import Catalog
from exai_compiler.graph import (
    Binding,
    Broken,
    Composed,
    Constant,
    FromParameter,
    FromRun,
    FromStep,
    Graph,
    bind,
    cycles,
    graph,
    sources,
    topological,
)
from exai_specs.documents import read
from exai_specs.frozen import freeze
from exai_specs.parse import Spec, parse

EMPTY = Catalog({})
PIPELINE = """
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: p}
spec:
  steps:
"""


def of(*steps: str) -> Graph:
    (document,), _ = read(PIPELINE + "".join(f"    {step}\n" for step in steps), "p.yaml")
    spec = parse(document)
    assert isinstance(spec, Spec), spec
    return graph(spec, EMPTY)


@pytest.mark.parametrize(
    ("value", "bound"),
    [
        (1.5, Constant(1.5)),
        (None, Constant(None)),
        ("text", Constant("text")),
        ("${{ parameters.n }}", FromParameter("n")),
        ("${{steps.a-b.c_d}}", FromStep("a-b", "c_d")),
        ("${{ run.id }}", FromRun("id")),
        ("$${{ parameters.n }}", Constant("${{ parameters.n }}")),
        ("${{ parameters.n }", Broken("${{ parameters.n }")),
        ("${{ steps.a }}", Broken("${{ steps.a }}")),
        ("${{ nowhere.n }}", Broken("${{ nowhere.n }}")),
        ("${{ 3 }}", Broken("${{ 3 }}")),
        ("${{ parameters.n == 3 }}", Broken("${{ parameters.n == 3 }}")),
        (
            "a ${{ parameters.n }} b",
            Composed("a ${{ parameters.n }} b", {"parameters.n": FromParameter("n")}),
        ),
        (
            " ${{ parameters.n }}",
            Composed(" ${{ parameters.n }}", {"parameters.n": FromParameter("n")}),
        ),
    ],
)
def test_a_value_is_bound(value: object, bound: Binding) -> None:
    assert bind(freeze(value)) == bound


def test_references_inside_a_struct_are_found_in_order() -> None:
    value = freeze({"a": "${{ steps.x.o }}", "b": ["${{ parameters.p }} ${{ steps.x.o }}", 1]})
    bound = bind(value)
    assert bound == Composed(
        value, {"steps.x.o": FromStep("x", "o"), "parameters.p": FromParameter("p")}
    )
    assert sources(bound) == (FromStep("x", "o"), FromParameter("p"))


def test_a_struct_loses_its_escapes_only_when_nothing_is_embedded() -> None:
    assert bind(freeze({"a": ["$${{ x }}", 1]})) == Constant(freeze({"a": ["${{ x }}", 1]}))


def test_one_broken_expression_breaks_the_value() -> None:
    assert bind(freeze(["${{ parameters.p }}", "${{ oops"])) == Broken("${{ oops")


def test_a_step_needs_what_it_reads_and_what_it_follows() -> None:
    found = of(
        "z: {uses: x}",
        "a: {uses: x, with: {i: '${{ steps.z.o }}', j: '${{ steps.gone.o }}'}, after: [m, gone]}",
        "m: {uses: x, env: {E: {secret: '${{ steps.z.o }}', key: k}}}",
    )
    assert {name: step.needs for name, step in found.steps.items()} == {
        "z": (),
        "a": ("m", "z"),
        "m": ("z",),
    }
    assert list(found.steps) == ["z", "a", "m"]
    assert all(step.component is None for step in found.steps.values())
    assert topological(found) == ("z", "m", "a")
    assert cycles(found) == ()


@pytest.mark.parametrize(
    ("steps", "order", "rings"),
    [
        (("a: {uses: x, after: [a]}",), (), (("a",),)),
        (
            (
                "free: {uses: x}",
                "c: {uses: x, after: [b]}",
                "b: {uses: x, with: {i: '${{ steps.a.o }}'}}",
                "a: {uses: x, after: [c]}",
                "behind: {uses: x, after: [a]}",
            ),
            ("free",),
            (("a", "b", "c"),),
        ),
        (
            (
                "a: {uses: x, after: [z, b]}",
                "b: {uses: x, after: [c]}",
                "c: {uses: x, after: [b]}",
                "y: {uses: x, after: [a, y]}",
                "z: {uses: x}",
            ),
            ("z",),
            (("b", "c"), ("y",)),
        ),
    ],
)
def test_every_cycle_is_named(steps: tuple[str, ...], order: object, rings: object) -> None:
    found = of(*steps)
    assert topological(found) == order
    assert cycles(found) == rings


@given(
    edges=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20),
    count=st.integers(1, 8),
)
def test_an_order_or_a_cycle_never_both(edges: set[tuple[int, int]], count: int) -> None:
    after = {n: sorted(f"s{b}" for a, b in edges if a == n and b < count) for n in range(count)}
    found = of(*(f"s{n}: {{uses: x, after: [{', '.join(names)}]}}" for n, names in after.items()))
    order, rings = topological(found), cycles(found)
    for index, name in enumerate(order):
        assert set(found.steps[name].needs) <= set(order[:index])
    assert (len(order) == count) == (rings == ())
    for ring in rings:
        for before, name in zip(ring, (*ring[1:], *ring[:1]), strict=True):
            assert before in found.steps[name].needs
    on_rings = [name for ring in rings for name in ring]
    assert len(set(on_rings)) == len(on_rings)


def test_only_a_pipeline_has_a_graph() -> None:
    text = "{apiVersion: exai.dev/v1alpha1, kind: Project, metadata: {name: p}, spec: {}}"
    (document,), _ = read(text, "p.yaml")
    spec = parse(document)
    assert isinstance(spec, Spec)
    with pytest.raises(TypeError, match="Project/p has no steps"):
        graph(spec, EMPTY)
