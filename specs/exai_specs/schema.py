"""JSON Schemas of the kinds, for editors: one for each kind, one for all.

In: the kinds. Out: schemas as plain dictionaries. Never: rules that need two fields or two documents; `parse` has them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exai_specs.kinds import API_VERSION, KINDS, Kind, Metadata

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BASE = "https://exai.dev/schemas/v1alpha1"


def schema_of(kind: Kind) -> dict[str, Any]:
    """The schema of one kind's documents."""
    definitions: dict[str, Any] = {}
    metadata = _schema(Metadata, definitions)
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
            "spec": _schema(kind.spec, definitions),
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
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


def _schema(of: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    from pydantic import TypeAdapter

    schema = TypeAdapter(of).json_schema(by_alias=True)
    definitions |= schema.pop("$defs", {})
    return schema


def main(folder: str) -> None:
    """Writes every schema into the folder."""
    for name, text in schemas().items():
        (Path(folder) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
