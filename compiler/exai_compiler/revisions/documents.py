"""Two revisions of the specs, document by document and field by field.

In: two projects. Out: a `DocumentChange` for each document that isn't the same in both. A document
is its identity: moving it to another file changes nothing, and neither does another spelling of the
same value. An overlay is no document here: what it changes, its target changes, at its place. Every
changed field has the effect that its kind declares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, cast

from exai_compiler.maybe import Known
from exai_compiler.planning.diff import diff
from exai_compiler.project import Project
from exai_specs.diagnostics import Span
from exai_specs.effects import Effect
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.kinds import KINDS, Metadata
from exai_specs.parse import Spec
from exai_specs.shape import shape_of
from exai_specs.values import frozen

Verb = Literal["added", "removed", "changed", "affected"]
FILE = "File"
"""The kind of what is to blame where it is no document: a file that one names."""


@frozen
class SpecField:
    """A field of a document in both revisions; None where it isn't there. `at` is its place in the
    new one, or its parent's."""

    path: tuple[str | int, ...]
    old: Json
    new: Json
    effect: Effect
    at: Span


@frozen
class DocumentChange:
    """A document that changed, or that a change reaches (`affected`).

    `impact` is the most severe effect of what changed, in it or above it; `because` the chain from
    the document that is to blame down to this one, both included. `at` is its place in the new
    revision, or in the old one when it was removed. `note` is what its impact alone doesn't tell.
    """

    ref: Ref
    verb: Verb
    impact: Effect
    because: tuple[Ref, ...]
    fields: tuple[SpecField, ...]
    at: Span
    note: str = ""


def changed_documents(base: Project | None, head: Project) -> tuple[DocumentChange, ...]:
    """Sorted by identity. Without a base every document is new."""
    before = base.specs if base is not None else {}
    found = []
    for ref in sorted({*before, *head.specs}):
        old, new = before.get(ref), head.specs.get(ref)
        if old is None or new is None:
            spec = cast(Spec, new or old)
            verb: Verb = "removed" if new is None else "added"
            at = spec.at("metadata", "name")
            found.append(DocumentChange(ref, verb, Effect.METADATA, (ref,), (), at))
        elif (old.metadata, old.body) != (new.metadata, new.body):
            fields = tuple(_fields(old, new))
            impact = max((field.effect for field in fields), default=Effect.METADATA)
            one_place = len(fields) == 1 or all(new.document.patched(each.path) for each in fields)
            at = fields[0].at if fields and one_place else new.at("metadata", "name")
            found.append(DocumentChange(ref, "changed", impact, (ref,), fields, at))
    return tuple(found)


def _fields(old: Spec, new: Spec) -> Iterator[SpecField]:
    for change in diff(old.document.value, new.document.value):
        path = change.path
        effect = Effect.METADATA
        if path[:1] == ("spec",):
            effect = shape_of(KINDS[new.ref.kind].spec).at(path[1:]).effect
        elif path[:1] == ("metadata",) and len(path) > 1:
            effect = shape_of(Metadata).at(path[1:]).effect
        yield SpecField(path, _value(change.old), _value(change.new), effect, new.at(*path))


def _value(side: object) -> Json:
    return cast(Json, side.value) if isinstance(side, Known) else None


def by_ref(changes: tuple[DocumentChange, ...]) -> Mapping[Ref, DocumentChange]:
    """The changes by the document that they are about."""
    return {change.ref: change for change in changes}
