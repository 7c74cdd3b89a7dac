"""A document as a spec: checked against its kind alone.

In: one `Document`. Out: a frozen `Spec`, or everything that is wrong with it. Never: other
documents, files, expressions.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from exai_specs.diagnostics import Diagnostic, Span, in_order
from exai_specs.documents import Document
from exai_specs.fields import READING
from exai_specs.frozen import thaw
from exai_specs.identity import Ref
from exai_specs.kinds import API_VERSION, KINDS, Body, Kind, Metadata
from exai_specs.nearest import did_you_mean
from exai_specs.shape import shape_of
from exai_specs.translate import missing_field, translate, unknown_field
from exai_specs.types import Path, called

_FIELDS = ("apiVersion", "kind", "metadata", "spec")

__all__ = ["Metadata", "Spec", "parse"]


@dataclass(frozen=True, slots=True)
class Spec:
    """One valid document. Paths start at the document's root: `spec.at("spec", "source")`."""

    ref: Ref
    metadata: Metadata
    body: Body
    document: Document

    def at(self, *path: str | int) -> Span:
        """The place of the value at a path, or of its nearest parent."""
        return self.document.at(path)

    def key_at(self, *path: str | int) -> Span:
        """The place of the key at a path."""
        return self.document.key_at(path)


def parse(document: Document) -> Spec | tuple[Diagnostic, ...]:
    """The spec of a document, or all its problems in order."""
    value = document.value
    problems = [unknown_field(document, (key,), _FIELDS) for key in value if key not in _FIELDS]
    problems += [missing_field(document, (name,)) for name in _FIELDS if name not in value]
    if value.get("apiVersion", API_VERSION) != API_VERSION:
        problems.append(
            Diagnostic(
                "unknown-api-version",
                "this isn't a version of the language that exai knows",
                document.at(("apiVersion",)),
                hint=f"write apiVersion: {API_VERSION}",
            )
        )
    kind = _kind(document, problems)
    metadata = _validated(Metadata, document, ("metadata",), problems)
    if kind and isinstance(metadata, Metadata):
        wrong = kind.names.wrong(metadata.name)
        if wrong:
            problems.append(
                Diagnostic(
                    "invalid-name",
                    f"metadata.name: {wrong}",
                    document.at(("metadata", "name")),
                    hint=f"for example {kind.names.suggest(metadata.name)}",
                )
            )
    body = _validated(kind.spec, document, ("spec",), problems) if kind else None
    if problems or kind is None or metadata is None or body is None:
        return in_order(problems)
    return Spec(Ref(kind.name, metadata.name), metadata, body, document)


def _kind(document: Document, problems: list[Diagnostic]) -> Kind | None:
    if "kind" not in document.value:
        return None
    name = document.value["kind"]
    if isinstance(name, str) and name in KINDS:
        return KINDS[name]
    wrong = (
        f"there is no kind {name[:60]}"
        if isinstance(name, str)
        else (f"kind: must be text, not {called(name)}")
    )
    problems.append(
        Diagnostic(
            "unknown-kind" if isinstance(name, str) else "wrong-type",
            wrong,
            document.at(("kind",)),
            hint=did_you_mean(str(name) if isinstance(name, str) else "", KINDS),
        )
    )
    return None


def _validated(of: Any, document: Document, path: Path, problems: list[Diagnostic]) -> Any:
    key = str(path[0])
    if key not in document.value:
        return None
    try:
        return _adapter(of).validate_python(
            thaw(document.value[key]), context=READING, by_alias=True, by_name=False
        )
    except ValidationError as error:
        problems += translate(error, shape_of(of), document, path)
        return None


@functools.cache
def _adapter(of: Any) -> TypeAdapter[Any]:
    return TypeAdapter(of)
