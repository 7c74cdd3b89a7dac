"""Types and defaults as KFP has them. In: what the language has. Out: its words and values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from exai_compiler.catalog import Port, default_of
from exai_compiler.constants import constant
from exai_compiler.graph import Constant
from exai_specs.frozen import Json
from exai_specs.types import ListOf, MapOf, Scalar, StructOf, Type
from exai_specs.values import frozen


@frozen
class Document(Constant):
    """What a document says, which is as KFP has it already: nobody need look through it."""


# The language's parameter types (LANGUAGE section 2.1) in the words of pipeline_spec.proto.
PARAMETER_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "string": "STRING",
        "integer": "NUMBER_INTEGER",
        "double": "NUMBER_DOUBLE",
        "boolean": "BOOLEAN",
        "list": "LIST",
        "struct": "STRUCT",
        "final-status": "TASK_FINAL_STATUS",
    }
)


def parameter_type(declared: Type) -> str:
    """`{list: integer}` and `list` are both LIST: the refinement is checked here, not there."""
    match declared:
        case Scalar(name):
            return PARAMETER_TYPES[name]
        case ListOf():
            return "LIST"
        case StructOf() | MapOf():
            return "STRUCT"
    assert_never(declared)


def artifact_type(declared: str) -> Json:
    """`Model` is system.Model 0.0.1; a dotted name stands for itself."""
    title = declared if "." in declared else f"system.{declared}"
    return {"schemaTitle": title, "schemaVersion": "0.0.1"}


def default_value(port: Port) -> Json:
    """The default of a component's input."""
    return constant(default_of(port))
