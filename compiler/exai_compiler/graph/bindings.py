"""What a value or a condition in a pipeline is bound to.

In: plain values as documents hold them, and the items of the loops around them. Out: bindings.
Judges nothing: what doesn't parse is `Broken`, and the checks say so with its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import assert_never

from exai_specs.expressions import (
    Expression,
    ExpressionError,
    Reference,
    has_expression,
    is_whole,
    parse_text,
    references_of,
)
from exai_specs.frozen import Json
from exai_specs.values import frozen


@frozen
class Constant:
    """A plain value."""

    value: Json


@frozen
class FromParameter:
    """The whole value is `${{ parameters.NAME }}`."""

    name: str


@frozen
class FromArtifact:
    """The whole value is `${{ artifacts.NAME }}`: a file that the calling pipeline gives."""

    name: str


@frozen
class FromStep:
    """The whole value is `${{ steps.STEP.OUTPUT }}`."""

    step: str
    output: str


@frozen
class FromItem:
    """The whole value is `${{ NAME }}` or `${{ NAME.FIELD }}`: the item of the loop that the step
    or group `loop` makes, or one field of it.
    """

    loop: str
    name: str
    field: str = ""


@frozen
class FromRun:
    """The whole value is `${{ run.NAME }}`."""

    name: str


@frozen
class FromStatus:
    """The whole value is `${{ status }}`: how the steps before `finally` ended."""


@frozen
class Composed:
    """A value with references inside: text around `${{ }}`, or a list or struct that holds some.

    `value` is as written; `sources` are the references in it, by their text inside `${{ }}`.
    """

    value: Json
    sources: Mapping[str, Source]


@frozen
class Broken:
    """An expression that doesn't parse, or isn't allowed here: the checks explain it."""

    text: str


@frozen
class Condition:
    """The `if` of a step, a group or a branch; `sources` by their text inside `${{ }}`."""

    text: str
    expression: Expression
    sources: Mapping[str, Source]


Source = FromParameter | FromArtifact | FromStep | FromItem | FromRun | FromStatus
Binding = Constant | Source | Composed | Broken

Items = Mapping[str, str]
"""The items in scope: what each is called, and the step or group whose loop gives it."""

NO_ITEMS: Items = MappingProxyType({})


def bind(value: Json, items: Items = NO_ITEMS) -> Binding:
    """What a value is bound to.

    A Constant has lost the escapes of a literal `${{`; a Composed value is still as written.
    """
    if type(value) is str and not items:
        return _outside_loops(value) if "${{" in value else Constant(value)
    return _bound(value, items)


@lru_cache(maxsize=8192)
def _outside_loops(text: str) -> Binding:
    """What a text is bound to there: steps of one pipeline and the next are called alike."""
    return _bound(text, NO_ITEMS)


def _bound(value: Json, items: Items) -> Binding:
    if not _has_expression(value):
        return Constant(value)
    found: dict[str, Source] = {}
    for text in _strings(value):
        try:
            parts = parse_text(text).parts
        except ExpressionError:
            return Broken(text)
        for part in parts:
            if isinstance(part, str):
                continue
            reference = part.expression
            if (
                not isinstance(reference, Reference)
                or (source := source_of(reference, items)) is None
            ):
                return Broken(text)
            if text is value and len(parts) == 1:
                return source
            found[str(reference)] = source
    return Composed(value, MappingProxyType(found)) if found else Constant(_unescaped(value))


def bind_condition(text: str, items: Items = NO_ITEMS) -> Condition | Broken:
    """What an `if` says: exactly one `${{ }}`, every reference of which has a root."""
    try:
        parsed = parse_text(text)
    except ExpressionError:
        return Broken(text)
    if not is_whole(parsed):
        return Broken(text)
    expression = parsed.expressions[0].expression
    found: dict[str, Source] = {}
    for reference in references_of(expression):
        if (source := source_of(reference, items)) is None:
            return Broken(text)
        found[str(reference)] = source
    return Condition(text, expression, MappingProxyType(found))


def sources(binding: Binding | Condition | None) -> tuple[Source, ...]:
    """Everything that a value or a condition comes from, in the order of its text."""
    # The usual cases first: this is asked of every input of every step.
    if isinstance(binding, Constant):
        return ()
    if isinstance(binding, FromStep):
        return (binding,)
    match binding:
        case FromParameter() | FromArtifact() | FromItem() | FromRun() | FromStatus():
            return (binding,)
        case Composed() | Condition():
            return tuple(binding.sources.values())
        case Broken() | None:
            return ()
    assert_never(binding)


def source_of(reference: Reference, items: Items) -> Source | None:
    """What a reference names; None for a root that there isn't, or too few or many names."""
    match reference.parts:
        case ("parameters", name):
            return FromParameter(name)
        case ("artifacts", name):
            return FromArtifact(name)
        case ("steps", step, output):
            return FromStep(step, output)
        case ("run", name):
            return FromRun(name)
        case ("status",):
            return FromStatus()
        case (name,) if name in items:
            return FromItem(items[name], name)
        case (name, field) if name in items:
            return FromItem(items[name], name, field)
    return None


_NUMBERS = frozenset({bool, int, float, type(None)})


def _has_expression(value: Json) -> bool:
    if isinstance(value, str):
        return has_expression(value)
    if type(value) in _NUMBERS:
        return False
    if isinstance(value, tuple):
        return any(map(_has_expression, value))
    return isinstance(value, Mapping) and any(map(_has_expression, value.values()))


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _strings(item)
    elif type(value) not in _NUMBERS and isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)


def _unescaped(value: Json) -> Json:
    if isinstance(value, str):
        return parse_text(value).literal
    if isinstance(value, Mapping):
        return MappingProxyType({key: _unescaped(item) for key, item in value.items()})
    if isinstance(value, tuple):
        return tuple(_unescaped(item) for item in value)
    return value
