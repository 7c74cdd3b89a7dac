"""A comparison with another revision as a comment on a pull request: short, details folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from exai_compiler.changes import (
    Create,
    Delete,
    FieldChange,
    Materialize,
    Planned,
    Replace,
    Run,
    Update,
    verb,
)
from exai_compiler.changes import subject as named
from exai_compiler.maybe import Unknown
from exai_compiler.revisions import Break, Comparison, DocumentChange, SpecField
from exai_runtime.revision_results import Against
from exai_runtime.views.human.against import OF_ALL, because, summary
from exai_runtime.views.human.differences import (
    list_change,
    maybe_texts,
    path_text,
    together,
    waiting_alike,
)
from exai_runtime.views.human.words import count, listed, maybe_text, value_texts
from exai_runtime.views.markdown.text import code, prose
from exai_specs.diagnostics import Diagnostic
from exai_specs.effects import Effect

_WORDS = {
    Effect.BREAKING: "**breaking**",
    Effect.RETRAIN: "retrain",
    Effect.REDEPLOY: "redeploy",
    Effect.MATERIALIZE: "materialize",
    Effect.RENDER: "render",
    Effect.METADATA: "none",
}
_MOST_ROWS = 60  # a comment holds 65,536 characters; JSON has all of it
_MOST_FIELDS = 200
_MOST_OF_ONE = 10


def lines(result: Against) -> Iterator[str]:
    """The whole comment."""
    found = result.comparison
    commit = f" at {code(result.commit[:12])}" if result.commit else ""
    yield f"### exai plan, environment {code(result.environment)}"
    yield ""
    yield f"Compared with {code(result.revision)}{commit}."
    yield ""
    for each in result.diagnostics:
        if each.code == OF_ALL:
            yield f"**{each.severity.capitalize()}**: {prose(each.message)} ({prose(each.hint)})."
            yield ""
    errors = [d for d in result.diagnostics if d.severity == "error"]
    yield from _problems(errors, count(len(errors), "error"))
    if found is None:
        return
    yield from _breaks(found.breaks, result)
    yield from _problems(result.news, count(len(result.news), "new warning"))
    if found.documents or found.files:
        yield from _table(found)
    yield from _fields(found.documents)
    if found.plan is not None:
        yield from _waiting(found.plan.waiting)
    if found.plan is not None and found.plan.changes:
        yield from _changes(found.plan.changes)
    elif found.plan is not None:
        yield prose(summary(found))


def _problems(errors: Sequence[Diagnostic], title: str) -> Iterator[str]:
    if not errors:
        return
    yield f"**{title}**"
    yield ""
    for error in errors[:_MOST_ROWS]:
        at = f"{code(str(error.at))}: " if error.at.path else ""
        yield f"- {at}{prose(error.message)} ({code(error.code)})"
    yield from _more(len(errors))
    yield ""


def _breaks(breaks: tuple[Break, ...], result: Against) -> Iterator[str]:
    if not breaks:
        return
    yield "**Breaking**"
    yield ""
    for one in breaks[:_MOST_ROWS]:
        chain = because(one.because, one.ref)
        why = f"; because of {code(chain)}" if chain else ""
        at = code(str(one.at))
        if one.is_gone:
            at += f" {'at' if result.commit else 'in'} {code(result.revision)}"
        when = f"; not before {prose(one.before)}" if one.before else ""
        yield f"- {prose(one.consumer)}: {prose(one.why)}{when} ({at}{why})"
    yield from _more(len(breaks))
    yield ""


def _table(found: Comparison) -> Iterator[str]:
    yield "| document | change | impact | because of |"
    yield "|---|---|---|---|"
    for document in found.documents[:_MOST_ROWS]:
        chain = because(document.because, document.ref)
        impact = _WORDS[document.impact]
        if document.note:
            impact += f" ({prose(document.note)})"
        yield f"| {code(str(document.ref))} | {document.verb} | {impact} | {code(chain)} |"
    for file in found.files[:_MOST_ROWS]:
        verb_ = f"moved from {code(file.was)}" if file.was else file.verb
        yield f"| {code(file.path)} | {verb_} | | |"
    yield from _more(len(found.documents), "more documents")
    yield from _more(len(found.files), "more files")
    yield ""


def _waiting(unknowns: Sequence[Unknown]) -> Iterator[str]:
    if not unknowns:
        return
    yield "**Waiting** (nothing in this plan brings it about)"
    yield ""
    for each in unknowns[:_MOST_ROWS]:
        yield f"- {code(str(each.waits_for))}: {prose(each.reason)}"
    yield from _more(len(unknowns))
    yield ""


def _fields(documents: tuple[DocumentChange, ...]) -> Iterator[str]:
    """Every changed field, folded."""
    fields = [(document, group) for document in documents for group in together(document.fields)]
    if not fields:
        return
    yield f"<details><summary>{count(len(fields), 'changed field')}</summary>"
    yield ""
    yield "| field | before | after | effect |"
    yield "|---|---|---|---|"
    for document, group in fields[:_MOST_FIELDS]:
        yield _field_row(document, group)
    yield from _more(len(fields), most=_MOST_FIELDS)
    yield ""
    yield "</details>"
    yield ""


def _field_row(document: DocumentChange, group: Sequence[SpecField]) -> str:
    where = code(f"{document.ref} {path_text(group)}")
    effect = _WORDS[group[0].effect]
    if (change := list_change(group)) is not None:
        removed = f"removed {code(change.removed)}" if change.removed else ""
        added = f"added {code(change.added)}" if change.added else ""
        return f"| {where} | {removed} | {added or ('' if removed else str(change))} | {effect} |"
    old, new = map(code, value_texts(group[0].old, group[0].new))
    return f"| {where} | {old} | {new} | {effect} |"


def _changes(changes: tuple[Planned, ...]) -> Iterator[str]:
    """What an apply would do, folded."""
    what = "action" if len(changes) == 1 else "actions"
    yield f"<details><summary>An apply: {len(changes)} {what}</summary>"
    yield ""
    first = changes[0].round
    for number, group in groupby(changes[:_MOST_FIELDS], lambda planned: planned.round):
        if number != first:
            yield ""
            yield f"Round {number}, when the round before has made its values known:"
            yield ""
        for planned in group:
            yield from _action(planned)
    yield from _more(len(changes), most=_MOST_FIELDS)
    yield ""
    yield "</details>"


def _action(planned: Planned) -> Iterator[str]:
    change = planned.change
    impact = f", {_WORDS[planned.impact]}" if planned.impact > Effect.METADATA else ""
    yield f"- {verb(change)} {code(named(change))}{impact}"
    if isinstance(change, Update):
        rest, waits = waiting_alike(change.fields)
        fields = list(together(rest))
        yield from map(_field, fields[:_MOST_OF_ONE])
        if len(fields) > _MOST_OF_ONE:
            yield f"  - ... and {len(fields) - _MOST_OF_ONE} more"
        for paths, of in waits:
            fields_ = listed([code(path) for path in paths])
            yield f"  - {fields_} wait for {code(str(of.waits_for))}: {prose(of.reason)}"
    elif isinstance(change, Replace | Delete):
        yield f"  - {prose(change.why)}"
    elif isinstance(change, Run | Materialize):
        yield from (f"  - {prose(why)}" for why in change.why)
    if isinstance(change, Create | Update) and change.only_if is not None:
        yield f"  - dropped if {code(str(change.only_if))} misses its gates"


def _field(group: Sequence[FieldChange]) -> str:
    field, path = group[0], code(path_text(group))
    if (change := list_change(group)) is not None:
        parts = (("removed", change.removed), ("added", change.added))
        told = "; ".join(f"{word} {code(some)}" for word, some in parts if some)
        return f"  - {path}: {told or change}"
    if isinstance(field.new, Unknown):
        return f"  - {path}: {prose(maybe_text(field.new))}"
    old, new = maybe_texts(field.old, field.new)
    return f"  - {path}: {code(old)} to {code(new)}"


def _more(number: int, words: str = "more", most: int = _MOST_ROWS) -> Iterator[str]:
    if number > most:
        yield ""
        yield f"... and {number - most} {words}."
