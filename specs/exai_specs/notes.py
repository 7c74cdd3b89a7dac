"""What is noted on a field's type, or marks a method of a block: limits, checks, descriptions.

In: what pydantic's notes of the same names take. Out: values that pydantic's JSON Schemas and
exai's reader both ask. Never: pydantic itself, whose import takes as long as exai's own; only who
makes a JSON Schema needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from exai_specs import core_schema
from exai_specs.frozen import empty
from exai_specs.values import frozen

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

M = TypeVar("M", bound=Callable[..., Any])

_MARK = "__exai_checks__"


@frozen
class Strict:
    """No value of another type is made one of this."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return {**handler(source), "strict": True}


@frozen
class AfterValidator:
    """A function that gets the value, and gives it back or refuses it."""

    func: Callable[[Any], Any]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.func, handler(source))


@frozen
class FieldNote:
    """Limits by the names that core schemas have, another YAML key, what a JSON Schema says."""

    limits: Mapping[str, Any]
    told: Mapping[str, Any]
    alias: str = ""

    __eq__, __hash__ = object.__eq__, object.__hash__  # examples may be lists

    @property
    def description(self) -> str:
        return str(self.told.get("description", ""))

    @property
    def examples(self) -> tuple[Any, ...]:
        return tuple(self.told.get("examples", ()))

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        schema = handler(source)
        return {**schema, **self.limits} if self.limits else schema

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), **self.told}


def Field(*, alias: str = "", json_schema_extra: Mapping[str, Any] = empty(), **limits: Any) -> Any:
    """Limits of a field as core schemas name them (`gt`, `pattern`, `max_length`), its other YAML
    key, and what its JSON Schema says beside."""
    return FieldNote(limits, json_schema_extra, alias)


def about(description: str, *examples: Any) -> Any:
    """A field's description and examples, for the JSON Schema and the docs."""
    told: dict[str, Any] = {"description": description}
    if examples:
        told["examples"] = list(examples)
    return FieldNote(empty(), told)


def checked(method: M) -> M:
    """Marks a method that gets a block when it was read, and gives it back or refuses it."""
    setattr(method, _MARK, True)
    return method


def is_check(method: object) -> bool:
    return hasattr(method, _MARK)
