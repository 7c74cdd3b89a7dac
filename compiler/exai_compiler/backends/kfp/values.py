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
    if type(value) in _KEPT:
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, (tuple, list)):
        found = tuple([v if type(v) in _KEPT else constant(v) for v in value])
        same = type(value) is tuple and all(map(is_, found, value))
        return value if same else found
    if isinstance(value, (MappingProxyType, dict)):
        return _struct(value)
    return value


def _struct(value: Mapping[str, Json]) -> Mapping[str, Json]:
    frozen = type(value) is MappingProxyType
    if frozen and _AS_THEY_ARE.issuperset(map(type, value.values())):
        return value  # most are of this sort, and need no line of Python for each key
    items = value.items()
    fields = {k: v if type(v) in _KEPT else constant(v) for k, v in items if v is not None}
    if frozen and len(fields) == len(value) and all(map(is_, fields.values(), value.values())):
        return value
    return MappingProxyType(fields)


_AS_THEY_ARE = frozenset({str, bool, int})
_KEPT = _AS_THEY_ARE | {type(None)}


def v1_default(kind: str, default: Json) -> Json:
    """The default of a component's input: version 1 component files hold them as text of JSON."""
    if isinstance(default, str) and kind != "string":
        return constant(freeze(json.loads(default.lower() if kind == "boolean" else default)))
    return constant(default)
