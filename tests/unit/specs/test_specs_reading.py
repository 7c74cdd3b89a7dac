"""What reads a block, held against what pydantic itself makes of it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter
from pydantic_core import SchemaValidator

import exai_specs.kinds
from exai_specs.lock import Written
from exai_specs.reading import _checks, block_schema

_LEFT_OUT = {
    *("metadata", "serialization", "serialization_alias", "ref", "init"),
    *("computed_fields", "collect_init_only"),
}


def blocks() -> Iterator[Any]:
    yield Written
    for module in pkgutil.iter_modules(exai_specs.kinds.__path__):
        found = importlib.import_module(f"exai_specs.kinds.{module.name}")
        for it in vars(found).values():
            if hasattr(it, "__pydantic_config__") and it.__module__ == found.__name__:
                yield it


@pytest.mark.parametrize("cls", blocks(), ids=lambda cls: cls.__name__)
def test_a_block_is_read_as_pydantic_reads_it(cls: Any) -> None:
    mine: Any = block_schema(cls)
    theirs: Any = TypeAdapter(cls).core_schema
    definitions: dict[str, Any] = {}
    if theirs["type"] == "definitions":
        definitions = {each["ref"]: each for each in theirs["definitions"]}
        theirs = theirs["schema"]
    theirs = _defined(theirs, definitions)
    for check in reversed([*_checks(cls)]):
        assert mine["function"]["function"] is check
        mine = mine["schema"]
    assert mine["cls"] is theirs["cls"] is cls
    assert mine["slots"] is theirs["slots"] is True
    assert mine["fields"] == theirs["fields"]
    for name in ("title", "extra_fields_behavior"):
        assert mine["config"][name] == theirs["config"][name]
    assert not theirs.get("post_init")
    assert _plain(mine["schema"], {}) == _plain(theirs["schema"], definitions)


def test_a_validator_is_made_of_a_block_that_others_hold_alone() -> None:
    for cls in blocks():
        SchemaValidator(block_schema(cls))


def _defined(schema: Any, definitions: dict[str, Any]) -> Any:
    while schema["type"] == "definition-ref":
        schema = definitions[schema["schema_ref"]]
    return schema


def _plain(value: Any, definitions: dict[str, Any]) -> Any:
    """A schema as both make it: functions by name, blocks inside it by their mark."""
    if isinstance(value, list):
        return [_plain(each, definitions) for each in value]
    if callable(value):
        return getattr(value, "__qualname__", repr(value))
    if not isinstance(value, dict):
        return value
    if "type" in value:
        value = _defined(value, definitions)
        if value["type"] == "function-wrap" and _name(value) == "_unless_null":
            return _plain(value["schema"], definitions)
        if _name(value).startswith("_later.") or _is_block(value, definitions):
            return "a block"
    kept = {k: v for k, v in value.items() if k not in _LEFT_OUT}
    if value.get("type") in ("dataclass-field", "tuple", "default"):
        kept = {k: v for k, v in kept.items() if v is not None and v is not False}
    return {k: _plain(v, definitions) for k, v in kept.items()}


def _name(schema: Any) -> str:
    function = schema.get("function")
    found = function["function"] if isinstance(function, dict) else None
    return getattr(found, "__qualname__", "")


def _is_block(schema: Any, definitions: dict[str, Any]) -> bool:
    """A block, or one with the checks of its class around it."""
    around = []
    while schema["type"] == "function-after":
        around.append(schema["function"]["function"])
        schema = _defined(schema["schema"], definitions)
    return schema["type"] == "dataclass" and set(around) <= set(_checks(schema["cls"]))
