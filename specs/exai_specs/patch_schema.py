"""What an editor may say of an overlay's patch: JSON Schema of a merge patch (RFC 7386).

In: the schema of what is patched. Out: one of what may be written in its patch: the same fields,
none of them required, each of them null, for that deletes it; a list replaces the whole list, and
is as it is in the document. Never: whether the patched document is right, which the parser says.
"""

from __future__ import annotations

from typing import Any

# Of a mapping as a whole: what is missing in the patch is in the document, and a key that is null
# there takes away what another takes the place of.
_OF_THE_WHOLE = frozenset({"required", "minProperties", "maxProperties", "default", "allOf"})
_NOTHING = {"type": "null"}
_GONE = {**_NOTHING, "description": "null, for another form takes its place", "examples": [None]}
_SAID = ("description", "examples")
# What says nothing of null, so that another type can stand beside the one it speaks of.
_OF_TYPES = frozenset(
    {"type", "items", "properties", "patternProperties", "additionalProperties", "propertyNames"}
    | {"enum", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    | {"multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems"}
)
PATCH = ".patch"


def patch_of(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a patch. What it asks for is a patch, too, whose name ends in `PATCH`; in lists
    it is as it is in a document."""
    found: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _OF_THE_WHOLE:
            continue
        if keyword == "$ref":
            found[keyword] = f"{value}{PATCH}"
        elif keyword in ("properties", "patternProperties"):
            found[keyword] = {name: _or_null(each) for name, each in value.items()}
        elif keyword == "additionalProperties" and isinstance(value, dict):
            found[keyword] = _or_null(value)
        elif keyword == "anyOf":
            found[keyword] = _with_others([patch_of(each) for each in value])
        elif keyword in ("then", "else"):
            found[keyword] = patch_of(value)
        else:
            found[keyword] = value
    return found


def _with_others(forms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where one of several keys says the form, a patch to another form makes the old key null."""
    keyed = {
        key: form
        for form in forms
        if form.get("additionalProperties") is False and len(form.get("properties", ())) == 1
        for key in form["properties"]
    }
    for key, form in keyed.items():
        form["properties"] |= {other: _GONE for other in keyed if other != key}
    return forms


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    patch = patch_of(schema)
    said: dict[str, Any] = {word: patch.pop(word) for word in _SAID if word in patch}
    if not patch:  # anything
        return said
    if isinstance(patch.get("type"), str) and patch.keys() <= _OF_TYPES:
        # No `anyOf`: editors look no further for what a list or mapping holds.
        found: dict[str, Any] = {**patch, "type": [patch["type"], "null"]}
        if "enum" in patch:
            found["enum"] = [*patch["enum"], None]
        return {**found, **said}
    return {"anyOf": [patch, _NOTHING], **said}
