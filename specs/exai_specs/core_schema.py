"""What pydantic's core is told of a value, as functions of pydantic's names.

In: what `pydantic_core.core_schema` takes. Out: the same dictionaries, as far as blocks need them.
Never: the import of that module, whose types take longer than all the kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import CoreSchema
    from pydantic_core import core_schema as core


def any_schema() -> core.AnySchema:
    return {"type": "any"}


def bool_schema() -> core.BoolSchema:
    return {"type": "bool"}


def float_schema() -> core.FloatSchema:
    return {"type": "float"}


def int_schema() -> core.IntSchema:
    return {"type": "int"}


def str_schema() -> core.StringSchema:
    return {"type": "str"}


def literal_schema(expected: list[Any]) -> core.LiteralSchema:
    return {"type": "literal", "expected": expected}


def tuple_schema(of: CoreSchema) -> core.TupleSchema:
    """Of any length."""
    return {"type": "tuple", "items_schema": [of], "variadic_item_index": 0}


def dict_schema(keys_schema: CoreSchema, values_schema: CoreSchema) -> core.DictSchema:
    return {"type": "dict", "keys_schema": keys_schema, "values_schema": values_schema}


def tagged_union_schema(
    choices: dict[Any, CoreSchema], discriminator: Callable[[Any], Any]
) -> core.TaggedUnionSchema:
    return {"type": "tagged-union", "choices": choices, "discriminator": discriminator}


def default_schema(schema: CoreSchema, default: Any) -> core.WithDefaultSchema:
    return {"type": "default", "schema": schema, "default": default}


def default_factory_schema(
    schema: CoreSchema, default_factory: Callable[[], Any]
) -> core.WithDefaultSchema:
    return {"type": "default", "schema": schema, "default_factory": default_factory}


def dataclass_field(name: str, schema: CoreSchema, validation_alias: str) -> core.DataclassField:
    return {
        "type": "dataclass-field",
        "name": name,
        "schema": schema,
        "validation_alias": validation_alias,
    }


def dataclass_schema(
    cls: type[Any], fields: list[core.DataclassField], config: core.CoreConfig
) -> core.DataclassSchema:
    """With slots, and no more than its fields."""
    return {
        "type": "dataclass",
        "cls": cls,
        "fields": [each["name"] for each in fields],
        "schema": {"type": "dataclass-args", "dataclass_name": cls.__name__, "fields": fields},
        "slots": True,
        "config": config,
    }


def no_info_after_validator_function(
    function: Callable[[Any], Any], schema: CoreSchema
) -> core.AfterValidatorFunctionSchema:
    return {
        "type": "function-after",
        "function": {"type": "no-info", "function": function},
        "schema": schema,
    }


def no_info_before_validator_function(
    function: Callable[[Any], Any], schema: CoreSchema
) -> core.BeforeValidatorFunctionSchema:
    return {
        "type": "function-before",
        "function": {"type": "no-info", "function": function},
        "schema": schema,
    }


def no_info_wrap_validator_function(
    function: core.NoInfoWrapValidatorFunction, schema: CoreSchema
) -> core.WrapValidatorFunctionSchema:
    return {
        "type": "function-wrap",
        "function": {"type": "no-info", "function": function},
        "schema": schema,
    }


def no_info_plain_validator_function(
    function: Callable[[Any], Any],
) -> core.PlainValidatorFunctionSchema:
    return {"type": "function-plain", "function": {"type": "no-info", "function": function}}
