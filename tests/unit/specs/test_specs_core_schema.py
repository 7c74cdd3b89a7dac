"""What the core of pydantic is told, as its own functions would say it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_core import core_schema as theirs

from exai_specs import core_schema as ours


def given(value: Any, *_: Any) -> Any:
    return value


TEXT: Any = {"type": "str"}
FIELD: Any = {"type": "dataclass-field", "name": "a", "schema": TEXT, "validation_alias": "b"}
CONFIG: Any = {"title": "A"}
CASES: list[tuple[Any, Any]] = [
    (ours.any_schema(), theirs.any_schema()),
    (ours.bool_schema(), theirs.bool_schema()),
    (ours.float_schema(), theirs.float_schema()),
    (ours.int_schema(), theirs.int_schema()),
    (ours.str_schema(), theirs.str_schema()),
    (ours.literal_schema(["a", 1]), theirs.literal_schema(["a", 1])),
    (ours.tuple_schema(TEXT), theirs.tuple_schema([TEXT], variadic_item_index=0)),
    (ours.dict_schema(TEXT, TEXT), theirs.dict_schema(TEXT, TEXT)),
    (
        ours.tagged_union_schema({"a": TEXT}, given),
        theirs.tagged_union_schema({"a": TEXT}, given),
    ),
    (ours.default_schema(TEXT, None), theirs.with_default_schema(TEXT, default=None)),
    (
        ours.default_factory_schema(TEXT, dict),
        theirs.with_default_schema(TEXT, default_factory=dict),
    ),
    (
        ours.dataclass_field("a", TEXT, "b"),
        theirs.dataclass_field("a", TEXT, validation_alias="b"),
    ),
    (
        ours.dataclass_schema(str, [FIELD], CONFIG),
        theirs.dataclass_schema(
            str,
            theirs.dataclass_args_schema("str", [FIELD]),
            ["a"],
            slots=True,
            config=CONFIG,
        ),
    ),
    (
        ours.no_info_after_validator_function(given, TEXT),
        theirs.no_info_after_validator_function(given, TEXT),
    ),
    (
        ours.no_info_before_validator_function(given, TEXT),
        theirs.no_info_before_validator_function(given, TEXT),
    ),
    (
        ours.no_info_wrap_validator_function(given, TEXT),
        theirs.no_info_wrap_validator_function(given, TEXT),
    ),
    (
        ours.no_info_plain_validator_function(given),
        theirs.no_info_plain_validator_function(given),
    ),
]


@pytest.mark.parametrize(("mine", "its"), CASES, ids=lambda case: case["type"])
def test_a_schema_is_what_pydantic_makes(mine: Any, its: Any) -> None:
    assert mine == its
