"""What is wrong in a Python file, as a value. In: a code, a message, a place. Out: a `Problem`."""

from __future__ import annotations

from exai_specs.values import frozen, replace


@frozen
class Problem:
    """What is wrong in a Python file. Lines and columns count from 1."""

    code: str
    message: str
    line: int
    column: int
    hint: str = ""


def in_characters(problem: Problem, lines: list[str]) -> Problem:
    """Python counts the columns of a tree in bytes of UTF-8."""
    line = lines[problem.line - 1] if problem.line <= len(lines) else ""
    before = line.encode()[: problem.column - 1].decode(errors="replace")
    return replace(problem, column=len(before) + 1)
