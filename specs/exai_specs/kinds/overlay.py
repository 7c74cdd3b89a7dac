"""Overlay: what a document says otherwise in one environment (LANGUAGE section 3.3).

In: the `spec` of an Overlay. Out: a frozen value; nulls in the patch stay, for they delete. Never:
whether there is such a document or environment, or what the document becomes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from exai_specs import core_schema
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Named, Parsed, Problem, Text, refuse
from exai_specs.frozen import Json, freeze
from exai_specs.identity import Ref
from exai_specs.names import KUBERNETES
from exai_specs.nearest import did_you_mean
from exai_specs.notes import about
from exai_specs.types import called

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

NOT_PATCHED = frozenset({"Project", "Overlay"})
"""Kinds without overlays: environments are the Project's, and say themselves what differs."""

_FIELDS = ("metadata", "spec")
_TARGET = r"^[A-Z][A-Za-z]*/[A-Za-z][A-Za-z0-9_-]*$"


class _Patch:
    """Marks the patch: a mapping of `metadata` and `spec`, without what says who a document is."""

    def __get_pydantic_core_schema__(self, _source: Any, _: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def _read(self, value: Any) -> Any:
        if not isinstance(value, dict):
            if isinstance(value, Mapping):
                return value  # made by a program, not read
            hint = "write `spec:` below it, and the fields that differ"
            raise refuse(Problem("wrong-type", f"must be a mapping, not {called(value)}", hint))
        if problems := tuple(_wrong(value)):
            raise refuse(*problems)
        return freeze(value)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        fields = {
            field: {
                "type": "object",
                "description": f"What differs in the document's {field}",
                "examples": [example],
            }
            for field, example in zip(
                _FIELDS, ({"labels": {"tier": "gold"}}, {"replicas": {"min": 3}}), strict=True
            )
        }
        return {"type": "object", "properties": fields, "additionalProperties": False}


def _wrong(patch: Mapping[str, Any]) -> Iterator[Problem]:
    hint = "an overlay changes what a document says; write a document of that name instead"
    for key, value in patch.items():
        if key in ("apiVersion", "kind"):
            yield Problem("overlay-identity", "can't be patched", hint, (key,), "key")
        elif key not in _FIELDS:
            yield Problem(
                "unknown-field", "there is no such field", did_you_mean(key, _FIELDS), (key,), "key"
            )
        elif not isinstance(value, Mapping):
            how = "write the fields that differ below it"
            yield Problem("wrong-type", f"must be a mapping, not {called(value)}", how, (key,))
        elif key == "metadata" and "name" in value:
            yield Problem("overlay-identity", "can't be patched", hint, (key, "name"), "key")


def _target(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(_TARGET, value) or value.endswith("\n"):
        raise ValueError("must be the kind and the name of a document: Kind/name")
    return value


@block
class OverlaySpec:
    """A patch of one document in one environment. What it changes is a change of its target, with
    the effect of the target's field."""

    environment: Annotated[
        Annotated[Text, Named(KUBERNETES)],
        Effect.METADATA,
        about("The environment in which it holds", "prod"),
    ]
    target: Annotated[
        Annotated[str, Parsed(_target, (("type", "string"), ("pattern", _TARGET)))],
        Effect.METADATA,
        about("The document that it patches", "Service/iris"),
    ]
    patch: Annotated[
        Annotated[Mapping[str, Json], _Patch()],
        Effect.METADATA,
        about(
            "What differs, as a JSON merge patch (RFC 7386): mappings are merged, null deletes,"
            " everything else replaces",
            {"spec": {"replicas": {"min": 3}}},
        ),
    ]

    @property
    def ref(self) -> Ref:
        """The identity of the target."""
        kind, _, name = self.target.partition("/")
        return Ref(kind, name)
