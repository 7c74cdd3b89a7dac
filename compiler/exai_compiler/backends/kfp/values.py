"""Values as KFP holds them. In: values of the language. Out: what a protobuf `Value` gives back.

KFP keeps every constant in a `google.protobuf.Value`, whose numbers are doubles, and an API server
writes `1.0` back as `1`. So whole numbers are written as integers: what a cluster returns equals
what was sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from operator import is_
from types import MappingProxyType
from typing import assert_never

from exai_specs.frozen import Json, freeze
from exai_specs.types import ListOf, MapOf, Scalar, StructOf, Type

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


def constant(value: Json) -> Json:
    """A value for `runtimeValue.constant`: whole numbers as integers, absent keys left out.

    A null in a struct means that the key is absent: KFP's local runner refuses one
    (`to_protobuf_value` in kfp/compiler/pipeline_spec_builder.py). What is so already comes back as
    it is: pipelines share it.
    """
    kind = type(value)
    if kind is str or kind is bool or kind is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, tuple | list):
        items = tuple([constant(item) for item in value])
        return value if kind is tuple and all(map(is_, items, value)) else items
    if isinstance(value, Mapping):
        fields = {key: constant(item) for key, item in value.items() if item is not None}
        same = kind is MappingProxyType and len(fields) == len(value)
        return value if same and all(map(is_, fields.values(), value.values())) else fields
    return value


def v1_default(kind: str, default: Json) -> Json:
    """The default of a component's input: version 1 component files hold them as text of JSON."""
    if isinstance(default, str) and kind != "string":
        return constant(freeze(json.loads(default.lower() if kind == "boolean" else default)))
    return constant(default)
