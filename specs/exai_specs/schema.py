"""JSON Schemas of the kinds, for editors: one for each kind, one for all.

In: the kinds. Out: schemas as plain dictionaries. Never: rules that need two fields or two
documents; `parse` and the compiler have them.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from exai_specs.blocks import adapter
from exai_specs.kinds import API_VERSION, KINDS, Kind, Metadata, OverlaySpec
from exai_specs.kinds.overlay import NOT_PATCHED
from exai_specs.patch_schema import PATCH, below, patch_of
from exai_specs.units import Duration

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LARGE = 1500  # characters from which a part that is repeated is written once
# What a field says of the block that stands there.
_OWN = ("description", "examples", "default")
_BASE = "https://exai.dev/schemas/v1alpha1"


def schema_of(kind: Kind) -> dict[str, Any]:
    """The schema of one kind's documents."""
    found: dict[str, Any] = json.loads(_text_of(kind.name))
    return found


@cache
def _text_of(name: str) -> str:
    """As JSON, made once: pydantic takes a tenth of a second over a kind."""
    kind = KINDS[name]
    metadata = _schema(Metadata)
    metadata["properties"]["name"] |= kind.names.schema
    spec = _schema(kind.spec)
    definitions = spec.pop("$defs", {})
    if kind.spec is OverlaySpec:
        spec["allOf"], definitions = _patches()
    schema = {
        "$schema": DIALECT,
        "$id": f"{_BASE}/{kind.name.lower()}.json",
        "title": kind.name,
        "description": kind.description,
        "type": "object",
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": kind.name},
            "metadata": metadata,
            "spec": spec,
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        **({"$defs": definitions} if definitions else {}),
    }
    return json.dumps(_shared(schema))


def _patches() -> tuple[list[Any], dict[str, Any]]:
    """What an overlay's patch may say of each kind, and the definitions for it."""
    metadata = _schema(Metadata)
    del metadata["properties"]["name"]
    rules: list[Any] = []
    found: dict[str, Any] = {"metadata": patch_of(metadata, "")}
    for name in sorted(KINDS.keys() - NOT_PATCHED):
        spec = _schema(KINDS[name].spec)
        for inner, definition in spec.pop("$defs", {}).items():
            found[f"{name}.{inner}"] = below(definition, f"{name}.")
            found[f"{name}.{inner}{PATCH}"] = patch_of(definition, f"{name}.")
        found[name] = patch_of(spec, f"{name}.")
        fields = {
            "metadata": {"description": "What differs in its metadata", "$ref": "#/$defs/metadata"},
            "spec": {"description": f"What differs in the {name}", "$ref": f"#/$defs/{name}"},
        }
        patch = {"description": f"A patch of a {name}", "properties": fields}
        rules.append(
            {
                "if": {"properties": {"target": {"pattern": f"^{name}/"}}},
                "then": {"properties": {"patch": patch}},
            }
        )
    return rules, found


def schema_of_all() -> dict[str, Any]:
    """The schema of any document: it looks at `kind` and uses the schema beside it."""
    return {
        "$schema": DIALECT,
        "$id": f"{_BASE}/all.json",
        "title": "exai",
        "description": "Any document of exai",
        "type": "object",
        "properties": {"kind": {"enum": sorted(KINDS), "description": "What the document is"}},
        "required": ["kind"],
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"{name.lower()}.json"},
            }
            for name in sorted(KINDS)
        ],
    }


def bundle() -> dict[str, Any]:
    """The schema of any document in one file, for editors that follow no reference to another.

    Definitions of a kind are called `KIND.NAME` there, since each kind has its own.
    """
    whole = schema_of_all()
    found: dict[str, Any] = {}
    for kind in KINDS.values():
        schema = schema_of(kind)
        definitions = schema.pop("$defs", {})
        parts = {kind.name: schema} | {f"{kind.name}.{n}": d for n, d in definitions.items()}
        for name, part in parts.items():
            found[name] = below(part, f"{kind.name}.")
            found[name].pop("$schema", None)
            found[name].pop("$id", None)
    whole["allOf"] = [
        {**rule, "then": {"$ref": f"#/$defs/{rule['if']['properties']['kind']['const']}"}}
        for rule in whole["allOf"]
    ]
    return {**whole, "$id": f"{_BASE}/bundle.json", "$defs": found}


def schemas() -> Mapping[str, str]:
    """The text of every schema file by its name."""
    found = {f"{kind.name.lower()}.json": schema_of(kind) for kind in KINDS.values()}
    found["all.json"] = schema_of_all()
    return {name: f"{json.dumps(found[name], indent=2)}\n" for name in sorted(found)}


def main(folder: str) -> None:
    """Writes every schema into the folder."""
    for name, text in schemas().items():
        (Path(folder) / name).write_text(text, encoding="utf-8")


class _Generator(GenerateJsonSchema):
    """pydantic's, with units as text where they are defaults."""

    def encode_default(self, dft: Any) -> Any:
        return str(dft) if isinstance(dft, Duration) else super().encode_default(dft)

    def definitions_schema(self, schema: core_schema.DefinitionsSchema) -> dict[str, Any]:
        """Definitions after those that they ask for: pydantic has them in the order of use."""
        waiting = list(schema["definitions"])
        while waiting:
            definition = waiting.pop(0)
            try:
                self.generate_inner(definition)
            except LookupError:
                waiting.append(definition)
        return self.generate_inner(schema["schema"])


def _schema(of: Any) -> dict[str, Any]:
    schema = adapter(of).json_schema(by_alias=True, schema_generator=_Generator)
    tidier = _Tidier(schema.get("$defs", {}))
    tidy: dict[str, Any] = tidier.tidy(schema)
    if tidier.kept:
        tidy["$defs"] = dict(sorted(tidier.kept.items()))
    return tidy


def _shared(schema: dict[str, Any]) -> dict[str, Any]:
    """The same with each large part that stands in several places once, under `$defs`."""
    counts: Counter[str] = Counter()
    _count(schema, counts)
    found: dict[str, Any] = {}
    names: dict[str, str] = {}
    whole = _with_refs(schema, {text for text, times in counts.items() if times > 1}, names, found)
    return {**whole, "$defs": {**whole.get("$defs", {}), **found}} if found else whole


def _count(schema: Any, counts: Counter[str]) -> None:
    if isinstance(schema, list):
        for item in schema:
            _count(item, counts)
    elif isinstance(schema, dict):
        if "properties" in schema and len(text := _text(schema)) > _LARGE:
            counts[text] += 1
            if counts[text] > 1:
                return
        for item in schema.values():
            _count(item, counts)


def _with_refs(schema: Any, shared: set[str], names: dict[str, str], found: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_with_refs(item, shared, names, found) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {
        key: _with_refs(item, shared, names, found) if key not in _OWN else item
        for key, item in schema.items()
    }
    text = _text(schema) if "properties" in schema else ""
    if text not in shared:
        return inner
    if text not in names:
        names[text] = f"block-{len(names) + 1}"
        found[names[text]] = {key: item for key, item in inner.items() if key not in _OWN}
    own = {key: item for key, item in schema.items() if key in _OWN}
    return {"$ref": f"#/$defs/{names[text]}", **own}


def _text(schema: dict[str, Any]) -> str:
    """What a part is, whatever it is described as where it stands."""
    return json.dumps({key: item for key, item in schema.items() if key not in _OWN})


class _Tidier:
    """Makes a schema the same for every order of imports: definitions in their place, keywords
    sorted, without the titles that pydantic makes up and without defaults that stand for absence.

    A definition that holds itself stays one, under `$defs` of the whole: `kept`.
    """

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        self._recursive = {name for name in definitions if self._reaches(name)}
        self.kept: dict[str, Any] = {}

    def tidy(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return [self.tidy(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name in self._recursive:
                if name not in self.kept:
                    self.kept[name] = {}
                    self.kept[name] = self.tidy(self._definitions[name])
                others = {key: item for key, item in schema.items() if key != "$ref"}
                return {"$ref": f"#/$defs/{name}", **self.tidy(others)}
            schema = {**self._definitions[name], **schema}
        return {
            key: self._inside(key, schema[key])
            for key in sorted(schema)
            if key not in ("title", "$ref", "$defs")
            and not (key == "default" and schema[key] is None)
        }

    def _inside(self, keyword: str, value: Any) -> Any:
        if keyword in ("properties", "patternProperties"):
            return {name: self.tidy(each) for name, each in value.items()}
        if keyword in ("examples", "default", "enum", "const", "required"):
            return value
        return self.tidy(value)

    def _reaches(self, start: str) -> bool:
        """Whether a definition holds itself."""
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for name in _refs(self._definitions[waiting.pop()]):
                if name == start:
                    return True
                if name not in seen:
                    seen.add(name)
                    waiting.append(name)
        return False


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(ref := schema.get("$ref"), str):
            yield ref.rpartition("/")[2]
        for item in schema.values():
            yield from _refs(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from _refs(item)


if __name__ == "__main__":
    main(*sys.argv[1:])
