"""What a field refuses: as many problems as a file may tell, and one more."""

from __future__ import annotations

from exai_specs.diagnostics import MAX_IN_FILE
from exai_specs.fields import Problem, refuse


def test_a_million_problems_of_one_field_are_not_kept() -> None:
    problems = tuple(Problem("invalid-value", f"{index}") for index in range(MAX_IN_FILE + 50))
    context = refuse(*problems).context
    assert context is not None
    assert context["problems"] == problems[: MAX_IN_FILE + 1]


def test_fewer_are_all_kept() -> None:
    problem = Problem("invalid-value", "no")
    assert refuse(problem).context == {"problems": (problem,)}
