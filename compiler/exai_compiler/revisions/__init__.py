"""Two revisions of a project, compared without looking at a target.

In: two checked projects, an environment. Out: a `Comparison`: the documents that differ and those
that this reaches, who can no longer work, and the plan of an apply to a target that has the old
revision. The planner is the one that plans for targets; the old revision's `Build` is what it
observes.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.build import Build, Observed, Rendered
from exai_compiler.catalog import Catalog
from exai_compiler.changes import FieldChange, MoveAlias, Plan, Planned, Update, document_of
from exai_compiler.facts import Facts, RunFact
from exai_compiler.lineage import Lineage, lineage
from exai_compiler.locked import lock_of
from exai_compiler.maybe import Known, Unknown
from exai_compiler.planning import plan
from exai_compiler.project import Project
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_compiler.resolved import Resolved
from exai_compiler.revisions.applied import applied, unapplied
from exai_compiler.revisions.breaking import breaks_of, with_breaks
from exai_compiler.revisions.breaks import Break, broken_documents
from exai_compiler.revisions.certain import certain_breaks, with_certain_breaks
from exai_compiler.revisions.documents import FILE, DocumentChange, SpecField, changed_documents
from exai_compiler.revisions.files import FileChange, changed_files
from exai_compiler.revisions.followed_files import with_file_followers
from exai_compiler.revisions.impact import chains_of, chains_to_callers, reached
from exai_compiler.revisions.looked_up import Fed, fed_otherwise, unfed, with_new_values
from exai_compiler.revisions.moments import with_moments
from exai_compiler.revisions.pins import with_pins, with_stays
from exai_compiler.revisions.pipeline_modes import standing, with_mode
from exai_compiler.revisions.places import here, less_stopped, moved
from exai_compiler.revisions.promoting import with_promotions
from exai_compiler.revisions.rows import with_rows
from exai_compiler.revisions.settled import Happening, as_new, settled
from exai_compiler.revisions.sharing import with_sharers
from exai_compiler.revisions.unmoved import less_unmoved
from exai_compiler.revisions.unstarted import with_notes
from exai_compiler.revisions.upgrades import apart, identity
from exai_compiler.whole import Readable
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
    "FileChange",
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
    """The same, made just now, with what it was made from; `chains` are the build's."""

    chains: Mapping[Ref, tuple[Ref, ...]]
    facts: Facts
    resolved: Resolved
    lineage: Lineage


@frozen
class Comparison:
    """`files` are the users' Python files that differ. `plan` is None when the new revision doesn't
    compile."""

    documents: tuple[DocumentChange, ...]
    breaks: tuple[Break, ...]
    files: tuple[FileChange, ...]
    plan: Plan | None
    build: Build | None = None

    @property
    def is_open(self) -> bool:
        """Whether an apply may have more to do than the plan lists, which only a registry tells:
        which version an alias is that nobody has served before, or whether one moves."""
        if self.plan is None:
            return False
        return bool(self.plan.waiting) or any(_may_move(each) for each in self.documents)


def _may_move(document: DocumentChange) -> bool:
    """Whether an apply may move an alias, which is no action of a plan without a registry."""
    told = document.ref.kind == "Model" and bool(document.note)
    return told and document.impact in (Effect.RENDER, Effect.REDEPLOY)


def built(revision: Revision, compared: Project, name: str) -> Built:
    """What a target has that has applied a revision; `compared` is what is compared with it."""
    facts = applied(revision.project, compared, name, revision.environment, revision.catalog)
    resolved, found = _resolved(revision, name, facts, compared)
    made = render(resolved)
    return Built(made.objects, facts.runs, made.chains, facts, resolved, found)


def compare(
    old_project: Project | None,
    base: Revision | None,
    head: Revision,
    name: str,
    saved: Saved | None = None,
    before_files: Catalog | None = None,
) -> Comparison:
    """What `head` changes in the environment `name`. `old_project` is the old project, if there is
    one; `base` is None, too, where the environment is new, and with it everything in it. `saved` is
    what another exai made of `base`; `before_files` has the old files where there is no `base`."""
    old = built(base, head.project, name) if base is not None else None
    facts, there = unapplied(head.project), Observed({})
    places = base.environment if base is not None else head.environment, head.environment
    elsewhere = base is not None and base.environment.target != head.environment.target
    if old is not None and not elsewhere:
        facts, there = old.facts, standing(old.objects, *places)
    if saved is not None:
        facts, there = replace(facts, runs=saved.runs), standing(saved.objects, *places)
    new, after = _resolved(head, name, facts, *((base.project,) if base is not None else ()))
    build = render(new)
    changes = tuple(
        here(changed_documents(old_project, head.project), head.project, name, head.environment)
    )
    was, before = (old.resolved, old.lineage) if old is not None else (None, None)
    documents = reached(was, new, before, after, changes)
    documents = with_pins(old_project, head.project, name, documents, build.objects)
    documents = with_rows(documents, head.project, name, head.environment, after)
    made = plan(build, there)
    planned = moved(made.changes, head.environment)
    if base is not None:
        planned = tuple(less_unmoved(less_stopped(planned, base.project), base.project, new))
    upgrade: tuple[Planned, ...] = ()
    if saved is not None and old is not None:
        mine = moved(plan(build, standing(old.objects, *places)).changes, head.environment)
        planned, upgrade = apart(planned, mine)
    coming = frozenset(name for run in build.runs if run.due for name in run.registers)
    breaks: tuple[Break, ...] = ()
    fed: tuple[Fed, ...] = ()
    if base is not None and old is not None:
        sides = (base.project, head.project), (base.environment, head.environment)
        found = tuple(
            breaks_of(*sides, name, (old.lineage, after), documents, planned, build.objects)
        )
        fed = fed_otherwise(old.resolved, new, documents, coming) if not elsewhere else ()
        found += tuple(unfed(fed, documents, (after, old.lineage)))
        breaks = tuple(with_moments(found, old.resolved, new, build.runs))
    documents = with_stays(with_notes(documents, new, build.runs), new.lock, name)
    documents = with_new_values(documents, fed)
    if old is not None:
        what = _happening(old, new, build, after, breaks, elsewhere)
        told = with_mode(documents, *places, (*old.objects, *build.objects))
        planned, documents = settled(planned, told, what)
        documents = with_sharers(documents, planned, build, head.project)
        documents = with_file_followers(documents, planned, old.resolved, new)
    else:
        documents = as_new(planned, documents)
    # That a document breaks may have another reason than what an apply does to it.
    because = chains_of(documents)
    breaks = _with_chains(breaks, documents, head.project)
    documents = with_breaks(documents, breaks, head.project)
    if old is not None and not elsewhere:
        documents = with_promotions(documents, old.resolved, new, coming)
    made = _told(made, (*planned, *upgrade), {**chains_of(documents), **because}, was)
    files = _files(base.catalog if base else before_files, head.catalog)
    return Comparison(documents, breaks, files, made, build)


def _with_chains(
    breaks: tuple[Break, ...], documents: tuple[DocumentChange, ...], head: Project
) -> tuple[Break, ...]:
    """Those that have none have that of their document."""
    chains = chains_to_callers(documents, head)
    return tuple(replace(each, because=each.because or chains.get(each.ref, ())) for each in breaks)


def _told(
    made: Plan,
    planned: tuple[Planned, ...],
    because: Mapping[Ref, tuple[Ref, ...]],
    was: Resolved | None,
) -> Plan:
    """The plan with these actions, in its order, each explained; what waited already is no news."""
    order = {identity(each): index for index, each in enumerate(made.changes)}
    ordered = sorted(planned, key=lambda each: order[identity(each)])
    explained = tuple(_explained(each, because) for each in ordered)
    old_waits = {item.waits_for for item in was.waiting} if was is not None else set()
    waiting = tuple(item for item in made.waiting if item.waits_for not in old_waits)
    return replace(made, changes=explained, waiting=waiting, notes=())


def _happening(
    old: Built,
    new: Resolved,
    build: Build,
    after: Lineage,
    breaks: tuple[Break, ...],
    elsewhere: bool,
) -> Happening:
    before, meant = old.lineage, old.resolved.meanings
    known = frozenset(meant.values())  # under another name it means the same
    above = {
        ref: frozenset((*build.chains.get(ref, ()), *old.chains.get(ref, ())))
        for ref in {*build.chains, *old.chains}
    }
    return Happening(
        head=new.project,
        above=above,
        effects={each.id: each.effect for each in build.objects},
        trained=frozenset(
            Ref("Pipeline", name)
            for name, meaning in new.meanings.items()
            if (meaning not in known if name not in meant else meant[name] != meaning)
        ),
        waiting=frozenset(
            each.waits_for
            for each in (*new.waiting, *new.lock.pins.values())
            if isinstance(each, Unknown)
        ),
        broken=frozenset(
            (*(each.ref for each in breaks), *((new.project.root.ref,) if elsewhere else ()))
        ),
        breaks=breaks,
        lineages=(after, before),
    )


def compare_documents(
    base: Project | None,
    head: Project,
    name: str,
    problems: tuple[Diagnostic, ...],
    before: Catalog | None,
    after: Catalog,
    overlays: tuple[tuple[Spec, ...], tuple[Spec, ...]] = ((), ()),
    known: tuple[Diagnostic, ...] = (),
    whole: tuple[Readable, Readable] | None = None,
) -> Comparison:
    """What can be said of a revision that doesn't compile: the documents and files that differ,
    whoever can certainly no longer work, and the documents and `overlays`, of both, that nobody
    touched and that are wrong now; what is `known` of the old revision is no break. `whole` is what
    is known of both where documents of one can't be read: what is left of these breaks, too."""
    documents = changed_documents(base, head)
    if (environment := head.environment(name)) is not None:
        documents = tuple(here(documents, head, name, environment))
    files = _files(before, after) if before is not None else ()
    all_were = base.all if base is not None else ()
    all_are = head.all
    if whole is not None:
        all_were, all_are = (each.judged or each.project.all for each in whole)
    unread = tuple(each for each in all_are if each.ref not in head.specs)
    were, now = overlays
    same = {each.ref: each.body for each in (*all_were, *were)}
    touched = {each.ref for each in (*unread, *now) if same.get(each.ref) != each.body}
    changed = {change.ref for change in documents}.difference(
        each.ref for each in unread if each.ref not in touched
    )
    paths = sorted(path for each in files for path in (each.path, each.was) if path)
    blamed = (*sorted(changed), *(Ref(FILE, path) for path in paths))
    touched |= changed
    breaks = broken_documents((*all_are, *now), problems, frozenset(touched), blamed)
    there = broken_documents((*all_were, *were), known, frozenset())
    old = {(each.ref, each.code, each.why) for each in there}
    new = tuple(each for each in breaks if (each.ref, each.code, each.why) not in old)
    sure: tuple[Break, ...] = ()
    if base is not None:
        old_side, new_side = whole or (Readable(base, known), Readable(head, problems))
        sure = certain_breaks(old_side, new_side, name, documents)
    documents = with_certain_breaks(documents, sure, head)
    return Comparison(documents, (*sure, *new), files, None)


def _resolved(
    revision: Revision, name: str, facts: Facts, *compared: Project
) -> tuple[Resolved, Lineage]:
    project, catalog = revision.project, revision.catalog
    lock = lock_of(project, name, *compared)
    found = resolve(project, name, revision.environment, catalog, lock, facts)
    return found, lineage(project, found.graphs)


def _explained(planned: Planned, because: Mapping[Ref, tuple[Ref, ...]]) -> Planned:
    """With the chain from the changed document, and without the stand-ins for what only a target
    knows: the version that a model has now."""
    change = planned.change
    if isinstance(change, Update):
        change = replace(change, fields=tuple(map(_as_it_is, change.fields)))
    elif isinstance(change, MoveAlias) and isinstance(change.to, Known):
        change = replace(change, to=Unknown(change.model, _NEWEST))
    above = tuple(ref for ref in planned.because if ref in because)
    document = document_of(planned)
    chain = because.get(document, above) if document else above
    return replace(planned, change=change, because=chain)


_NEWEST = "the newest version where that passes the gates, as the registry has it"


def _as_it_is(field: FieldChange) -> FieldChange:
    if isinstance(field.new, Unknown) and field.new.waits_for.kind == "Model":
        return replace(field, old=Unknown(field.new.waits_for, "what it has now"))
    return field


def _files(base: Catalog | None, head: Catalog) -> tuple[FileChange, ...]:
    return changed_files(base.files if base is not None else {}, head.files)
