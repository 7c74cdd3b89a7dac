"""Manifest: one object of Kubernetes that no other kind of exai's is for (LANGUAGE section 9).

In: the `spec` of a Manifest. Out: a frozen value. Never: a Secret, whose values would stand in the
repository; what the object's own schema says of it, which the compiler knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from exai_specs import core_schema
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Named, Problem, Text, Whole, refuse
from exai_specs.frozen import freeze
from exai_specs.names import LABEL_VALUE, NODE_LABEL, SUBDOMAIN, SUBDOMAIN_WORDS, NameRule
from exai_specs.nearest import did_you_mean
from exai_specs.notes import Field, about
from exai_specs.regexes import regex
from exai_specs.types import called
from exai_specs.values import frozen

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

CONDITION = NameRule(
    r"[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?",
    "letters, digits, `-`, `_` and `.`, and starts with a letter",
)
OBJECT = NameRule(SUBDOMAIN, SUBDOMAIN_WORDS, longest=253, lower=True, joiner="-")
"""What Kubernetes takes as the name of most objects (RFC 1123)."""

_SEGMENT = NameRule(
    r"[^/%\x00-\x1f]+",
    "neither `/` nor `%`",
    longest=253,
    forbidden=r"^\.{1,2}$",
    forbidden_words="`.` and `..` are no names of their own",
    joiner="-",
)
"""Of RBAC's objects, such as `shop:reader` (k8s.io/kubernetes, pkg/apis/rbac/validation)."""

_API = regex(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?v[0-9]+((alpha|beta)[0-9]+)?")
_KIND = regex(r"[A-Z][A-Za-z0-9]*")
_METADATA = ("annotations", "labels", "name")
# What tells exai's own objects from others.
_OWNERSHIP = ("app.kubernetes.io/managed-by", "exai.dev/")
_SECRET = "make the Secret beside exai, and refer to it: {secret: NAME, key: KEY}"  # noqa: S105


def _manifest(value: Any) -> Any:
    if not isinstance(value, dict):
        if isinstance(value, Mapping):
            return value  # made by a program, not read
        wrong = f"must be one object of Kubernetes, not {called(value)}"
        raise refuse(Problem("wrong-type", wrong, "write its apiVersion, kind, metadata, ..."))
    if problems := [*_identity(value), *_metadata(value.get("metadata", {}), _names(value))]:
        raise refuse(*problems)
    return freeze(value)


def _identity(value: dict[str, Any]) -> Iterator[Problem]:
    for name, form, example in (("apiVersion", _API, "batch/v1"), ("kind", _KIND, "Job")):
        stated = value.get(name)
        if name not in value:
            yield Problem("missing-field", f"{name} is needed", f"for example {example}")
        elif not isinstance(stated, str):
            wrong = f"must be text such as {example}, not {called(stated)}"
            yield Problem("wrong-type", wrong, path=(name,))
        elif not form.fullmatch(stated):
            yield Problem("invalid-value", f"must be such as {example}", path=(name,))
    if value.get("kind") == "Secret" and value.get("apiVersion") == "v1":
        yield Problem("secret-in-spec", "a Secret must not be in a spec", _SECRET, ("kind",))
    elif str(value.get("kind", "")).endswith("List") and "items" in value:
        hint = "write a Manifest document for each object"
        yield Problem("invalid-value", "a list is no single object", hint, ("kind",))
    if "status" in value:
        wrong = "what an object is like now is the cluster's to say"
        yield Problem("unknown-field", wrong, "remove it", ("status",), "key")


def _names(value: Mapping[str, Any]) -> NameRule:
    of_rbac = str(value.get("apiVersion", "")).startswith("rbac.authorization.k8s.io/")
    return _SEGMENT if of_rbac else OBJECT


def _metadata(value: Any, names: NameRule) -> Iterator[Problem]:
    here = ("metadata",)
    if not isinstance(value, dict):
        yield Problem("wrong-type", f"must be a mapping, not {called(value)}", path=here)
        return
    for name in value:
        at = (*here, name)
        if name == "namespace":
            wrong = "the namespace is the environment's"
            yield Problem("unknown-field", wrong, "remove it", at, "key")
        elif name not in _METADATA:
            hint = did_you_mean(name, _METADATA)
            wrong = "metadata has no such field here"
            yield Problem("unknown-field", wrong, hint, at, "key")
    stated = value.get("name")
    if stated is not None and not isinstance(stated, str):
        yield Problem("wrong-type", f"must be text, not {called(stated)}", path=(*here, "name"))
    elif stated is not None and (why := names.wrong(stated)) is not None:
        hint = f"for example {names.suggest(stated)}"
        yield Problem("invalid-name", why, hint, (*here, "name"))
    for name in ("annotations", "labels"):
        yield from _texts(value.get(name, {}), (*here, name))


def _texts(value: Any, at: tuple[str, ...]) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem("wrong-type", f"must be a mapping, not {called(value)}", path=at)
        return
    for key, text in value.items():
        if key.startswith(_OWNERSHIP):
            wrong = "exai knows its own objects by it"
            yield Problem("unknown-field", wrong, "remove it", (*at, key), "key")
        elif not isinstance(text, str):
            yield Problem("wrong-type", f"must be text, not {called(text)}", path=(*at, key))
        elif (why := NODE_LABEL.wrong(key)) is not None:
            hint = f"for example {NODE_LABEL.suggest(key)}"
            yield Problem("invalid-name", why, hint, (*at, key), "key")
        elif at[-1] == "labels" and (why := LABEL_VALUE.wrong(text)) is not None:
            hint = f"for example {LABEL_VALUE.suggest(text)}"
            yield Problem("invalid-name", why, hint, (*at, key))


_SCHEMA: JsonSchemaValue = {
    "type": "object",
    "required": ["apiVersion", "kind"],
    "properties": {
        "apiVersion": {
            "type": "string",
            "pattern": f"^{_API.pattern}$",
            "description": "API group and version",
            "examples": ["batch/v1"],
        },
        "kind": {
            "type": "string",
            "pattern": f"^{_KIND.pattern}$",
            "description": "What it is; no Secret",
            "examples": ["Job"],
        },
        "metadata": {
            "type": "object",
            "description": "Its name, labels and annotations; the namespace is the environment's",
            "examples": [{"name": "photos"}],
            "properties": {
                "name": {
                    "type": "string",
                    "description": "Its name; default: the document's",
                    "examples": ["photos"],
                },
                "labels": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "Labels beside the document's",
                    "examples": [{"tier": "gold"}],
                },
                "annotations": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "Annotations beside the document's",
                    "examples": [{"team": "garden"}],
                },
            },
            "additionalProperties": False,
        },
    },
}


@frozen
class _Object:
    """Marks the field that holds an object of Kubernetes."""

    def __get_pydantic_core_schema__(self, _source: Any, _: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_manifest)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return dict(_SCHEMA)


@block
class ManifestSpec:
    """An object as Kubernetes takes it."""

    manifest: Annotated[
        Annotated[Mapping[str, Any], _Object()],
        Effect.REDEPLOY,
        about(
            "The object; its name is the document's unless it says another, its namespace the "
            "environment's",
            {"apiVersion": "v1", "kind": "ConfigMap", "data": {"region": "eu"}},
        ),
    ]
    wave: Annotated[
        Maybe[Annotated[Whole, Field(ge=0, le=6)]],
        Effect.RENDER,
        about(
            "When it is applied: 0 with references, 1 runtimes and pipelines, 2 their versions, 4 "
            "services, 5 graphs and schedules, 6 monitoring; default: 0 for what others refer to, "
            "else 3",
            0,
        ),
    ] = None
    ready: Annotated[
        Maybe[Annotated[Text, Named(CONDITION, "Ready")]],
        Effect.RENDER,
        about("The condition of its status that says that it is ready", "Complete"),
    ] = None

    @property
    def api(self) -> str:
        """`apiVersion` of the object."""
        return str(self.manifest["apiVersion"])

    @property
    def kind(self) -> str:
        """`kind` of the object."""
        return str(self.manifest["kind"])

    def name(self, document: str) -> str:
        """The object's name in a document of this name."""
        metadata = self.manifest.get("metadata")
        stated = metadata.get("name") if isinstance(metadata, Mapping) else None
        return document if stated is None else str(stated)
