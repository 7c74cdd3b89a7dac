"""Plain values as KFP hands them to a step. In: values of the language. Out: what a protobuf
`Value` gives back.

KFP keeps every constant in a `google.protobuf.Value`, whose numbers are doubles, and an API server
writes `1.0` back as `1`. So whole numbers are written as integers: what a cluster returns equals
what was sent.
"""

from __future__ import annotations

from operator import is_
from types import MappingProxyType

from exai_specs.frozen import Json

_AS_THEY_ARE = frozenset({str, bool, int})
_KEPT = _AS_THEY_ARE | {type(None)}


def constant(value: Json) -> Json:
    """A value for `runtimeValue.constant`, read-only all the way down: whole numbers as integers,
    absent keys left out.

    A null in a struct means that the key is absent: KFP's local runner refuses one
    (`to_protobuf_value` in kfp/compiler/pipeline_spec_builder.py). What is so already comes back as
    it is: pipelines share it.
    """
    kind = type(value)
    if kind in _KEPT:
        return value
    if isinstance(value, MappingProxyType | dict):
        frozen = kind is MappingProxyType
        if frozen and _AS_THEY_ARE.issuperset(map(type, value.values())):
            return value  # most are of this sort, and need no line of Python for each key
        items = value.items()
        fields = {k: v if type(v) in _KEPT else constant(v) for k, v in items if v is not None}
        if frozen and len(fields) == len(value) and all(map(is_, fields.values(), value.values())):
            return value
        return MappingProxyType(fields)
    if isinstance(value, tuple | list):
        if kind is tuple and _KEPT.issuperset(map(type, value)):
            return value
        found = tuple([v if type(v) in _KEPT else constant(v) for v in value])
        return value if kind is tuple and all(map(is_, found, value)) else found
    return int(value) if isinstance(value, float) and value.is_integer() else value
