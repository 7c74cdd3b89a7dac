"""JSON Schemas of the kinds, for editors: one for each kind, one for all.

In: the kinds, with the rules over several fields that their blocks have (`schema_rules`). Out:
schemas as plain dictionaries. Never: rules that need two documents; the compiler has them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from exai_specs.kinds import API_VERSION, KINDS, Kind, Metadata, OverlaySpec
from exai_specs.kinds.overlay import NOT_PATCHED
from exai_specs.lock import KIND as LOCK
from exai_specs.lock import Written
from exai_specs.patch_schema import PATCH, patch_of
from exai_specs.schema_parts import printed, tidied, with_definitions, with_snippets
from exai_specs.units import Duration

DIALECT = "https://json-schema.org/draft/2020-12/schema"
METADATA = "Metadata"
_SPEC = "spec."
_KIND = "kind."
_LOCK = "lock"
_BASE = "https://exai.dev/schemas/v1alpha1"


def schema_of(kind: Kind) -> dict[str, Any]:
    """The schema of one kind's documents."""
    head = {"$schema": DIALECT, "$id": f"{_BASE}/{kind.name.lower()}.json"}
    return with_definitions({**head, **_document(kind)}, _blocks())


def _document(kind: Kind) -> dict[str, Any]:
    spec = dict(_blocks()[f"{_SPEC}{kind.name}"])
    if kind.spec is OverlaySpec:
        spec["allOf"] = [_patch_rule(name) for name in sorted(KINDS.keys() - NOT_PATCHED)]
    metadata = _blocks()[METADATA]
    name = {**metadata["properties"]["name"], **kind.names.schema}
    return {
        "title": kind.name,
        "description": kind.description,
        "type": "object",
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "The version of the language"},
            "kind": {"const": kind.name, "description": kind.description},
            "metadata": {**metadata, "properties": {**metadata["properties"], "name": name}},
            "spec": spec,
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
    }


def _patch_rule(name: str) -> dict[str, Any]:
    """What an overlay's patch may say of a kind."""
    fields = {
        "metadata": {
            "description": "What differs in its metadata",
            "$ref": f"#/$defs/{METADATA}{PATCH}",
        },
        "spec": {
            "description": f"What differs in the {name}",
            "$ref": f"#/$defs/{_SPEC}{name}{PATCH}",
        },
    }
    patch = {"description": f"A patch of a {name}", "properties": fields}
    return {
        "if": {"properties": {"target": {"pattern": f"^{name}/"}}},
        "then": {"properties": {"patch": patch}},
    }


def schema_of_lock() -> dict[str, Any]:
    """The schema of `exai.lock`, which is no spec, and stands in no folder of specs."""
    head = {"$schema": DIALECT, "$id": f"{_BASE}/lock.json", "title": LOCK}
    return with_definitions({**head, **_blocks()[_LOCK]}, _blocks())


def schema_of_all() -> dict[str, Any]:
    """The schema of any document: it looks at `kind` and uses the schema beside it."""
    return {
        "$schema": DIALECT,
        "$id": f"{_BASE}/all.json",
        "title": "exai",
        "description": "Any document of exai",
        "type": "object",
        # Those of every kind, for an editor that doesn't know yet which it is.
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "The version of the language"},
            "kind": {"enum": sorted(KINDS), "description": "What the document is"},
            "metadata": {
                "type": "object",
                "description": "Its name, and what people say of it",
                "examples": [{"name": "iris"}],
            },
            "spec": {
                "type": "object",
                "description": "What it says; its fields depend on kind",
                "additionalProperties": True,
            },
        },
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
    """The schema of any document, and of `exai.lock`, in one file, for editors that follow no
    reference to another."""
    whole = {**schema_of_all(), "$id": f"{_BASE}/bundle.json"}
    whole["allOf"] = [
        {**rule, "then": {"$ref": f"#/$defs/{_KIND}{name}"}}
        for name, rule in zip(sorted(KINDS), whole["allOf"], strict=True)
    ]
    # That of the lock is no word to complete: it stands in no file of specs.
    kinds = [{"enum": sorted(KINDS)}, {"pattern": f"^{LOCK}$"}]
    kind = {"description": whole["properties"]["kind"]["description"], "anyOf": kinds}
    whole["properties"] = {**whole["properties"], "kind": kind}
    lock = {"properties": {"kind": {"const": LOCK}}, "required": ["kind"]}
    whole["allOf"].append({"if": lock, "then": {"$ref": f"#/$defs/{_LOCK}"}})
    documents = {f"{_KIND}{kind.name}": _document(kind) for kind in KINDS.values()}
    return with_definitions(whole, {**_blocks(), **documents})


def schemas() -> Mapping[str, str]:
    """The text of every schema file by its name."""
    found = {f"{kind.name.lower()}.json": schema_of(kind) for kind in KINDS.values()}
    found["lock.json"] = schema_of_lock()
    found["all.json"] = schema_of_all()
    return {name: f"{printed(found[name])}\n" for name in sorted(found)}


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
            later = [each for each in waiting if not self._made(each)]
            if len(later) == len(waiting):
                self.generate_inner(waiting[0])  # which says what is wrong
            waiting = later
        return self.generate_inner(schema["schema"])

    def _made(self, definition: core_schema.CoreSchema) -> bool:
        try:
            self.generate_inner(definition)
        except LookupError:
            return False
        return True


@cache
def _blocks() -> Mapping[str, Any]:
    """The schema of every block by its name, and of its patch; the kinds' own under `spec.KIND`.

    Made once: pydantic takes a second over them all."""
    classes = {f"{_SPEC}{kind.name}": kind.spec for kind in KINDS.values()} | {METADATA: Metadata}
    classes[_LOCK] = Written
    found, rest = TypeAdapter.json_schemas(
        [(name, "validation", TypeAdapter(of)) for name, of in classes.items()],
        by_alias=True,
        schema_generator=_Generator,
    )
    definitions = rest["$defs"]
    whole = dict(definitions)
    for (name, _), schema in found.items():
        whole[str(name)] = definitions[_name(schema)] if "$ref" in schema else schema
    blocks = tidied(whole)
    patches = {f"{name}{PATCH}": patch_of(block) for name, block in blocks.items()}
    del patches[f"{METADATA}{PATCH}"]["properties"]["name"]
    return {name: with_snippets(block) for name, block in {**blocks, **patches}.items()}


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).removeprefix("#/$defs/")


if __name__ == "__main__":
    main(*sys.argv[1:])
