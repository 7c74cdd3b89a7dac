"""What a JSON Schema says of several fields of a block together, for editors.

In: the YAML names of fields. Out: parts of the block's schema, which its `schema_rules` yields. The
block's own validator says the same with better words; tests hold that both refuse the same files.
Never: anything that takes a look at two values, or at another document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from exai_specs.blocks import yaml_name
from exai_specs.frozen import thaw
from exai_specs.names import MESSAGE
from exai_specs.values import MISSING, fields, is_dataclass

Rule: TypeAlias = dict[str, Any]
Rules: TypeAlias = Iterator[Rule]


def has(*names: str) -> Rule:
    """Where all of these are stated."""
    return {"required": list(names)}


def lacks(*names: str) -> Rule:
    """Where none of these is stated."""
    return {"not": {"anyOf": [has(name) for name in names]}}


def says(name: str, *values: object) -> Rule:
    """Where a field is stated as one of these values."""
    return {"properties": {name: {"enum": list(values)}}, "required": [name]}


def differs(name: str, *values: object) -> Rule:
    """Where a field isn't stated as one of these values."""
    return {"not": says(name, *values)}


def both(*rules: Rule) -> Rule:
    """Where all of these hold."""
    return {"allOf": list(rules)}


def needs(when: Rule, *names: str) -> Rule:
    """Where `when` holds these must be stated."""
    return {"if": when, "then": has(*names)}


def some_of(*names: str) -> Rule:
    """At least one must be stated."""
    return {"anyOf": [has(name) for name in names]}


def one_of(*names: str) -> Rules:
    """Exactly one must be stated; what stands beside an earlier one is at fault."""
    yield some_of(*names)
    for index, name in enumerate(names[:-1]):
        why = f"stands beside {name}: one of them is enough"
        others = dict.fromkeys(names[index + 1 :], False)
        yield {"if": has(name), "then": {"properties": others, MESSAGE: why}}


def without(cls: type[Any], when: Rule, why: str, *names: str) -> Rule:
    """Where `when` holds none of these says anything: absent, or what it is without a word."""
    silent = {name: _nothing(cls, name, why) for name in names}
    return {"if": when, "then": {"properties": silent, MESSAGE: why}}


def _nothing(cls: type[Any], name: str, why: str) -> Rule | bool:
    default = _default(cls, name)
    if default is None:
        return False
    said = {"description": f"Nothing here: it {why}"}
    if is_dataclass(default):
        of: type[Any] = type(default)
        inside = {yaml_name(each.name): _nothing(of, each.name, why) for each in fields(of)}
        return {**said, "properties": inside, MESSAGE: why}
    plain = thaw(default) if isinstance(default, Mapping | tuple) else default
    return {**said, "enum": [plain], MESSAGE: why}


def _default(cls: type[Any], name: str) -> Any:
    for each in fields(cls):
        if name in (yaml_name(each.name), each.name):
            return each.default if each.default_factory is MISSING else each.default_factory()
    raise LookupError(name)
