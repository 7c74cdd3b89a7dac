"""The part of CEL in which the rules of the CRDs are written (`x-kubernetes-validations`;
cel.dev's language definition, with the strings, lists and URLs of Kubernetes' own library).

In: a rule, the value that it judges, as `self`. Out: whether it holds. What can't be told, because
a value isn't known yet or isn't there, is a CelError: nobody is refused for it. The library for
CEL, cel-python, has no word for a value that isn't known yet, and not all of Kubernetes' functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from exai_compiler.crds.cel_tokens import tokens
from exai_compiler.crds.cel_values import (
    COMPARED,
    FUNCTIONS,
    MACROS,
    METHODS,
    SUMS,
    CelError,
    called,
    field_of,
    item,
    known,
    mapping,
    truth,
)

Scope = Mapping[str, Any]
Expression = Callable[[Scope], Any]


@lru_cache(maxsize=512)
def compiled(rule: str) -> Expression:
    """Raises CelError for what isn't in this part of the language."""
    return _Reader(rule).whole()


def holds(rule: str, value: object) -> bool:
    """Whether a rule holds of a value. Raises CelError where that can't be told."""
    found = compiled(rule)({"self": value})
    if not isinstance(found, bool):
        raise CelError(f"{rule} is neither true nor false")
    return found


class _Reader:
    """Reads one rule, the loosest operators first."""

    def __init__(self, rule: str) -> None:
        self.rule, self.tokens, self.at = rule, list(tokens(rule)), 0

    def whole(self) -> Expression:
        found = self.choice()
        if self.at < len(self.tokens):
            raise CelError(f"{self.rule}: nothing is expected at {self.tokens[self.at][1]}")
        return found

    def take(self, *texts: str) -> str:
        """The next token if it is one of these operators or words; "" otherwise."""
        if self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            if kind != "text" and text in texts:
                self.at += 1
                return text
        return ""

    def need(self, text: str) -> None:
        if not self.take(text):
            raise CelError(f"{self.rule}: {text} is expected")

    def choice(self) -> Expression:
        condition = self.either()
        if not self.take("?"):
            return condition
        then = self.either()
        self.need(":")
        otherwise = self.choice()
        return lambda scope: (then if truth(condition(scope)) else otherwise)(scope)

    def either(self) -> Expression:
        found = self.both()
        while self.take("||"):
            found = _decided(found, self.both(), True)
        return found

    def both(self) -> Expression:
        found = self.compared()
        while self.take("&&"):
            found = _decided(found, self.compared(), False)
        return found

    def compared(self) -> Expression:
        found = self.sum()
        while how := self.take("==", "!=", "<=", ">=", "<", ">", "in"):
            found = applied(COMPARED[how], found, self.sum())
        return found

    def sum(self) -> Expression:
        found = self.unary()
        while how := self.take("+", "-"):
            found = applied(SUMS[how], found, self.unary())
        return found

    def unary(self) -> Expression:
        if self.take("!"):
            inner = self.unary()
            return lambda scope: not truth(inner(scope))
        return self.part()

    def part(self) -> Expression:
        """A value with what is selected of it and asked of it."""
        found = self.value()
        while how := self.take(".", "["):
            if how == "[":
                found = applied(item, found, self.choice())
                self.need("]")
                continue
            name = self.name()
            found = self.asked(found, name) if self.take("(") else _selected(found, field_of(name))
        return found

    def asked(self, of: Expression, name: str) -> Expression:
        if name in MACROS:
            variable = self.name()
            self.need(",")
            each = self.choice()
            self.need(")")
            return _over(name, of, variable, each)
        arguments = self.arguments()
        if name not in METHODS:
            raise CelError(f"{self.rule}: {name}() isn't known")
        return applied(METHODS[name], of, *arguments)

    def arguments(self) -> list[Expression]:
        found: list[Expression] = []
        while not self.take(")"):
            found.append(self.choice())
            self.take(",")
        return found

    def name(self) -> str:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "word":
            self.at += 1
            return self.tokens[self.at - 1][1]
        raise CelError(f"{self.rule}: a name is expected")

    def value(self) -> Expression:
        if self.take("("):
            found = self.choice()
            self.need(")")
            return found
        if self.take("["):
            items: list[Expression] = []
            while not self.take("]"):
                items.append(self.choice())
                self.take(",")
            return lambda scope: tuple(each(scope) for each in items)
        if self.at == len(self.tokens):
            raise CelError(f"{self.rule}: it ends too early")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "text":
            return lambda _: text
        if kind == "number":
            number = float(text) if "." in text else int(text)
            return lambda _: number
        if text in ("true", "false"):
            return lambda _: text == "true"
        if kind != "word":
            raise CelError(f"{self.rule}: {text} is no value")
        if not self.take("("):
            return _variable(text)
        if text == "has":
            return self.there()
        if text not in FUNCTIONS:
            raise CelError(f"{self.rule}: {text}() isn't known")
        return applied(FUNCTIONS[text], *self.arguments())

    def there(self) -> Expression:
        """`has(a.b)`: whether a field is there, whatever it is."""
        of = _variable(self.name())
        while True:
            if self.take("["):
                of = applied(item, of, self.choice())
                self.need("]")
                continue
            self.need(".")
            name = self.name()
            if self.take(")"):
                return _has(of, field_of(name))
            of = _selected(of, field_of(name))


def applied(how: Callable[..., Any], *of: Expression) -> Expression:
    return lambda scope: called(how, [each(scope) for each in of])


def _variable(name: str) -> Expression:
    def evaluate(scope: Scope) -> Any:
        if name not in scope:
            raise CelError(f"{name} isn't there")
        return known(scope[name])

    return evaluate


def _selected(of: Expression, field: str) -> Expression:
    def evaluate(scope: Scope) -> Any:
        found = mapping(of(scope))
        if field not in found:
            raise CelError(f"{field} isn't there")
        return known(found[field])

    return evaluate


def _has(of: Expression, field: str) -> Expression:
    return lambda scope: field in mapping(of(scope))


def _decided(left: Expression, right: Expression, by: bool) -> Expression:
    """`||` by a true, `&&` by a false: then what can't be told on the other side doesn't matter."""

    def evaluate(scope: Scope) -> bool:
        try:
            if truth(left(scope)) is by:
                return by
        except CelError:
            if truth(right(scope)) is by:
                return by
            raise
        return truth(right(scope))

    return evaluate


def _over(macro: str, of: Expression, variable: str, each: Expression) -> Expression:
    """A macro: what is said of every item of a list, or key of a mapping, which may be an error."""

    def evaluate(scope: Scope) -> Any:
        items = of(scope)
        if not isinstance(items, Mapping | tuple):
            raise CelError(f"{type(items).__name__} has no items")
        said: list[tuple[Any, Any]] = []
        for one in items:
            try:
                said.append((one, each({**scope, variable: one})))
            except CelError as error:
                said.append((one, error))
        return MACROS[macro](said)

    return evaluate
