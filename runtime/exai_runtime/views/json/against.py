"""A comparison with another revision as plain JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exai_runtime.revision_results import Against
from exai_runtime.views.json import values
from exai_runtime.views.json.values import Plain
from exai_specs.frozen import thaw

if TYPE_CHECKING:
    from exai_compiler.revisions import Break, DocumentChange, SpecField


def result(answer: Against) -> Plain | None:
    """`plan` is null when the new revision doesn't compile."""
    found = answer.comparison
    if found is None:
        return None
    return {
        "against": {"revision": answer.revision, "commit": answer.commit or None},
        "environment": answer.environment,
        "documents": [_document(document, answer) for document in found.documents],
        "files": [each.path for each in found.files],
        "fileChanges": [
            {"path": each.path, "change": each.verb, "from": each.was or None}
            for each in found.files
        ],
        "breaks": [_break(one, answer) for one in found.breaks],
        "newWarnings": values.diagnostics(answer.news),
        "knownWarnings": values.diagnostics(answer.known),
        "plan": None if found.plan is None else values.plan(found.plan),
    }


def _document(document: DocumentChange, answer: Against) -> Plain:
    return {
        "document": str(document.ref),
        "change": document.verb,
        "impact": document.impact.name.lower(),
        "because": [str(ref) for ref in document.because],
        "at": values.span(document.at),
        "atRevision": answer.revision if document.verb == "removed" else None,
        "fields": [_field(field) for field in document.fields],
        "note": document.note or None,
    }


def _field(field: SpecField) -> Plain:
    return {
        "path": list(field.path),
        "old": thaw(field.old),
        "new": thaw(field.new),
        "effect": field.effect.name.lower(),
        "at": values.span(field.at),
    }


def _break(one: Break, answer: Against) -> Plain:
    return {
        "consumer": one.consumer,
        "document": str(one.ref),
        "why": one.why,
        "at": values.span(one.at),
        "atRevision": answer.revision if one.is_gone else None,
        "because": [str(ref) for ref in one.because],
        "code": one.code or None,
        "notBefore": one.before or None,
    }
