"""The conditions of an IR, decided here: KFP's local runner rewrites them as Python text, which a
value with `'` or `&&` in it breaks.

In: what the compiler renders (CEL: comparisons of inputs and literals, `int( )`, `&&`, `||`,
`!( )`), and values by input. Out: true or false. Raises ValueError for anything else.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from exai_specs.regexes import regex

_TOKEN = regex(
    r"\s*(?:inputs\.parameter_values\['(?P<input>[^']+)'\]"
    r"|'(?P<text>[^']*)'"
    r"|(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)"
    r"|(?P<word>true|false|int)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|<|>|!|\(|\))"
    r"|(?P<end>$))"
)
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def is_true(condition: str, values: Mapping[str, Any]) -> bool:
    """Whether a condition holds."""
    return bool(_Reader(condition, values).whole())


class _Reader:
    """Reads a condition once from left to right, and works it out as it goes."""

    def __init__(self, text: str, values: Mapping[str, Any]) -> None:
        self._text = text
        self._values = values
        self._position = 0
        self._ahead = self._next()

    def whole(self) -> Any:
        found = self._either()
        if self._ahead[0] != "end":
            raise ValueError(f"this condition can't be read: {self._text}")
        return found

    def _either(self) -> Any:
        found = self._both()
        while self._takes("||"):
            other = self._both()
            found = bool(found) or bool(other)
        return found

    def _both(self) -> Any:
        found = self._compared()
        while self._takes("&&"):
            other = self._compared()
            found = bool(found) and bool(other)
        return found

    def _compared(self) -> Any:
        left = self._single()
        kind, sign = self._ahead
        if kind != "sign" or sign not in _COMPARISONS:
            return left
        self._ahead = self._next()
        return _COMPARISONS[sign](left, self._single())

    def _single(self) -> Any:
        if self._takes("!"):
            return not self._single()
        if self._takes("("):
            found = self._either()
            self._wants(")")
            return found
        kind, text = self._ahead
        self._ahead = self._next()
        match kind, text:
            case "input", name:
                return self._values[name]
            case "text", literal:
                return literal
            case "number", digits:
                return float(digits)
            case "word", "int":
                self._wants("(")
                found = int(self._either())
                self._wants(")")
                return found
            case "word", word:
                return word == "true"
        raise ValueError(f"this condition can't be read: {self._text}")

    def _takes(self, sign: str) -> bool:
        if self._ahead != ("sign", sign):
            return False
        self._ahead = self._next()
        return True

    def _wants(self, sign: str) -> None:
        if not self._takes(sign):
            raise ValueError(f"this condition can't be read: {self._text}")

    def _next(self) -> tuple[str, str]:
        found = _TOKEN.match(self._text, self._position)
        if found is None or found.lastgroup is None:
            raise ValueError(f"this condition can't be read: {self._text}")
        self._position = found.end()
        return found.lastgroup, found[found.lastgroup]
