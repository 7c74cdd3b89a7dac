"""`wrong-condition`: an `if` that isn't true or false, or compares what can't be compared (LANGUAGE
section 6.3).

Text compares with text, numbers with numbers, booleans by `==` and `!=`; lists, structs and files
never. The kfp SDK silently turns one into the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.port_types import describe
from exai_compiler.checks.subject import Subject
from exai_compiler.graph import Condition, FromRun, FromStatus, Graph, source_type
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import And, Compare, Expression, Literal, Not, Or, Reference
from exai_specs.types import Scalar, Type

NUMBERS = ("integer", "double")
BOOLEAN = Scalar("boolean")
Wrong = tuple[Expression, str, str]  # where, what is wrong, a hint


def check(subject: Subject) -> Iterator[Diagnostic]:
    for graph in subject.graphs.values():
        spec = subject.project.specs[graph.pipeline]
        for field in subject.reads[graph.pipeline.name].fields:
            if isinstance(field.binding, Condition):
                for where, message, hint in _boolean(
                    graph, field.binding, field.binding.expression
                ):
                    at = spec.document.at(field.path, where.offset)
                    yield Diagnostic("wrong-condition", message, at, hint=hint)


def _boolean(graph: Graph, condition: Condition, expression: Expression) -> Iterator[Wrong]:
    """What is wrong where true or false is wanted."""
    match expression:
        case Reference() | Literal():
            found = _type(graph, condition, expression)
            yield from _of_the_run(condition, expression)
            if found is not None and found != BOOLEAN and not _is_run(condition, expression):
                message = f"`{_shown(expression)}` is {describe(found)}, neither true nor false"
                yield expression, message, "compare it with something"
        case Compare():
            yield from _compare(graph, condition, expression)
        case Not(operand):
            yield from _boolean(graph, condition, operand)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from _boolean(graph, condition, operand)


def _compare(graph: Graph, condition: Condition, compare: Compare) -> Iterator[Wrong]:
    sides = (compare.left, compare.right)
    for side in sides:
        if isinstance(side, Reference | Literal):
            yield from _of_the_run(condition, side)
        else:
            yield from _boolean(graph, condition, side)
    types = tuple(_type(graph, condition, side) for side in sides)
    left, right = types
    if left is None or right is None or any(_is_run(condition, side) for side in sides):
        return
    for side, found in zip(sides, types, strict=True):
        if str(found) not in (*NUMBERS, "string", "boolean"):
            message = f"`{_shown(side)}` is {describe(found or BOOLEAN)}, which can't be compared"
            yield compare, message, "let a step work out what is to be compared"
            return
    if str(left) in NUMBERS and str(right) in NUMBERS:
        return
    if left != right:
        message = f"{describe(left)} can't be compared with {describe(right)}"
        yield compare, message, "compare text with text and numbers with numbers"
    elif left == BOOLEAN and compare.operator not in ("==", "!="):
        yield compare, "true isn't more or less than false", "write `==` or `!=`"


def _of_the_run(condition: Condition, side: Expression) -> Iterator[Wrong]:
    if _is_run(condition, side):
        message = f"`{_shown(side)}` isn't known where conditions are decided"
        yield side, message, "give it to a step, and compare the step's output"


def _is_run(condition: Condition, side: Expression) -> bool:
    source = condition.sources.get(str(side)) if isinstance(side, Reference) else None
    return isinstance(source, FromRun | FromStatus)


def _type(graph: Graph, condition: Condition, side: Expression) -> Type | None:
    match side:
        case Reference():
            return source_type(graph, condition.sources[str(side)])
        case Literal(bool()):
            return BOOLEAN
        case Literal(int()):
            return Scalar("integer")
        case Literal(float()):
            return Scalar("double")
        case Literal():
            return Scalar("string")
        case _:
            return BOOLEAN


def _shown(expression: Expression) -> str:
    match expression:
        case Reference():
            return str(expression)
        case Literal(value):
            return f"'{value}'" if isinstance(value, str) else str(value).lower()
        case _:
            return "( )"
