"""A ring of many, told shortly."""

from __future__ import annotations

from exai_compiler.checks.rings import MOST, told
from exai_specs.diagnostics import Diagnostic, Span


def ring_of(size: int) -> tuple[Diagnostic, int]:
    asked = 0

    def edge(one: str, other: str) -> tuple[str, Span]:
        nonlocal asked
        asked += 1
        return f"`{other}` waits for `{one}`", Span("a.yaml", asked)

    names = [f"s{number}" for number in range(size)]
    return told("step-cycle", "alone", "together", names, edge, "hint"), asked


def test_a_ring_of_thousands_names_its_first_ones_and_how_many_more() -> None:
    problem, asked = ring_of(3000)
    assert asked == len(problem.related) == MOST
    assert problem.message.endswith("`s9` -> 2990 more -> `s0`")
    assert len(problem.message) < 200


def test_a_ring_that_fits_is_told_whole() -> None:
    problem, asked = ring_of(MOST)
    assert asked == MOST
    assert problem.message == "together: " + " -> ".join(
        f"`s{number % MOST}`" for number in range(MOST + 1)
    )
