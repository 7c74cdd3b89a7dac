"""Patches: what a document says of the objects that it renders, in those objects' own fields
(LANGUAGE 3.2).

In: `spec.patches`, a mapping by rendered kind. Out: frozen plain values, null included, which
deletes. Never: whether an object has such a field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from exai_specs import core_schema
from exai_specs.fields import Problem, refuse
from exai_specs.frozen import freeze
from exai_specs.nearest import did_you_mean
from exai_specs.types import called
from exai_specs.values import frozen

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

Patches = Mapping[str, Mapping[str, Any]]


@frozen
class PatchesOf:
    """Marks `patches` of a kind: the kinds of the objects that it renders."""

    kinds: tuple[str, ...]

    def __get_pydantic_core_schema__(self, _source: Any, _: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def _read(self, value: Any) -> Any:
        if not isinstance(value, dict):
            if isinstance(value, Mapping):
                return value  # made by a program, not read
            wrong = f"must be a mapping, not {called(value)}"
            raise refuse(Problem("wrong-type", wrong, "name an object, and its fields below it"))
        problems = [
            problem for kind, patch in value.items() for problem in self._wrong(kind, patch)
        ]
        if problems:
            raise refuse(*problems)
        return freeze(value)

    def _wrong(self, kind: str, patch: Any) -> tuple[Problem, ...]:
        if kind not in self.kinds:
            hint = did_you_mean(kind, self.kinds)
            wrong = "this document renders no such object"
            return (Problem("unknown-field", wrong, hint, (kind,), "key"),)
        if not isinstance(patch, dict):
            hint = "write the object's fields below it"
            return (
                Problem("wrong-type", f"must be a mapping, not {called(patch)}", hint, (kind,)),
            )
        return ()

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        fields = {
            kind: {
                "type": "object",
                "description": f"Fields that are merged into the rendered {kind}",
                "examples": [{"spec": {}}],
            }
            for kind in self.kinds
        }
        return {"type": "object", "properties": fields, "additionalProperties": False}


def patches_of(body: object) -> Patches:
    """The patches of any kind's body; empty for a kind without any."""
    found: Patches = getattr(body, "patches", {})
    return found
