"""Blocks of YAML as classes, whose fields are looked at when the first of them is read.

In: a class with annotated fields. Out: the class, and its JSON Schema. Never: reading one;
`reading` does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, get_type_hints

from exai_specs.notes import FieldNote
from exai_specs.values import field, made

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

T = TypeVar("T")


def yaml_name(attribute: str) -> str:
    """The YAML key of an attribute: `max_backoff` is `maxBackoff`, `with_` is `with`."""
    first, *others = attribute.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in others)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def block(cls: type[T]) -> type[T]:
    """Unknown fields are errors, YAML's camelCase is snake_case. What a JSON Schema is to say of
    several fields together its `schema_rules` yields, as `shape_rules` makes them.

    Reading alone checks: a constructor takes values as they are, by the names of attributes.
    """
    found: Any = made(cls, kw_only=True)
    found.__pydantic_config__ = {
        "extra": "forbid",
        "alias_generator": lambda name: _aliases(found).get(name) or yaml_name(name),
        "validate_by_name": True,
    }
    found.__get_pydantic_json_schema__ = classmethod(_json_schema)
    return found  # type: ignore[no-any-return]  # what was given


@functools.cache
def _aliases(cls: Any) -> Mapping[str, str]:
    """The YAML keys that are noted on fields."""
    return {
        name: note.alias
        for name, hint in get_type_hints(cls, include_extras=True).items()
        for note in getattr(hint, "__metadata__", ())
        if isinstance(note, FieldNote) and note.alias
    }


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
