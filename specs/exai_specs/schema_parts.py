"""The parts of a JSON Schema: in one order, each that is repeated once.

In: schemas as pydantic makes them. Out: the same for every order of imports, with keywords sorted,
without the titles that pydantic makes up and without defaults that stand for absence. Never: what a
field means.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

# Whoever reads these reads values, not schemas.
VALUES = ("examples", "default", "enum", "const", "required", "defaultSnippets")
# What a field says of the block that stands there.
_OWN = ("description", "examples", "default", "defaultSnippets")
_WIDTH = 100
_LARGE = 150  # characters from which a part that is repeated is written once
_OF_FIELDS = ("properties", "patternProperties")
_OF_ONE = ("additionalProperties", "items", "propertyNames", "then", "else")
_OF_SEVERAL = ("anyOf",)


def tidied(blocks: Mapping[str, Any]) -> dict[str, Any]:
    """Blocks by name, in order."""
    return {name: _tidy(blocks[name]) for name in sorted(blocks)}


def _tidy(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _inside(key, schema[key])
        for key in sorted(schema)
        if key not in ("title", "$defs") and not (key == "default" and schema[key] is None)
    }


def _inside(keyword: str, value: Any) -> Any:
    if keyword in ("properties", "patternProperties"):
        return {name: _tidy(each) for name, each in value.items()}
    return value if keyword in VALUES else _tidy(value)


def with_snippets(schema: Any) -> Any:
    """The same; a list or mapping whose example has mappings in a list also has it as a snippet:
    of the example alone the YAML language server makes `[object Object]`, or nothing."""
    if not isinstance(schema, dict):
        return schema
    found = dict(schema)
    for keyword, value in schema.items():
        if keyword in _OF_FIELDS:
            found[keyword] = {name: _shown(with_snippets(each)) for name, each in value.items()}
        elif keyword in _OF_ONE:
            found[keyword] = with_snippets(value)
        elif keyword in _OF_SEVERAL:
            found[keyword] = [with_snippets(each) for each in value]
    return found


def _shown(field: Any) -> Any:
    """A field with its example as a snippet, where it has need of one."""
    examples = field.get("examples") if isinstance(field, dict) else None
    if not examples or "properties" in field or not _is_deep(examples[0]):
        return field
    items = field.get("items")
    if items is None:
        return {**field, "defaultSnippets": [{"label": "example", "body": examples[0]}]}
    if "$ref" in items or "properties" in items or "anyOf" in items:
        return field  # which an editor writes out by itself
    return {**field, "defaultSnippets": [{"label": "example", "body": examples[0][0]}]}


def _is_deep(example: Any) -> bool:
    """Whether a list in it holds more than words and numbers."""
    if isinstance(example, dict):
        return any(_is_deep(each) for each in example.values())
    return isinstance(example, list) and any(isinstance(each, dict | list) for each in example)


def printed(value: Any, indent: int = 0) -> str:
    """As JSON, of which a line has as much as fits."""
    text = json.dumps(value)
    if indent + len(text) <= _WIDTH or not value or not isinstance(value, dict | list):
        return text
    deeper = indent + 1
    if isinstance(value, dict):
        inner = [f"{json.dumps(key)}: {printed(item, deeper)}" for key, item in value.items()]
    else:
        inner = [printed(item, deeper) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    lines = ",\n".join(f"{' ' * deeper}{line}" for line in inner)
    return f"{opening}\n{lines}\n{' ' * indent}{closing}"


def with_definitions(schema: dict[str, Any], blocks: Mapping[str, Any]) -> dict[str, Any]:
    """A schema; under `$defs` the blocks that it asks for, and what stands in several places."""
    asked: dict[str, Any] = {}
    waiting = list(_refs(schema))
    while waiting:
        name = waiting.pop()
        if name not in asked:
            asked[name] = blocks[name]
            waiting += _refs(blocks[name])
    blocks = dict(sorted(asked.items()))
    repeated = _Repeated((schema, *blocks.values()))
    whole = repeated.inside(schema)
    found = {name: repeated.inside(block) for name, block in blocks.items()}
    found |= repeated.parts
    return {**whole, "$defs": dict(sorted(found.items()))} if found else whole


class _Repeated:
    """Replaces what stands in several places: `parts`, called as the field where each is first."""

    def __init__(self, schemas: Iterable[dict[str, Any]]) -> None:
        self.parts: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        self._times: Counter[str] = Counter()
        for schema in schemas:
            self._count(schema)

    def _count(self, schema: Any) -> None:
        for _, part in _inner(schema):
            text = _text(part)
            self._times[text] += 1
            if self._times[text] == 1 or len(text) < _LARGE:
                self._count(part)

    def inside(self, schema: Any, near: str = "") -> Any:
        """The same, its repeated parts as references."""
        found = dict(schema)
        for keyword, value in schema.items():
            if keyword in _OF_FIELDS:
                found[keyword] = {name: self._part(part, name) for name, part in value.items()}
            elif keyword in _OF_ONE:
                found[keyword] = self._part(value, near)
            elif keyword in _OF_SEVERAL:
                found[keyword] = [self._part(part, near) for part in value]
        return found

    def _part(self, schema: Any, near: str) -> Any:
        if not isinstance(schema, dict):
            return schema
        text = _text(schema)
        if len(text) < _LARGE or self._times[text] == 1:
            return self.inside(schema, near)
        if text not in self._names:
            self._names[text] = name = self._free(near)
            self.parts[name] = {}  # so that nothing inside takes the name
            inner = {key: item for key, item in schema.items() if key not in _OWN}
            self.parts[name] = self.inside(inner, near)
        own = {key: item for key, item in schema.items() if key in _OWN}
        return {"$ref": f"#/$defs/{self._names[text]}", **own}

    def _free(self, near: str) -> str:
        word = near if near.isalnum() else "part"
        names = (f"{word}-{number}" for number in count(1))
        return next(name for name in names if name not in self.parts)


def _inner(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas directly inside one."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        if keyword in _OF_FIELDS:
            inside: Iterable[Any] = value.values()
        elif keyword in _OF_SEVERAL:
            inside = value
        else:
            inside = (value,) if keyword in _OF_ONE else ()
        yield from ((keyword, part) for part in inside if isinstance(part, dict))


def _text(schema: dict[str, Any]) -> str:
    """What a part is, whatever it is described as where it stands."""
    return json.dumps({key: item for key, item in schema.items() if key not in _OWN})


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(ref := schema.get("$ref"), str) and ref.startswith("#"):
            yield ref.removeprefix("#/$defs/")
        for key, item in schema.items():
            if key not in VALUES:
                yield from _refs(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from _refs(item)
