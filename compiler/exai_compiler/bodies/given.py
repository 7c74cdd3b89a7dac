"""The type of what a step is given, where the value alone says it (LANGUAGE section 6.2).

In: a type or a plain value. Out: a `Port`. Judges nothing: what has no type gives None.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.catalog import Port
from exai_specs.frozen import Json
from exai_specs.types import ListOf, MapOf, Scalar, StructOf, Type


def given_port(name: str, value: Json) -> Port | None:
    """An input that takes this very value."""
    match value:
        case bool():
            return Port(name, "boolean")
        case int():
            return Port(name, "integer")
        case float():
            return Port(name, "double")
        case str():
            return Port(name, "string")
        case tuple():
            return Port(name, "list")
        case Mapping():
            return Port(name, "struct")
    return None


def typed_port(name: str, type_: Type, *, optional: bool = False) -> Port:
    """An input or output of a type."""
    match type_:
        case Scalar(kind):
            return Port(name, kind, optional)
        case ListOf():
            return Port(name, "list", optional, refined=as_json(type_))
        case StructOf() | MapOf():
            return Port(name, "struct", optional, refined=as_json(type_))


def as_json(type_: Type) -> Json:
    """A type as YAML has it."""
    match type_:
        case Scalar(kind):
            return kind
        case ListOf(item):
            return MappingProxyType({"list": as_json(item)})
        case MapOf(value):
            return MappingProxyType({"map": as_json(value)})
        case StructOf(fields):
            inner = {name: as_json(field) for name, field in fields.items()}
            return MappingProxyType({"struct": MappingProxyType(inner)})
