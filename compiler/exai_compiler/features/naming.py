"""What things are called in generated Python: identifiers, and Feast's names of types.

In: names and types of the specs. Out: Python text. A prefix for each kind of thing keeps two things
of one name apart, and away from Python's keywords. Raises ValueError for what no check lets pass.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from keyword import iskeyword
from typing import Literal, assert_never

from exai_specs.frozen import Json
from exai_specs.regexes import regex
from exai_specs.types import ListOf, MapOf, Scalar, StructOf, Type, parse_column_type

_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")

Thing = Literal[
    "entity",
    "source",
    "push",
    "stream",
    "request",
    "view",
    "transform",
    "module",
    "function",
    "service",
]

# LANGUAGE section 2.1. A date has no type of its own there.
FEAST_TYPES: Mapping[str, str] = {
    "bool": "Bool",
    "bytes": "Bytes",
    "date": "UnixTimestamp",
    "decimal": "Decimal",
    "float32": "Float32",
    "float64": "Float64",
    "int32": "Int32",
    "int64": "Int64",
    "json": "Json",
    "string": "String",
    "timestamp": "UnixTimestamp",
    "uuid": "Uuid",
}
# feast/value_type.py: the types of an entity's key.
VALUE_TYPES: Mapping[str, str] = {
    "bool": "BOOL",
    "bytes": "BYTES",
    "date": "UNIX_TIMESTAMP",
    "decimal": "DECIMAL",
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "int32": "INT32",
    "int64": "INT64",
    "json": "JSON",
    "string": "STRING",
    "timestamp": "UNIX_TIMESTAMP",
    "uuid": "UUID",
}


def identifier(thing: Thing, name: str) -> str:
    """The variable of a thing: `view_measurements`."""
    # As _NAME has it; this is asked of every reference of a repository.
    if not (name.isascii() and name.isidentifier()):
        raise ValueError(f"{name!r} can't be part of a Python name")
    return f"{thing}_{name}"


def function(name: str) -> str:
    """A function of the user's file, by its own name."""
    if not _NAME.fullmatch(name) or iskeyword(name):
        raise ValueError(f"{name!r} is no name of a Python function")
    return name


def module(path: str) -> str:
    """`transforms/ratios_view.py` as it is imported."""
    parts = path.removesuffix(".py").split("/")
    if not path.endswith(".py") or not all(map(_NAME.fullmatch, parts)):
        raise ValueError(f"{path!r} is no Python module")
    return ".".join(parts)


def feast_type(declared: Json) -> str:
    """The type as Feast's Python has it: `Array(Int64)`."""
    named = FEAST_TYPES.get(declared) if isinstance(declared, str) else None
    return named or _feast_type(parse_column_type(declared))


@lru_cache(maxsize=1024)
def type_names(written: str) -> frozenset[str]:
    """What a type, as `feast_type` writes it, needs of feast.types."""
    return frozenset(_NAME.findall(re.sub(r"'[^']*'", "", written)))


def value_type(declared: Json) -> str:
    """The name of an entity's type among Feast's value types."""
    match parse_column_type(declared):
        case Scalar(name):
            return VALUE_TYPES[name]
        case other:
            raise ValueError(f"a key can't be a {other}")


def _feast_type(declared: Type) -> str:
    match declared:
        case Scalar(name):
            return FEAST_TYPES[name]
        case ListOf(item):
            return f"Array({_feast_type(item)})"
        case MapOf():
            return "Map"
        case StructOf(fields):
            inner = (f"{name!r}: {_feast_type(field)}" for name, field in fields.items())
            return f"Struct({{{', '.join(inner)}}})"
    assert_never(declared)
