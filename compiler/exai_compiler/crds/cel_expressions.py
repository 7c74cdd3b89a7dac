"""What the reader makes of a rule in CEL (see `cel`): expressions, which have a value in a scope.

In: expressions, names. Out: one expression. Reads no rule. What can't be told, and what has no
answer, goes through as an error, unless the rest of the expression decides without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from exai_compiler.crds.cel_errors import CelError, weightier
from exai_compiler.crds.cel_values import (
    MACROS,
    called,
    known,
    mapping,
    of_key,
    truth,
)

Scope = Mapping[str, Any]
Expression = Callable[[Scope], Any]


def applied(how: Callable[..., Any], *of: Expression) -> Expression:
    return lambda scope: called(how, [each(scope) for each in of])


def variable(name: str) -> Expression:
    def evaluate(scope: Scope) -> Any:
        if name not in scope:
            raise CelError(f"{name} isn't there")
        return known(scope[name])

    return evaluate


def selected(of: Expression, field: str) -> Expression:
    return lambda scope: of_key(mapping(of(scope)), field)


def has(of: Expression, field: str) -> Expression:
    return lambda scope: field in mapping(of(scope))


def decided(left: Expression, right: Expression, by: bool) -> Expression:
    """`||` by a true, `&&` by a false: then what can't be told on the other side doesn't matter."""

    def evaluate(scope: Scope) -> bool:
        errors = []
        for side in (left, right):
            try:
                if truth(side(scope)) is by:
                    return by
            except CelError as error:
                errors.append(error)
        if errors:
            raise weightier(errors)
        return not by

    return evaluate


def over(macro: str, of: Expression, name: str, each: Expression) -> Expression:
    """A macro: what is said of every item of a list, or key of a mapping, which may be an error."""

    def evaluate(scope: Scope) -> Any:
        items = of(scope)
        if not isinstance(items, Mapping | tuple):
            raise CelError(f"{type(items).__name__} has no items")
        said: list[tuple[Any, Any]] = []
        for one in items:
            try:
                said.append((one, each({**scope, name: one})))
            except CelError as error:
                said.append((one, error))
        return MACROS[macro](said)

    return evaluate
