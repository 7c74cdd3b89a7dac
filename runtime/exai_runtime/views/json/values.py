"""The values of results as plain JSON. Every key of a schema is always there; absence is null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exai_compiler.changes import (
    Change,
    Create,
    Delete,
    FieldChange,
    Judge,
    Materialize,
    MoveAlias,
    ObjectId,
    Outcome,
    Plan,
    Planned,
    Replace,
    Run,
    Update,
    subject,
    verb,
)
from exai_compiler.facts import Verdict
from exai_compiler.maybe import Known, Maybe, Unknown
from exai_runtime.target import Health
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json, thaw

Plain = dict[str, Any]


def span(at: Span) -> Plain | None:
    """None for what has no place in a file."""
    return {"path": at.path, "line": at.line, "column": at.column} if at.path else None


def diagnostic(found: Diagnostic) -> Plain:
    return {
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "at": span(found.at),
        "hint": found.hint or None,
        "related": [{"message": text, "at": span(at)} for text, at in found.related],
        "environments": list(found.environments),
    }


def unknown(value: Unknown) -> Plain:
    return {"waitsFor": str(value.waits_for), "reason": value.reason}


def maybe(value: Maybe[Json] | Maybe[int]) -> Plain:
    """`{"value": ...}`, or what it waits for."""
    return {"value": thaw(value.value)} if isinstance(value, Known) else unknown(value)


def object_id(value: ObjectId) -> Plain:
    return {"apiVersion": value.api, "kind": value.kind, "name": value.name}


def change(value: Change) -> Plain:
    """`verb` tells the shapes apart; `subject` is the identity that people read."""
    head: Plain = {"verb": verb(value), "subject": subject(value)}
    match value:
        case Create():
            return head | _object(value.id, str(value.origin)) | {"onlyIf": _text(value.only_if)}
        case Update():
            fields = [_field(field) for field in value.fields]
            body = _object(value.id, str(value.origin))
            return head | body | {"fields": fields, "onlyIf": _text(value.only_if)}
        case Replace():
            return (
                head
                | _object(value.id, str(value.origin))
                | {"by": object_id(value.by), "why": value.why}
            )
        case Materialize():
            return head | {"view": str(value.view), "key": value.key, "why": list(value.why)}
        case Run():
            return head | {
                "pipeline": str(value.pipeline),
                "key": value.key,
                "why": list(value.why),
            }
        case Judge():
            return head | {"model": str(value.model), "runKey": value.run_key}
        case MoveAlias():
            return head | {"model": str(value.model), "alias": value.alias, "to": maybe(value.to)}
        case Delete():
            return head | {"object": object_id(value.id), "why": value.why}


def planned(value: Planned) -> Plain:
    return change(value.change) | {
        "round": value.round,
        "impact": value.impact.name.lower(),
        "because": [str(ref) for ref in value.because],
    }


def plan(value: Plan) -> Plain:
    return {
        "environment": value.environment,
        "empty": not value.changes,
        "scope": value.scope,
        "changes": [planned(item) for item in value.changes],
        "waiting": [unknown(item) for item in value.waiting],
        "notes": diagnostics(value.notes),
    }


def diagnostics(found: Sequence[Diagnostic]) -> list[Plain]:
    return [diagnostic(item) for item in found]


def outcome(value: Outcome) -> Plain:
    return {
        "verb": verb(value.change),
        "subject": subject(value.change),
        "result": value.result,
        "detail": value.detail or None,
        "hint": value.hint or None,
        "log": value.log or None,
        "tail": list(value.tail),
        "step": value.step or None,
        "at": span(value.at) if value.at else None,
        "code": value.code or None,
    }


def verdict(value: Verdict) -> Plain:
    gates = [
        {
            "metric": result.metric,
            "rule": result.rule,
            "passed": result.passed,
            "value": result.value,
            "limit": result.limit,
            "against": result.against,
            "note": result.note or None,
        }
        for result in value.results
    ]
    return {"model": value.model, "version": value.version, "passed": value.passed, "gates": gates}


def health(value: Health) -> Plain:
    return {
        "object": object_id(value.id),
        "origin": str(value.origin),
        "state": value.state,
        "detail": value.detail or None,
        "url": value.url or None,
        "log": value.log or None,
    }


def _object(value: ObjectId, origin: str) -> Plain:
    return {"object": object_id(value), "origin": origin}


def _field(field: FieldChange) -> Plain:
    return {
        "path": list(field.path),
        "old": maybe(field.old),
        "new": maybe(field.new),
        "reason": field.reason,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
