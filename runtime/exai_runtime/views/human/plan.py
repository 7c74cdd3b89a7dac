"""A plan as text. In: a `Plan`. Out: lines, by round and document: what an apply walks, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from exai_compiler.changes import (
    Change,
    Create,
    Delete,
    FieldChange,
    Judge,
    Materialize,
    MoveAlias,
    Plan,
    Planned,
    Replace,
    Run,
    Update,
    subject,
    verb,
)
from exai_compiler.maybe import Known, Tree, Unknown
from exai_runtime.views.human.diagnostics import place
from exai_runtime.views.human.differences import (
    list_change,
    maybe_texts,
    path_text,
    together,
    waiting_alike,
)
from exai_runtime.views.human.paint import Paint, pad
from exai_runtime.views.human.words import count, field_path, listed, maybe_text, text_change
from exai_specs.diagnostics import Diagnostic
from exai_specs.effects import Effect
from exai_specs.identity import Ref

SYMBOLS: Mapping[str, str] = {
    "create": "+",
    "update": "~",
    "replace": "!",
    "run": ">",
    "judge": "?",
    "move": "@",
    "materialize": "^",
    "delete": "-",
}
_COUNTS: tuple[tuple[str, str, str], ...] = (
    ("create", "{} to create", "{} to create"),
    ("update", "{} to update", "{} to update"),
    ("replace", "{} to replace", "{} to replace"),
    ("run", "{} run", "{} runs"),
    ("judge", "{} verdict", "{} verdicts"),
    ("move", "{} alias to move", "{} aliases to move"),
    ("materialize", "{} view to materialize", "{} views to materialize"),
    ("delete", "{} to delete", "{} to delete"),
)
_SHORT_NOTES = 6
_IMPACT_COLUMN = 64
_NARROWEST = 7  # as wide as most verbs; `materialize` is wider, and rare


def lines(plan: Plan, paint: Paint) -> Iterator[str]:
    """The whole plan; ends with its summary."""
    rounds = [(number, list(group)) for number, group in groupby(plan.changes, lambda p: p.round)]
    if rounds:
        yield paint.bold(f"Changes to environment {plan.environment}")
        yield ""
    width = _width(plan)
    for number, changes in rounds:
        if len(rounds) > 1:
            when = (
                ""
                if number == rounds[0][0]
                else ", when the round before has made its values known"
            )
            yield f"{paint.bold(f'Round {number}')}{when}"
        for document, group in _by_document(changes):
            yield _heading(document, group, paint)
            for planned in group:
                yield from _change(planned, paint, width)
        yield ""
    yield from waiting(plan.waiting, paint)
    yield from notes(plan.notes, paint)
    yield summary(plan, paint)


def summary(plan: Plan, paint: Paint) -> str:
    """`Plan: 4 to create, 1 run.` or `No changes.`"""
    if not plan.changes:
        but = ", but for what waits" if plan.waiting else ""
        none = paint.green(paint.bold("No changes."))
        return f"{none} {plan.environment} is as the specs say{but}."
    verbs = [verb(planned.change) for planned in plan.changes]
    parts = [
        (one if verbs.count(name) == 1 else many).format(verbs.count(name))
        for name, one, many in _COUNTS
        if name in verbs
    ]
    return f"{paint.bold('Plan:')} {', '.join(parts)}."


def waiting(unknowns: Sequence[Unknown], paint: Paint) -> Iterator[str]:
    """What waits for something that no apply brings about by itself."""
    if unknowns:
        yield paint.bold("Waiting") + paint.dim(" (nothing in this plan brings it about)")
        yield from (f"  {unknown.waits_for}: {unknown.reason}" for unknown in unknowns)
        yield ""


def notes(
    diagnostics: Sequence[Diagnostic], paint: Paint, longest: int = _SHORT_NOTES
) -> Iterator[str]:
    """Notes, a line each, folded after so many."""
    if not diagnostics:
        return
    shown = diagnostics if len(diagnostics) <= longest else diagnostics[: longest - 1]
    yield paint.bold("Notes")
    yield from (paint.dim(f"  {place(note.at, paint)}{note.message}") for note in shown)
    if len(shown) < len(diagnostics):
        rest = count(len(diagnostics) - len(shown), "more note")
        yield paint.dim(f"  and {rest}: `exai status` lists all of them")
    yield ""


def _by_document(changes: Sequence[Planned]) -> Iterator[tuple[str, list[Planned]]]:
    """Changes under the document they come from, documents in the order of their first change."""
    groups: dict[str, list[Planned]] = {}
    for planned in changes:
        groups.setdefault(_document(planned.change), []).append(planned)
    yield from groups.items()


def _document(change: Change) -> str:
    match change:
        case Create() | Update() | Replace():
            return str(change.origin)
        case Run():
            return str(change.pipeline)
        case Materialize():
            return str(change.view)
        case Judge() | MoveAlias():
            return str(change.model)
        case Delete():
            return "No longer wanted"


def _heading(document: str, group: Sequence[Planned], paint: Paint) -> str:
    chain: tuple[Ref, ...] = max((p.because for p in group), key=len)
    chain = tuple(ref for ref in chain if str(ref) != document)
    if not chain or isinstance(group[0].change, Delete):
        return f"  {paint.bold(document)}"
    return f"  {paint.bold(document)}{paint.dim('  after ' + ' > '.join(map(str, chain)))}"


def _width(plan: Plan) -> int:
    """How wide the column of the verbs is."""
    return max([_NARROWEST, *(len(verb(planned.change)) for planned in plan.changes)])


def _change(planned: Planned, paint: Paint, width: int) -> Iterator[str]:
    change, word = planned.change, verb(planned.change)
    line = f"    {_coloured(word, f'{SYMBOLS[word]} {word:<{width}}', paint)}  {_subject(change)}"
    impact = _impact(planned, paint)
    yield f"{pad(line, _IMPACT_COLUMN)}  {impact}" if impact else line
    yield from (f"{' ' * (8 + width)}{text}" for text in _details(change, paint))


def _subject(change: Change) -> str:
    match change:
        case Replace() if change.id != change.by:
            return f"{change.id} by {change.by}"
        case MoveAlias(to=Known(value)):
            return f"{subject(change)} to version {value}"
        case MoveAlias():
            return f"{subject(change)} to the new version"
        case Create() | Update() | Replace() | Run() | Judge() | Materialize() | Delete():
            return subject(change)


def _details(change: Change, paint: Paint) -> Iterator[str]:
    match change:
        case Create():
            yield from _open_fields(change.body)
        case Update():
            rest, waits = waiting_alike(change.fields)
            yield from (_fields(group, paint) for group in together(rest))
            yield from (
                f"{listed(paths)} wait for {of.waits_for}: {of.reason}" for paths, of in waits
            )
        case Replace() | Delete():
            yield f"because {change.why}"
        case Run() | Materialize():
            yield from (f"because {why}" for why in change.why)
        case MoveAlias(to=Unknown() as unknown):
            yield f"waits for {unknown.waits_for}: {unknown.reason}"
        case Judge() | MoveAlias():
            pass
    if isinstance(change, Create | Update) and change.only_if is not None:
        yield paint.dim(f"dropped if {change.only_if} misses its gates")


def _fields(group: Sequence[FieldChange], paint: Paint) -> str:
    field = group[0]
    reason = "" if field.reason == "changed" else paint.yellow(f"  ({field.reason})")
    if (change := list_change(group)) is not None:
        return f"{path_text(group)}: {change}{reason}"
    match field.old, field.new:
        case Known(str() as old), Known(str() as new) if "\n" in old and "\n" in new:
            return f"{field_path(field.path)}: {text_change(old, new)}{reason}"
        case Unknown() as before, Unknown() as after if before.waits_for == after.waits_for:
            return f"{field_path(field.path)}: {maybe_text(after)}{reason}"
    old, new = maybe_texts(field.old, field.new)
    return f"{field_path(field.path)}: {old} -> {new}{reason}"


def _open_fields(body: Tree) -> Iterator[str]:
    """The fields of a new object that nobody knows yet, one line for all that wait alike."""
    groups: dict[Unknown, list[str]] = {}
    for path, unknown in _unknowns(body, ()):
        groups.setdefault(unknown, []).append(field_path(path))
    for unknown, paths in groups.items():
        verb_ = "waits" if len(paths) == 1 else "wait"
        yield f"{listed(paths)} {verb_} for {unknown.waits_for}: {unknown.reason}"


def _unknowns(
    tree: Tree, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Unknown]]:
    if isinstance(tree, Unknown):
        yield path, tree
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _unknowns(value, (*path, key))
    elif isinstance(tree, tuple):
        for index, value in enumerate(tree):
            yield from _unknowns(value, (*path, index))


def _impact(planned: Planned, paint: Paint) -> str:
    """The word for how far a change reaches; nothing where it reaches no further than itself."""
    if planned.impact is Effect.BREAKING:
        return paint.red(paint.bold("breaking"))
    if planned.impact >= Effect.MATERIALIZE or isinstance(planned.change, Update):
        return paint.dim(planned.impact.name.lower())
    return ""


def _coloured(word: str, text: str, paint: Paint) -> str:
    match word:
        case "create":
            return paint.green(text)
        case "update" | "replace":
            return paint.yellow(text)
        case "delete":
            return paint.red(text)
        case _:
            return paint.cyan(text)


def first_lines(plan: Plan, paint: Paint) -> Iterator[str]:
    """A plan in short, as an apply shows it before it starts: a line a change, no fields."""
    width = _width(plan)
    for planned in plan.changes:
        word = verb(planned.change)
        title = _coloured(word, f"{SYMBOLS[word]} {word:<{width}}", paint)
        yield f"  {title}  {_subject(planned.change)}"
    if plan.changes:
        yield summary(plan, paint)
