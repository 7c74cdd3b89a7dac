"""One class for each change, in the documents and in the actions that come of them.

In: the actions of a plan, the documents that a change reaches, what comes from what. Out: the same,
agreed: an update is as severe as the fields that it comes of, and never more than its renderer says
of the object; a document is as severe as what happens because of it, and one that is removed as
what becomes of its own objects, and of who can't do without it; whose object changes though its
document is the same is among the documents, with the chain that explains it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from exai_compiler.changes import (
    Create,
    Delete,
    ObjectId,
    Planned,
    Replace,
    Update,
    document_of,
)
from exai_compiler.edges import Node
from exai_compiler.lineage import Lineage
from exai_compiler.planning.rules import RUNS_WHEN_MADE
from exai_compiler.project import Project
from exai_compiler.revisions.blame import Blame, blame_of
from exai_compiler.revisions.breaks import Break
from exai_compiler.revisions.documents import FILE, DocumentChange, by_ref
from exai_compiler.revisions.ways import Chain, documents_between, nearest
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.values import frozen, replace

Caused = tuple[Planned, frozenset[Ref]]
"""An action, and the documents that are to blame for it."""

_EVERYWHERE = ("Lock", "Project")
"""What may reach any document: an environment, and what it pins."""
_REPOSITORY = "FeatureRepository"
_OF_FEATURES = ("Dataset", "Entity", "FeatureService", "FeatureView")
"""Whose changes the one object of all features has."""


@frozen
class Happening:
    """What two revisions are to each other: `above` are the documents that each comes from, in
    either; `effects` what the renderers say of a change of each object; `trained` the pipelines
    that mean something else, `waiting` what nobody knows the version of, `broken` whose callers
    can't go on, by `breaks` or because all is elsewhere; `lineages` the new one and the old one.
    """

    head: Project
    above: Mapping[Ref, frozenset[Ref]]
    effects: Mapping[ObjectId, Effect]
    trained: frozenset[Ref]
    waiting: frozenset[Ref]
    broken: frozenset[Ref]
    breaks: tuple[Break, ...]
    lineages: tuple[Lineage, Lineage]


def settled(
    planned: Iterable[Planned], documents: tuple[DocumentChange, ...], what: Happening
) -> tuple[tuple[Planned, ...], tuple[DocumentChange, ...]]:
    """The actions and the documents. What no document is to blame for (another exai, where a saved
    build is compared with) is as the planner has it."""
    found = by_ref(documents)
    roots = dict(_roots(documents))
    everywhere = frozenset(ref for ref in roots if ref.kind in _EVERYWHERE)
    caused = [(each, _causes(each, found, roots, everywhere, what)) for each in planned]
    blame = blame_of(what.breaks, roots, lambda ref: everywhere | _near(ref, found, roots, what))
    agreed = [(_agreed(each, causes, found, roots, blame, what), causes) for each, causes in caused]
    # All documents may have changed: none asks all actions, or all pipelines.
    of_cause: defaultdict[Ref, list[Caused]] = defaultdict(list)
    for each, causes in agreed:
        for ref in causes:
            of_cause[ref].append((each, causes))
    trains = what.trained.union(*(what.above.get(ref, ()) for ref in what.trained))
    told = [
        _told(each, of_cause.get(each.ref, ()), blame, roots, trains, what) for each in documents
    ]
    told += _followers(agreed, found, roots, what)
    return tuple(each for each, _ in agreed), tuple(sorted(told, key=lambda each: each.ref))


def as_new(
    planned: Iterable[Planned], documents: tuple[DocumentChange, ...]
) -> tuple[DocumentChange, ...]:
    """The documents of an environment that is new: those that are new, too, with what an apply does
    for them first."""
    first: dict[Ref | None, Effect] = {}
    for each in planned:
        ref = document_of(each)
        first[ref] = max(first.get(ref, Effect.METADATA), each.impact)
    return tuple(_as_new(each, first.get(each.ref)) for each in documents)


def _as_new(document: DocumentChange, first: Effect | None) -> DocumentChange:
    if document.verb == "added" and first is not None:
        return replace(document, impact=first)
    if document.ref.kind == "Project":  # nothing is there yet that it could break
        most = max(first or Effect.RENDER, Effect.RENDER)
        fields = tuple(
            replace(each, effect=most) if each.effect > most else each for each in document.fields
        )
        return replace(document, impact=min(document.impact, most), fields=fields)
    return document


def _roots(documents: Iterable[DocumentChange]) -> Iterator[tuple[Ref, Effect]]:
    """The documents that changed, or whose file did, with how far that reaches at most."""
    for each in documents:
        if each.verb == "changed" or each.ref.kind == "Lock":
            most = max((field.effect for field in each.fields), default=Effect.METADATA)
            if each.because[0].kind == FILE:
                most = max(most, each.impact)
            if most > Effect.METADATA or each.ref.kind not in _EVERYWHERE:
                yield each.ref, most
        elif each.verb != "affected":
            yield each.ref, Effect.BREAKING
        elif each.because[0].kind == FILE:
            yield each.ref, each.impact


def _causes(
    planned: Planned,
    found: Mapping[Ref, DocumentChange],
    roots: Mapping[Ref, Effect],
    everywhere: frozenset[Ref],
    what: Happening,
) -> frozenset[Ref]:
    origin = document_of(planned)
    if origin is None:
        return frozenset()
    if origin.kind == "Project":
        is_repository = isinstance(planned.change, Create | Update | Replace | Delete) and (
            planned.change.id.kind == _REPOSITORY
        )
        kinds = (*_EVERYWHERE, *(_OF_FEATURES if is_repository else ()))
        return frozenset(ref for ref in roots if ref.kind in kinds)
    return everywhere | _near(origin, found, roots, what)


def _near(
    ref: Ref,
    found: Mapping[Ref, DocumentChange],
    roots: Mapping[Ref, Effect],
    what: Happening,
) -> frozenset[Ref]:
    """What changed of a document and of all that it comes from."""
    reached = found[ref].because if ref in found else ()
    near = {ref, *what.above.get(ref, ()), *reached}
    return frozenset(each for each in near if each in roots)


def _agreed(
    planned: Planned,
    causes: frozenset[Ref],
    found: Mapping[Ref, DocumentChange],
    roots: Mapping[Ref, Effect],
    blame: Blame,
    what: Happening,
) -> Planned:
    change, impact = planned.change, planned.impact
    if not causes or not isinstance(change, Create | Update):
        return planned
    is_new = change.origin in found and found[change.origin].verb == "added"
    if isinstance(change, Update) and all(each.path[:1] == ("metadata",) for each in change.fields):
        impact = what.effects[change.id]  # labels may be those of pods
    # What searches or trains once it is there does so whatever it is made anew for.
    runs = isinstance(change, Create) and change.id.kind in RUNS_WHEN_MADE
    if not is_new and not runs:
        impact = min(impact, max(roots[ref] for ref in causes))
    serves = what.effects[change.id] is Effect.REDEPLOY and change.id.name == change.origin.name
    # Who can't go on for another reason isn't broken by this.
    breaks = not causes.isdisjoint(blame.causes.get(change.origin, ()))
    if isinstance(change, Update) and serves and breaks:
        impact = Effect.BREAKING
    return replace(planned, impact=impact)


def _told(
    document: DocumentChange,
    because_of_it: Iterable[Caused],
    blame: Blame,
    roots: Mapping[Ref, Effect],
    trains: frozenset[Ref],
    what: Happening,
) -> DocumentChange:
    ref = document.ref
    if document.verb == "affected" or ref not in roots:
        return document
    most = roots[ref]
    removed = document.verb == "removed" and ref.kind not in _EVERYWHERE
    happens = max(
        (
            # What another document is to blame for, too, reaches as far as this one's fields.
            each.impact if causes == {ref} else min(each.impact, most)
            for each, causes in because_of_it
            if not removed or causes == {ref} or _is_its_own(each, ref)
        ),
        default=Effect.METADATA,
    )
    if removed:
        breaks = ref in what.broken or ref in blame.certain
        return replace(document, impact=Effect.BREAKING if breaks else happens)
    happens = max(happens, blame.worst.get(ref, Effect.METADATA))
    # What a model asks for is said to the steps that make it.
    asks = ref.kind == "Model" and not what.trained.isdisjoint(what.above.get(ref, ()))
    # A pipeline that means something else, whatever its fields declare: a container's own image.
    if ref in what.trained or (most >= Effect.RETRAIN and (ref in trains or asks)):
        happens = max(happens, Effect.RETRAIN)
    unpinned = ref.kind == "Lock" and bool(what.waiting)
    if unpinned or what.waiting & {ref, *what.above.get(ref, ())}:
        happens = max(happens, min(most, Effect.REDEPLOY))
    # No object is a Model's: who moves its aliases is said to no target.
    if document.verb == "changed" and ref.kind != "Model":
        happens = max(happens, min(most, Effect.RENDER))
    if document.because[0] != ref:
        happens = max(happens, document.impact)
    if ref in what.broken:
        happens = Effect.BREAKING
    fields = tuple(
        replace(each, effect=min(each.effect, happens)) if each.effect > happens else each
        for each in document.fields
    )
    return replace(document, impact=happens, fields=fields)


def _is_its_own(planned: Planned, ref: Ref) -> bool:
    """Whether an action comes of what a removed document asked for itself: others beside it have
    rows of their own, whether they are removed or do without it. The object of all features is
    nobody's alone."""
    origin = document_of(planned)
    return origin == ref or (origin is not None and origin.kind == "Project")


def _followers(
    agreed: Iterable[Caused],
    found: Mapping[Ref, DocumentChange],
    roots: Iterable[Ref],
    what: Happening,
) -> Iterator[DocumentChange]:
    """Documents that are the same, and whose objects aren't."""
    more: dict[Ref, DocumentChange] = {}
    chains: list[Mapping[Ref, Chain]] = []
    for planned, causes in agreed:
        ref = document_of(planned)
        if ref is None or not causes or ref in found or ref.kind in _EVERYWHERE:
            continue
        if (spec := what.head.specs.get(ref)) is None:
            continue
        if (known := more.get(ref)) is not None:
            more[ref] = replace(known, impact=max(known.impact, planned.impact))
            continue
        if not chains:
            starts = [(root,) for root in roots]
            chains = [nearest(each, starts) for each in what.lineages]
        because = _way(ref, causes, chains, what)
        at = spec.at("metadata", "name")
        more[ref] = DocumentChange(ref, "affected", planned.impact, because, (), at)
    yield from more.values()


def _way(
    ref: Ref, causes: frozenset[Ref], chains: Iterable[Mapping[Ref, Chain]], what: Happening
) -> Chain:
    """A shortest chain from one of these documents down to another."""
    known = [each[ref] for each in chains if ref in each and each[ref][0] in causes]
    if known:
        return min(known, key=lambda each: (len(each), each))
    ways = [
        documents_between(each, Node(cause.kind, cause.name), Node(ref.kind, ref.name))
        for cause in causes
        for each in what.lineages
    ]
    others = [(cause, ref) for cause in causes]
    return min([way for way in ways if way] or others, key=lambda way: (len(way), way))
