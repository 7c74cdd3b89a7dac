"""The part of CEL in which the rules of the CRDs are written (`x-kubernetes-validations`;
cel.dev's language definition, with the strings, lists and URLs of Kubernetes' own library).

In: a rule, the value that it judges, as `self`. Out: whether it holds. What can't be told, because
a value isn't known yet or a word isn't known here, is a CelError: nobody is refused for it. What
the API server itself ends in an error at (a field that isn't there) is a CelFault. The library for
CEL, cel-python, has no word for a value that isn't known yet, and not all of Kubernetes' functions.
"""

from __future__ import annotations

from functools import lru_cache

from exai_compiler.crds.cel_errors import CelError
from exai_compiler.crds.cel_expressions import (
    Expression,
    applied,
    decided,
    has,
    over,
    selected,
    variable,
)
from exai_compiler.crds.cel_numbers import PRODUCTS, SUMS, negative
from exai_compiler.crds.cel_tokens import tokens
from exai_compiler.crds.cel_values import (
    COMPARED,
    FUNCTIONS,
    MACROS,
    METHODS,
    field_of,
    item,
    truth,
)


@lru_cache(maxsize=512)
def compiled(rule: str) -> Expression:
    """Raises CelError for what isn't in this part of the language."""
    return _Reader(rule).whole()


def holds(rule: str, value: object) -> bool:
    """Whether a rule holds of a value. Raises CelError where that can't be told, CelFault where the
    rule has no answer."""
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
            found = decided(found, self.both(), True)
        return found

    def both(self) -> Expression:
        found = self.compared()
        while self.take("&&"):
            found = decided(found, self.compared(), False)
        return found

    def compared(self) -> Expression:
        found = self.sum()
        while how := self.take("==", "!=", "<=", ">=", "<", ">", "in"):
            found = applied(COMPARED[how], found, self.sum())
        return found

    def sum(self) -> Expression:
        found = self.product()
        while how := self.take("+", "-"):
            found = applied(SUMS[how], found, self.product())
        return found

    def product(self) -> Expression:
        found = self.unary()
        while how := self.take("*", "/", "%"):
            found = applied(PRODUCTS[how], found, self.unary())
        return found

    def unary(self) -> Expression:
        if self.take("!"):
            inner = self.unary()
            return lambda scope: not truth(inner(scope))
        if self.take("-"):
            return applied(negative, self.unary())
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
            found = self.asked(found, name) if self.take("(") else selected(found, field_of(name))
        return found

    def asked(self, of: Expression, name: str) -> Expression:
        if name in MACROS:
            one = self.name()
            self.need(",")
            each = self.choice()
            self.need(")")
            return over(name, of, one, each)
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
            return variable(text)
        if text == "has":
            return self.there()
        if text not in FUNCTIONS:
            raise CelError(f"{self.rule}: {text}() isn't known")
        return applied(FUNCTIONS[text], *self.arguments())

    def there(self) -> Expression:
        """`has(a.b)`: whether a field is there, whatever it is."""
        of = variable(self.name())
        while True:
            if self.take("["):
                of = applied(item, of, self.choice())
                self.need("]")
                continue
            self.need(".")
            name = self.name()
            if self.take(")"):
                return has(of, field_of(name))
            of = selected(of, field_of(name))
