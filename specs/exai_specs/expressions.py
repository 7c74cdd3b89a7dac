"""`${{ ... }}` in a value: text, references and conditions (LANGUAGE section 6.3).

In: the text of one value. Out: its parts as frozen trees whose offsets count characters of that
text. Never: what a reference means, or an exception other than `ExpressionError`.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Literal as OneOf

from exai_specs.values import frozen

OPEN, CLOSE, ESCAPED = "${{", "}}", "$${{"

RESERVED = frozenset(("and", "or", "not", "true", "false", "null", "in")).union(
    ("parameters", "artifacts", "steps", "inputs", "outputs", "run", "status", "trial")
)
"""Words that a loop can't use as the name of its item."""

Comparison = OneOf["==", "!=", "<", "<=", ">", ">="]


class ExpressionError(ValueError):
    """What is wrong and at which character of the value; `hint` says what to write."""

    def __init__(self, message: str, offset: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint


@frozen
class Reference:
    """`steps.train.model`: names joined by dots. `str()` is as written."""

    parts: tuple[str, ...]
    offset: int

    def __str__(self) -> str:
        return ".".join(self.parts)


@frozen
class Literal:
    """A number, boolean or text."""

    value: bool | int | float | str
    offset: int


@frozen
class Compare:
    """One comparison; `offset` is the operator's."""

    operator: Comparison
    left: Expression
    right: Expression
    offset: int


@frozen
class Not:
    """The opposite of its operand."""

    operand: Expression
    offset: int


@frozen
class And:
    """True when all of two or more operands are."""

    operands: tuple[Expression, ...]
    offset: int


@frozen
class Or:
    """True when one of two or more operands is."""

    operands: tuple[Expression, ...]
    offset: int


Expression = Reference | Literal | Compare | Not | And | Or


@frozen
class Embedded:
    """One `${{ expression }}`: from `offset`, where `${{` starts, to `end`, after `}}`."""

    expression: Expression
    offset: int
    end: int


@frozen
class Text:
    """A value's parts in order; plain text has its `$${{` already turned into `${{`."""

    parts: tuple[str | Embedded, ...]

    @property
    def expressions(self) -> tuple[Embedded, ...]:
        """The embedded ones alone."""
        return tuple(part for part in self.parts if isinstance(part, Embedded))

    @property
    def literal(self) -> str | None:
        """The text itself when nothing is embedded in it."""
        return None if self.expressions else "".join(str(part) for part in self.parts)


@lru_cache(maxsize=8192)
def parse_text(text: str) -> Text:
    """The parts of a value. Raises ExpressionError. Takes time in proportion to the text."""
    from exai_specs.expression_parser import Parser

    parts: list[str | Embedded] = []
    plain, position = "", 0
    while True:
        opened = text.find(OPEN, position)
        if opened < 0:
            break
        if opened > position and text[opened - 1] == "$":
            plain += text[position : opened - 1] + OPEN
            position = opened + len(OPEN)
            continue
        plain += text[position:opened]
        if plain:
            parts.append(plain)
            plain = ""
        expression, position = Parser(text, opened + len(OPEN)).parse()
        parts.append(Embedded(expression, opened, position))
    plain += text[position:]
    if plain:
        parts.append(plain)
    return Text(tuple(parts))


def has_expression(text: str) -> bool:
    """Whether there is anything to parse or to unescape in it: cheap, for most values say no."""
    return OPEN in text


def is_whole(text: Text) -> bool:
    """Exactly one expression and nothing around it: the value has the expression's type."""
    return len(text.parts) == 1 and isinstance(text.parts[0], Embedded)


def references(text: Text) -> tuple[Reference, ...]:
    """Every reference in it, as they stand."""
    found: list[Reference] = []
    for part in text.expressions:
        found += references_of(part.expression)
    return tuple(found)


def references_of(expression: Expression) -> tuple[Reference, ...]:
    """Every reference in an expression, from left to right."""
    match expression:
        case Reference():
            return (expression,)
        case Literal():
            return ()
        case Compare(left=left, right=right):
            return references_of(left) + references_of(right)
        case Not(operand=operand):
            return references_of(operand)
        case And(operands=operands) | Or(operands=operands):
            return tuple(found for operand in operands for found in references_of(operand))


_HALVES = (("{{", "}}"), ("$ {{", "}}"), ("${{", "}"), ("${", "}"), ("$(", ")"), ("{", "}"))
_NAMED = frozenset({"parameters", "artifacts", "steps", "inputs", "outputs", "run", "trial"})


def half_written(text: str, items: Collection[str] = ()) -> str:
    """The whole expression that a text with other brackets was meant to be: `{{ steps.a.b }}`,
    `${ steps.a.b }`; "" for what may be anything else.

    Only what names something below one of the language's roots, or below an item of a loop: nobody
    means that as text.
    """
    stripped = text.strip()
    for opens, closes in _HALVES:
        inner = stripped[len(opens) : -len(closes)]
        if f"{opens}{inner}{closes}" != stripped or "{" in inner or "}" in inner:
            continue
        try:
            found = references(parse_text(f"{OPEN} {inner.strip()} {CLOSE}"))
        except ExpressionError:
            continue
        roots = _NAMED.union(items)
        if found and all(each.parts[0] in roots and len(each.parts) > 1 for each in found):
            return f"{OPEN} {inner.strip()} {CLOSE}"
    return ""
