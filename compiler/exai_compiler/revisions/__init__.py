"""Two revisions of a project, compared without looking at a target.

In: two checked projects, an environment. Out: a `Comparison`: the documents that differ and those
that this reaches, who can no longer work, and the plan of an apply to a target that has the old
revision. The planner is the one that plans for targets; the old revision's `Build` is what it
observes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from exai_compiler.build import Build, Observed, Rendered
from exai_compiler.catalog import Catalog
from exai_compiler.changes import (
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
)
from exai_compiler.facts import Facts, RunFact
from exai_compiler.lineage import Lineage, lineage
from exai_compiler.locked import lock_of
from exai_compiler.maybe import Unknown
from exai_compiler.planning import plan
from exai_compiler.planning.built import observed
from exai_compiler.project import Project
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_compiler.resolved import Resolved
from exai_compiler.revisions.applied import applied, unapplied
from exai_compiler.revisions.contract import Break, broken_callers, broken_documents
from exai_compiler.revisions.documents import DocumentChange, SpecField, changed_documents
from exai_compiler.revisions.impact import FILE, chains_of, reached
from exai_compiler.revisions.pins import with_pins
from exai_compiler.revisions.unstarted import with_notes
from exai_specs.diagnostics import Diagnostic
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.kinds import Environment
from exai_specs.parse import Spec
from exai_specs.values import frozen, replace

__all__ = [
    "Break",
    "Comparison",
    "DocumentChange",
    "Revision",
    "Saved",
    "SpecField",
    "built",
    "compare",
    "compare_documents",
]


@frozen
class Revision:
    """A project without errors, the components that it is compiled with, and its environment."""

    project: Project
    catalog: Catalog
    environment: Environment


@frozen
class Saved:
    """What an exai made of a revision: every object, and the runs that it asked for."""

    objects: tuple[Rendered, ...]
    runs: tuple[RunFact, ...]


@frozen
class Built(Saved):
    """The same, made just now, with what it was made from."""

    facts: Facts
    resolved: Resolved
    lineage: Lineage


@frozen
class Comparison:
    """`files` are the users' Python files that differ. `plan` is None when the new revision doesn't
    compile."""

    documents: tuple[DocumentChange, ...]
    breaks: tuple[Break, ...]
    files: tuple[str, ...]
    plan: Plan | None
    build: Build | None = None


def built(revision: Revision, compared: Project, name: str) -> Built:
    """What a target has that has applied a revision; `compared` is what is compared with it."""
    facts = applied(revision.project, compared, name, revision.environment, revision.catalog)
    resolved, found = _resolved(revision, name, facts, compared)
    return Built(render(resolved).objects, facts.runs, facts, resolved, found)


def compare(
    old_project: Project | None,
    base: Revision | None,
    head: Revision,
    name: str,
    saved: Saved | None = None,
) -> Comparison:
    """What `head` changes in the environment `name`. `old_project` is the old project, if there is
    one; `base` is None, too, where the environment is new, and with it everything in it. `saved` is
    what another exai made of `base`."""
    old = built(base, head.project, name) if base is not None else None
    facts, there = unapplied(head.project), Observed({})
    if old is not None:
        facts, there = old.facts, observed(old.objects)
    if saved is not None:
        facts, there = replace(facts, runs=saved.runs), observed(saved.objects)
    new, after = _resolved(head, name, facts, *((base.project,) if base is not None else ()))
    build = render(new)
    changes = changed_documents(old_project, head.project)
    was, before = (old.resolved, old.lineage) if old is not None else (None, None)
    documents = reached(was, new, before, after, changes)
    documents = with_pins(base.project if base is not None else None, head.project, name, documents)
    breaks: tuple[Break, ...] = ()
    if base is not None and before is not None:
        services = frozenset(d.ref.name for d in documents if d.ref.kind == "Service")
        breaks = tuple(broken_callers(base.project, head.project, before, after, services))
    documents = with_notes(_with_breaks(documents, breaks), new, build.runs)
    because = chains_of(documents)
    breaks = tuple(
        replace(each, because=each.because or because.get(each.ref, ())) for each in breaks
    )
    made = plan(build, there)
    explained = tuple(_explained(planned, because) for planned in made.changes)
    if saved is not None and old is not None:
        mine = plan(build, observed(old.objects)).changes
        explained = tuple(_of_the_upgrade(planned, mine) for planned in explained)
    old_waits = {item.waits_for for item in was.waiting} if was is not None else set()
    waiting = tuple(item for item in made.waiting if item.waits_for not in old_waits)
    made = replace(made, changes=explained, waiting=waiting, notes=())
    files = _files(base.catalog if base else None, head.catalog)
    return Comparison(documents, breaks, files, made, build)


def _of_the_upgrade(planned: Planned, mine: tuple[Planned, ...]) -> Planned:
    """Fields that differ from a saved build, and not from what this exai makes of its specs."""
    change = planned.change
    if not isinstance(change, Update):
        return planned
    same = {
        field.path
        for other in mine
        if isinstance(other.change, Update) and other.change.id == change.id
        for field in other.change.fields
    }
    fields = tuple(
        field if field.path in same else replace(field, reason="exai-upgrade")
        for field in change.fields
    )
    return replace(planned, change=replace(change, fields=fields))


def compare_documents(
    base: Project | None,
    head: Project,
    problems: tuple[Diagnostic, ...],
    before: Catalog | None,
    after: Catalog,
    overlays: tuple[tuple[Spec, ...], tuple[Spec, ...]] = ((), ()),
) -> Comparison:
    """What can be said of a revision that doesn't compile: the documents and files that differ,
    and the documents and `overlays`, of both, that nobody touched and that are wrong now."""
    documents = changed_documents(base, head)
    files = _files(before, after) if before is not None else ()
    changed = frozenset(change.ref for change in documents)
    blamed = (*sorted(changed), *(Ref(FILE, path) for path in files))
    were, now = overlays
    same = {each.ref: each.body for each in were}
    touched = changed.union(each.ref for each in now if same.get(each.ref) != each.body)
    breaks = broken_documents(head, problems, touched, blamed, now)
    return Comparison(documents, tuple(breaks), files, None)


def _resolved(
    revision: Revision, name: str, facts: Facts, *compared: Project
) -> tuple[Resolved, Lineage]:
    project, catalog = revision.project, revision.catalog
    lock = lock_of(project, name, *compared)
    found = resolve(project, name, revision.environment, catalog, lock, facts)
    return found, lineage(project, found.graphs)


def _with_breaks(
    documents: tuple[DocumentChange, ...], breaks: tuple[Break, ...]
) -> tuple[DocumentChange, ...]:
    broken = {each.ref for each in breaks}
    return tuple(
        replace(each, impact=Effect.BREAKING) if each.ref in broken else each for each in documents
    )


def _explained(planned: Planned, because: Mapping[Ref, tuple[Ref, ...]]) -> Planned:
    """With the chain from the changed document, and without the stand-ins for what only a target
    knows: the version that a model has now."""
    change = planned.change
    if isinstance(change, Update):
        change = replace(change, fields=tuple(map(_as_it_is, change.fields)))
    above = tuple(ref for ref in planned.because if ref in because)
    document = _document(planned)
    chain = because.get(document, above) if document else above
    return replace(planned, change=change, because=chain)


def _document(planned: Planned) -> Ref | None:
    """The document that a change comes from."""
    change = planned.change
    match change:
        case Create() | Update() | Replace():
            return change.origin
        case Run():
            return change.pipeline
        case Judge() | MoveAlias():
            return change.model
        case Materialize():
            return change.view
        case Delete():
            return planned.because[0] if planned.because else None
    assert_never(change)


def _as_it_is(field: FieldChange) -> FieldChange:
    if isinstance(field.new, Unknown) and field.new.waits_for.kind == "Model":
        return replace(field, old=Unknown(field.new.waits_for, "what it has now"))
    return field


def _files(base: Catalog | None, head: Catalog) -> tuple[str, ...]:
    before = base.files if base is not None else {}
    names = {*before, *head.files}
    return tuple(sorted(name for name in names if before.get(name) != head.files.get(name)))
