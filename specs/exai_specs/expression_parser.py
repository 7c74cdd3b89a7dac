"""The grammar of LANGUAGE section 6.3, by recursive descent.

In: text and the place after a `${{`. Out: the expression and the place after its `}}`. Never: more
than one look at a character, recursion beyond `MAX_NESTING`, an exception other than
`ExpressionError`.
"""

from __future__ import annotations

from typing import NamedTuple, NoReturn, cast

from exai_specs.expressions import (
    And,
    Compare,
    Comparison,
    Expression,
    ExpressionError,
    Literal,
    Not,
    Or,
    Reference,
)
from exai_specs.regexes import regex

MAX_NESTING = 32

_TOKEN = regex(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<close>\}\})"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*)"
    r"|(?P<number>-?[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<text>'[^'\\\n]*')"
    r"|(?P<operator>==|!=|<=|>=|<|>)"
    r"|(?P<paren>[()])"
)
_NO_QUOTE = "text here can't hold a quote, however written: compare with a parameter that holds it"
_HINTS = {
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`",
    "=": "write `==`",
    '"': f"write text in single quotes: 'setosa'; {_NO_QUOTE}",
    "+": "expressions have no arithmetic; let a step work it out",
    "*": "expressions have no arithmetic; let a step work it out",
    "/": "expressions have no arithmetic; let a step work it out",
    "%": "expressions have no arithmetic; let a step work it out",
    "[": "expressions have no indexing; let a step pick the item",
    "$": "an expression can't hold another one",
    "{": "an expression can't hold another one",
    "}": "close it with `}}`",
}


class Token(NamedTuple):
    """One word of the grammar; `kind` is the group of `_TOKEN`, or `end` when the text ends."""

    kind: str
    text: str
    offset: int


class Parser:
    """Reads one expression. Holds the token ahead, and nothing that outlives `parse`."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        self._position = start
        self._depth = 0
        self._ahead = self._next()

    def parse(self) -> tuple[Expression, int]:
        """The expression, and where the text goes on after its `}}`."""
        if self._ahead.kind == "close":
            self._fail("the expression is empty", hint="write a reference, such as steps.load.data")
        expression = self._or()
        if self._ahead.kind != "close":
            self._unexpected()
        return expression, self._ahead.offset + 2

    def _or(self) -> Expression:
        operands = [self._and()]
        while self._is("or"):
            self._take()
            operands.append(self._and())
        return operands[0] if len(operands) == 1 else Or(tuple(operands), operands[0].offset)

    def _and(self) -> Expression:
        operands = [self._not()]
        while self._is("and"):
            self._take()
            operands.append(self._not())
        return operands[0] if len(operands) == 1 else And(tuple(operands), operands[0].offset)

    def _not(self) -> Expression:
        if not self._is("not"):
            return self._compare()
        self._enter()
        offset = self._take().offset
        operand = self._not()
        self._depth -= 1
        return Not(operand, offset)

    def _compare(self) -> Expression:
        left = self._term()
        if self._ahead.kind != "operator":
            return left
        operator = self._take()
        right = self._term()
        if self._ahead.kind == "operator":
            self._fail("comparisons can't be chained", hint="write `a < b and b < c`")
        return Compare(cast(Comparison, operator.text), left, right, operator.offset)

    def _term(self) -> Expression:
        token = self._ahead
        if token.text == "(":
            self._enter()
            self._take()
            inner = self._or()
            if self._ahead.text != ")":
                self._unexpected("close the parenthesis")
            self._take()
            self._depth -= 1
            return inner
        if token.kind == "name":
            return self._name()
        if token.kind == "number":
            return Literal(self._number(), self._take().offset)
        if token.kind == "text":
            return Literal(self._take().text[1:-1], token.offset)
        return self._unexpected()

    def _name(self) -> Expression:
        token = self._ahead
        parts = tuple(token.text.split("."))
        if parts[0] in ("true", "false") and len(parts) == 1:
            return Literal(self._take().text == "true", token.offset)
        if parts[0] == "null":
            self._fail("there is no null in expressions", hint="give the parameter a default")
        if parts[0] in ("and", "or", "not", "true", "false", "in"):
            self._unexpected()
        self._take()
        if self._ahead.text == "(":
            self._fail("expressions have no functions", hint="let a step work it out")
        return Reference(parts, token.offset)

    def _number(self) -> int | float:
        text = self._ahead.text
        if len(text) > 18:
            self._fail("the number is too long", hint="write at most 17 digits")
        return float(text) if "." in text else int(text)

    def _is(self, keyword: str) -> bool:
        return self._ahead.kind == "name" and self._ahead.text == keyword

    def _take(self) -> Token:
        token = self._ahead
        self._ahead = self._next()
        return token

    def _next(self) -> Token:
        text = self._text
        while True:
            match = _TOKEN.match(text, self._position)
            if not match and self._position == len(text):
                return Token("end", "", self._position)
            if not match:
                self._stray(self._position)
            offset, self._position = match.span()
            kind = match.lastgroup or ""
            if kind == "space":
                continue
            if kind in ("name", "number", "text"):
                self._check_after(kind, match[0])
            return Token(kind, match[0], offset)

    def _check_after(self, kind: str, word: str) -> None:
        """What may not follow a word directly: another word, a dot, an exponent."""
        following = self._text[self._position : self._position + 1]
        if following == ".":
            self._fail(
                "a name must follow the dot" if kind == "name" else "a digit must follow the dot",
                self._position,
                "write references without spaces, such as steps.load.data",
            )
        if kind == "number" and following in ("e", "E"):
            self._fail("numbers have no exponent", self._position, "write the number out")
        if following and (following.isalnum() or following in "_'"):
            hint = _NO_QUOTE if kind == "text" else ""
            self._fail(f"unexpected `{following}` after {word[:40]}", self._position, hint)

    def _stray(self, offset: int) -> NoReturn:
        character = self._text[offset]
        if character == "'":
            self._fail(
                "the text isn't closed",
                offset,
                "close it with a single quote; text here can't hold quotes, backslashes or line "
                "breaks: compare with a parameter that holds them",
            )
        if character == "-":
            hint = "expressions have no arithmetic; a minus stands directly before a digit"
            self._fail("unexpected `-`", offset, hint)
        hint = _HINTS.get(character, "")
        if self._text[offset : offset + 2] in ("=>", "=<"):
            hint = f"write `{self._text[offset + 1]}=`"
        self._fail(f"unexpected `{character}`", offset, hint)

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_NESTING:
            self._fail(f"the expression is nested more than {MAX_NESTING} deep")

    def _unexpected(self, hint: str = "") -> NoReturn:
        token = self._ahead
        if token.kind == "end":
            self._fail("the expression isn't closed", self._start - 3, "close it with `}}`")
        if token.kind == "close":
            self._fail("the expression ends too early", token.offset, hint)
        self._fail(f"unexpected `{token.text[:40]}`", token.offset, hint)

    def _fail(self, message: str, offset: int | None = None, hint: str = "") -> NoReturn:
        raise ExpressionError(message, self._ahead.offset if offset is None else offset, hint)
