"""What an editor may say of an overlay's patch: JSON Schema of a merge patch (RFC 7386).

In: the schema of what is patched. Out: one of what may be written in its patch: the same fields,
none of them required, each of them null, for that deletes it; a list replaces the whole list, and
is as it is in the document. Never: whether the patched document is right, which the parser says.
"""

from __future__ import annotations

from typing import Any

# Of a mapping as a whole: what is missing in the patch is in the document.
_OF_THE_WHOLE = frozenset({"required", "minProperties", "default"})
_NOTHING = {"type": "null"}
_SAID = ("description", "examples")
PATCH = ".patch"


def patch_of(schema: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The schema of a patch, whose references lead to definitions below `prefix`: as they are
    inside of lists, else to what patches them, whose names end in `PATCH`."""
    found: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _OF_THE_WHOLE:
            continue
        if keyword == "$ref":
            found[keyword] = f"#/$defs/{prefix}{_name(value)}{PATCH}"
        elif keyword in ("properties", "patternProperties"):
            found[keyword] = {name: _or_null(each, prefix) for name, each in value.items()}
        elif keyword == "additionalProperties" and isinstance(value, dict):
            found[keyword] = _or_null(value, prefix)
        elif keyword == "anyOf":
            found[keyword] = [patch_of(each, prefix) for each in value]
        else:
            found[keyword] = below(value, prefix) if keyword == "items" else value
    return found


def below(schema: Any, prefix: str) -> Any:
    """The same with its references to definitions below `prefix`."""
    if isinstance(schema, list):
        return [below(item, prefix) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"#/$defs/{prefix}{_name(item)}"
        if key == "$ref" and isinstance(item, str)
        else item
        if key in ("default", "examples", "enum", "const")
        else below(item, prefix)
        for key, item in schema.items()
    }


def _or_null(schema: dict[str, Any], prefix: str) -> dict[str, Any]:
    patch = patch_of(schema, prefix)
    said: dict[str, Any] = {word: patch.pop(word) for word in _SAID if word in patch}
    if not patch:  # anything
        return said
    return {"anyOf": [patch, _NOTHING], **said}


def _name(reference: str) -> str:
    return reference.removeprefix("#/$defs/")
