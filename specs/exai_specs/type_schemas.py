"""The JSON Schema of a type (LANGUAGE section 2.1).

In: names of types, forms of mappings. Out: a schema, as `Parsed` takes it. Never: what the types
mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from exai_specs.types import is_artifact

if TYPE_CHECKING:
    pass

_FORMS: Mapping[str, tuple[str, Any]] = {
    "list": ("Values of one type, in order", "string"),
    "map": ("Values of one type, by names that the data has", "float64"),
    "struct": ("Values by name, each of its type", {"rate": "double"}),
}


def type_schema(names: tuple[str, ...], forms: tuple[str, ...]) -> tuple[tuple[str, Any], ...]:
    """The JSON Schema of a type; of inner types only the names are looked at, of the mapping forms
    what stands directly inside."""
    values = [name for name in names if not is_artifact(name)]
    words: list[dict[str, Any]]
    words = [{"enum": values}] if values else [{"enum": list(names)}, {"pattern": r"\."}]
    inner = {"anyOf": [*({"type": "string", **each} for each in words), {"type": "object"}]}
    fields = {"type": "object", "minProperties": 1, "additionalProperties": inner}
    mapping = {
        "type": "object",
        "properties": {
            form: {
                **(fields if form == "struct" else inner),
                "description": _FORMS[form][0],
                "examples": [_FORMS[form][1]],
            }
            for form in forms
        },
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
    return (("anyOf", [{"enum": list(names)}, mapping]),)
