"""JSON Schemas of the kinds, for editors: one for each kind, one for all.

In: the kinds. Out: schemas as plain dictionaries. Never: rules that need two fields or two
documents; `parse` and the compiler have them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from exai_specs.kinds import API_VERSION, KINDS, Kind, Metadata
from exai_specs.units import Duration

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BASE = "https://exai.dev/schemas/v1alpha1"


def schema_of(kind: Kind) -> dict[str, Any]:
    """The schema of one kind's documents."""
    metadata = _schema(Metadata)
    metadata["properties"]["name"] |= {
        "pattern": kind.names.anchored,
        "maxLength": kind.names.longest,
    }
    return {
        "$schema": DIALECT,
        "$id": f"{_BASE}/{kind.name.lower()}.json",
        "title": kind.name,
        "description": kind.description,
        "type": "object",
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": kind.name},
            "metadata": metadata,
            "spec": _schema(kind.spec),
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
    }


def schema_of_all() -> dict[str, Any]:
    """The schema of any document: it looks at `kind` and uses the schema beside it."""
    return {
        "$schema": DIALECT,
        "$id": f"{_BASE}/all.json",
        "title": "exai",
        "description": "Any document of exai",
        "type": "object",
        "properties": {"kind": {"enum": sorted(KINDS)}},
        "required": ["kind"],
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"{name.lower()}.json"},
            }
            for name in sorted(KINDS)
        ],
    }


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


def _schema(of: Any) -> dict[str, Any]:
    schema = TypeAdapter(of).json_schema(by_alias=True, schema_generator=_Generator)
    tidy: dict[str, Any] = _tidy(schema, schema.get("$defs", {}))
    return tidy


def _tidy(schema: Any, definitions: dict[str, Any]) -> Any:
    """The same for every order of imports: definitions in their place, keywords sorted.

    Without the titles that pydantic makes up, and without defaults that stand for absence.
    """
    if isinstance(schema, list):
        return [_tidy(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        schema = {**definitions[schema["$ref"].rpartition("/")[2]], **schema}
    return {
        key: _inside(key, schema[key], definitions)
        for key in sorted(schema)
        if key not in ("title", "$ref", "$defs") and not (key == "default" and schema[key] is None)
    }


def _inside(keyword: str, value: Any, definitions: dict[str, Any]) -> Any:
    if keyword in ("properties", "patternProperties"):
        return {name: _tidy(each, definitions) for name, each in value.items()}
    if keyword in ("examples", "default", "enum", "const", "required"):
        return value
    return _tidy(value, definitions)


if __name__ == "__main__":
    main(*sys.argv[1:])
