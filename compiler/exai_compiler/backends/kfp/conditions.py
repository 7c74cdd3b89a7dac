"""`if` as the condition of KFP's trigger policy (LANGUAGE section 6.3).

In: bound conditions. Out: CEL, as the SDK writes it (`_single_binary_operation_to_cel_condition` in
kfp/compiler/pipeline_spec_builder.py). KFP keeps numbers as doubles: integers are cast to be
compared with integers; against a double there is no cast, and a literal gets a decimal point.
"""

from __future__ import annotations

from typing import assert_never

from exai_compiler.backends.kfp.channels import carried, channel
from exai_compiler.graph import Condition, Graph, source_type
from exai_specs.expressions import (
    And,
    Compare,
    Expression,
    Literal,
    Not,
    Or,
    Reference,
)


def condition_of(graph: Graph, condition: Condition, *earlier: Condition) -> str:
    """The condition of a way that is taken when it is true and no earlier one is."""
    own = _text(graph, condition, condition.expression)
    if earlier and isinstance(condition.expression, Or):
        own = f"({own})"
    return " && ".join((*_none_of(graph, earlier), own))


def otherwise(graph: Graph, earlier: tuple[Condition, ...]) -> str:
    """The condition of the way that is taken when no other is."""
    return " && ".join(_none_of(graph, earlier))


def _none_of(graph: Graph, conditions: tuple[Condition, ...]) -> tuple[str, ...]:
    return tuple(f"!({_text(graph, each, each.expression)})" for each in conditions)


def _text(graph: Graph, condition: Condition, expression: Expression) -> str:
    match expression:
        case Reference():
            return f"{_value(condition, expression)} == true"
        case Literal(value):
            return _literal(value)
        case Compare(operator, left, right):
            types = _type(graph, condition, left), _type(graph, condition, right)
            exact = "double" not in types
            sides = (_side(graph, condition, side, exact) for side in (left, right))
            return f" {operator} ".join(sides)
        case Not(operand):
            return f"!({_text(graph, condition, operand)})"
        case And(operands):
            return " && ".join(_inner(graph, condition, each) for each in operands)
        case Or(operands):
            return " || ".join(_inner(graph, condition, each) for each in operands)
    assert_never(expression)


def _inner(graph: Graph, condition: Condition, expression: Expression) -> str:
    text = _text(graph, condition, expression)
    return f"({text})" if isinstance(expression, And | Or) else text


def _side(graph: Graph, condition: Condition, side: Expression, exact: bool) -> str:
    match side:
        case Reference():
            text = _value(condition, side)
            is_whole = _type(graph, condition, side) == "integer"
            return f"int({text})" if is_whole and exact else text
        case Literal(bool() as value):
            return _literal(value)
        case Literal(int() as value):
            return str(value) if exact else f"{value}.0"
        case Literal(value):
            return _literal(value)
        case _:
            return f"({_text(graph, condition, side)})"


def _literal(value: bool | int | float | str) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}'"
        case _:
            return repr(value)


def _value(condition: Condition, reference: Reference) -> str:
    (source,) = carried((condition.sources[str(reference)],))
    return f"inputs.parameter_values['{channel(source)}']"


def _type(graph: Graph, condition: Condition, side: Expression) -> str:
    match side:
        case Reference():
            return str(source_type(graph, condition.sources[str(side)]))
        case Literal(bool()):
            return "boolean"
        case Literal(int()):
            return "integer"
        case Literal(float()):
            return "double"
        case _:
            return ""
