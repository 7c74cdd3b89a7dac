"""Blocks of YAML as classes, whose fields are looked at when the first of them is read.

In: a class with annotated fields; a plain value. Out: the class, a frozen value of it. A document
uses few of the blocks that its kind may have, so each is read by a validator of its own, which is
made then. Never: what is wrong in exai's words; `parse` has them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator
from contextvars import ContextVar
from dataclasses import field, fields
from typing import Any, TypeVar, cast, dataclass_transform, get_type_hints

from pydantic import (
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationInfo,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from exai_specs.values import made

T = TypeVar("T")

READING = "reading"
"""The context of a validation whose values were read: null there is a mistake, not an absence."""

_EVERY = "every"
_whole: ContextVar[object] = ContextVar("whole", default=None)
"""The class whose schema is being made, or `_EVERY`: blocks inside it are read by their own."""


def yaml_name(attribute: str) -> str:
    """The YAML key of an attribute: `max_backoff` is `maxBackoff`, `with_` is `with`."""
    first, *others = attribute.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in others)


_CONFIG = ConfigDict(extra="forbid", alias_generator=yaml_name, validate_by_name=True)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def block(cls: type[T]) -> type[T]:
    """Unknown fields are errors, YAML's camelCase is snake_case. What a JSON Schema is to say of
    several fields together its `schema_rules` yields, as `shape_rules` makes them.

    Reading alone checks: a constructor takes values as they are, by the names of attributes.
    """
    found: Any = made(cls, kw_only=True)
    found.__pydantic_config__ = _CONFIG
    found.__get_pydantic_core_schema__ = classmethod(_core_schema)
    found.__get_pydantic_json_schema__ = classmethod(_json_schema)
    return found  # type: ignore[no-any-return]  # what was given


def read(cls: type[T], value: Any) -> T:
    """A block that a document has. Raises pydantic's ValidationError."""
    found: T = _validator(cast(Hashable, cls)).validate_python(value, **_AS_READ)
    return found


def adapter(cls: type[Any]) -> TypeAdapter[Any]:
    """Of a block with all that is inside it, for a JSON Schema."""
    return _made(cls, _EVERY)


_AS_READ: dict[str, Any] = {"context": READING, "by_alias": True, "by_name": False}


def _core_schema(cls: type[Any], source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    whole = _whole.get()
    if whole is cls:
        _whole.set(None)
    elif whole != _EVERY:
        return core_schema.with_info_plain_validator_function(_later(cls))
    return handler(source)


def _json_schema(
    cls: type[Any], schema: CoreSchema, handler: GetJsonSchemaHandler
) -> JsonSchemaValue:
    found = handler(schema)
    if rules := [rule for of in _rules(cls) for rule in of(cls)]:
        handler.resolve_ref_schema(found)["allOf"] = rules
    return found


def _rules(cls: type[Any]) -> Iterator[Callable[[type[Any]], Iterator[Any]]]:
    """Of the class and of those that it extends."""
    for base in cls.__mro__:
        if "schema_rules" in vars(base):
            yield vars(base)["schema_rules"].__func__


def _later(cls: Any) -> Callable[[Any, ValidationInfo], Any]:
    def read(value: Any, info: ValidationInfo) -> Any:
        if info.context == READING:
            return _validator(cls).validate_python(value, **_AS_READ)
        return _validator(cls).validate_python(value, context=info.context)

    return read


@functools.cache
def _validator(cls: Any) -> SchemaValidator:
    _evaluate(cls)
    return _made(cls, cls).validator  # type: ignore[return-value]  # no plug-in wraps it


def _made(cls: type[Any], whole: object) -> TypeAdapter[Any]:
    before = _whole.set(whole)
    try:
        return TypeAdapter(cls)
    finally:
        _whole.reset(before)


def _evaluate(cls: type[Any]) -> None:
    """Fields know their types from now on, so that nobody evaluates an annotation again."""
    types = get_type_hints(cls, include_extras=True)
    for each in fields(cls):
        each.type = types[each.name]
    for base in cls.__mro__:
        known = vars(base).get("__annotations__", {})
        known.update((name, types[name]) for name in known if name in types)
