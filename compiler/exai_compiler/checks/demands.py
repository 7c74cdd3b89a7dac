"""What a value must be, wherever it comes from: said where it is used, judged where it is written.

In: a plain value, a `Demand`. Out: what is wrong with it, with its path below the value; no places
of documents. Never: whether a value is of the declared type of its own place, which others say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, assert_never

from exai_compiler.catalog import Limit
from exai_compiler.checks.invalid_input import outside
from exai_compiler.checks.port_types import NO_FIELD, misfits
from exai_compiler.checks.settings import refused, refused_one
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Span
from exai_specs.expressions import has_expression
from exai_specs.frozen import Json
from exai_specs.parse import Spec
from exai_specs.types import Type
from exai_specs.units import parse_quantity
from exai_specs.values import frozen


@frozen
class Amount:
    """An amount of a resource, as text."""

    resource: str


@frozen
class Has:
    """A struct with this field; `words` is how it is read."""

    field: str
    words: str


@frozen
class Within:
    """What a component takes for an input, beyond its type."""

    port: str
    component: str
    limit: Limit


@frozen
class OneOf:
    """One of the values that a parameter of a pipeline may have."""

    parameter: str
    pipeline: str
    values: tuple[Json, ...]


@frozen
class Typed:
    """Of the type of an input, where what carries it there says nothing of its type."""

    port: str
    type: Type


@frozen
class Setting:
    """What an algorithm of a component that trains takes as one of its parameters; as all of
    them where `name` is ""."""

    component: str
    algorithm: str
    name: str


Rule = Amount | Has | Within | OneOf | Typed | Setting

Key = tuple[object, ...]
"""What tells one demand from another."""

EACH = ""
"""In `Demand.inner`: each item of a list; anything else is a field of a struct."""


class Place(NamedTuple):
    """Where something stands in a document; looked up for what is wrong alone."""

    spec: Spec
    path: Path


Why = tuple[str, Span | Place]
"""Words, and what they are about."""


@frozen
class Demand:
    """`inner` leads from a value to the part that the rule is about; `why` says who asks
    for it."""

    rule: Rule
    inner: tuple[str, ...] = ()
    why: tuple[Why, ...] = ()

    @property
    def key(self) -> Key:
        """The same for those that ask for the same."""
        match self.rule:
            case OneOf(parameter, pipeline):  # which says what the values are
                return OneOf, parameter, pipeline, self.inner
            case Typed(port, type_):  # a struct's fields can't be looked up by
                return Typed, port, str(type_), self.inner
            case rule:
                return rule, self.inner

    @property
    def places(self) -> tuple[tuple[str, Span], ...]:
        """`why` with the places themselves."""
        return tuple(
            (words, at if isinstance(at, Span) else at.spec.at(*at.path)) for words, at in self.why
        )

    def within(self, *outer: str) -> Demand:
        """What it is of the list or struct that the value is a part of."""
        return Demand(self.rule, (*outer, *self.inner), self.why)


class Fault(NamedTuple):
    """What is wrong with the part of a value at a path. `words` go on from a subject, which is
    `subject` where the value stands in a document; they never hold the value, `shown` may.
    `is_key`: it is about the key there.
    """

    path: Path
    code: str
    subject: str
    words: str
    hint: str
    shown: str = ""
    is_key: bool = False


def faults(value: Json, demand: Demand) -> Iterator[Fault]:
    """Everything in a value that a demand refuses."""
    for path, part in _parts(value, demand.inner):
        for fault in _faults(part, demand.rule):
            yield fault._replace(path=(*path, *fault.path))


def _parts(value: Json, inner: tuple[str, ...], path: Path = ()) -> Iterator[tuple[Path, Json]]:
    if not inner:
        yield path, value
    elif inner[0] == EACH:
        for index, each in enumerate(value if isinstance(value, tuple) else ()):
            yield from _parts(each, inner[1:], (*path, index))
    elif isinstance(value, Mapping) and inner[0] in value:
        yield from _parts(value[inner[0]], inner[1:], (*path, inner[0]))


def _faults(value: Json, rule: Rule) -> Iterator[Fault]:
    match rule:
        case Amount(resource):
            yield from _amount(value, resource)
        case Has(field, words):
            if isinstance(value, Mapping) and field not in value:
                said = f"has no `{field}`, which the loop reads as `{words}`"
                yield Fault((), "unknown-reference", "this item", said, f"add `{field}`")
        case Within(port, component, limit):
            if (wrong := outside(value, limit)) is not None:
                what = f"`{port}` of {component}"
                yield Fault((), "invalid-input", what, wrong.words, wrong.hint, wrong.shown)
        case OneOf(parameter, pipeline, values):
            if value is not None and value not in values:
                named = [each for each in values if isinstance(each, str)]
                hint = did_you_mean(str(value), named) if named else ""
                what = f"`{parameter}` of {pipeline}"
                said = "isn't one of the values that it may have"
                hint = hint or "take one of them, or add it there"
                yield Fault((), "wrong-input-type", what, said, hint)
        case Typed(port, type_):
            for path, message, hint in misfits(value, type_):
                what = ".".join((port, *map(str, path)))
                is_key = message == NO_FIELD
                yield Fault(path, "wrong-input-type", f"`{what}`", message, hint, is_key=is_key)
        case Setting(component, algorithm, name):
            found = (
                refused_one(component, algorithm, name, value)
                if name
                else refused(component, algorithm, value)
            )
            for path, subject, words, shown, hint, is_key in found:
                here = path[1:] if name else path
                yield Fault(here, "invalid-input", subject, words, hint, shown, is_key)
        case _:
            assert_never(rule)


def _amount(value: Json, resource: str) -> Iterator[Fault]:
    """Of text alone: what else it is, is told as its type."""
    if not isinstance(value, str) or has_expression(value):
        return
    try:
        parse_quantity(value)
    except ValueError as error:
        yield Fault((), "bad-amount", f'"{value}"', f"is no amount of {resource}", str(error))
