"""Who can no longer work after a change that compiles.

In: two projects and their environments, their lineages, the documents that the change reaches, the
actions of its plan. Out: `Break`s; and the documents, with those of them that break.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.build import Rendered
from exai_compiler.changes import Planned
from exai_compiler.lineage import Lineage
from exai_compiler.project import Project
from exai_compiler.revisions.absent import less_absent
from exai_compiler.revisions.breaks import Break
from exai_compiler.revisions.contract import broken_callers, broken_graphs
from exai_compiler.revisions.documents import DocumentChange
from exai_compiler.revisions.emptied import emptied
from exai_compiler.revisions.impact import chains_to_callers
from exai_compiler.revisions.pins import pinned_services
from exai_compiler.revisions.places import uncalled, unreachable
from exai_compiler.revisions.reachable import closed, is_stopped, uncallable
from exai_compiler.revisions.unserved import unserved
from exai_specs.effects import Effect
from exai_specs.kinds import Environment, ServiceSpec
from exai_specs.values import replace


def breaks_of(
    projects: tuple[Project, Project],
    environments: tuple[Environment, Environment],
    name: str,
    lineages: tuple[Lineage, Lineage],
    documents: tuple[DocumentChange, ...],
    planned: Iterable[Planned],
    objects: tuple[Rendered, ...],
) -> Iterator[Break]:
    """Who can no longer work: what is asked is another thing, or isn't where it was."""
    (base, head), (old, new) = projects, environments
    services = frozenset(each.ref.name for each in documents if each.ref.kind == "Service")
    # A pin keeps a service as it is, and its callers have to know before it is moved.
    services |= pinned_services(head, name)
    models = frozenset(each.ref.name for each in documents if each.ref.kind == "Model")
    services |= frozenset(  # and before a person moves an alias
        spec.ref.name
        for spec, service in head.bodies(ServiceSpec)
        if any(each.partition("@")[0] in models for _, each in service.references)
    )
    found = tuple(uncallable(base, head))
    found += tuple(broken_callers(base, head, *lineages, services))
    chains = chains_to_callers(documents, head)
    found += tuple(broken_graphs(base, head, found, chains))
    if new.target != "local":
        found += tuple(closed(base, head))
    found = less_absent(found, old, new)
    yield from found
    broken = frozenset(each.ref for each in found)
    stopped = frozenset(ref for ref, spec in base.specs.items() if is_stopped(spec))
    yield from uncalled(planned, documents, head, name, broken | stopped)
    yield from (each for each in unserved(base, head) if new.target != "local")
    yield from emptied(planned, documents, base, head, objects)
    if old.target != new.target:
        yield from unreachable(base, head, name, broken)


def with_breaks(
    documents: tuple[DocumentChange, ...], breaks: tuple[Break, ...], head: Project
) -> tuple[DocumentChange, ...]:
    """With every document that breaks, whether an object of it changes or not: a graph that calls
    what is broken, who mounts files that are lost, a service whose model a person moves. Sorted by
    identity."""
    broken = {each.ref for each in breaks}
    found = {
        each.ref: replace(each, impact=Effect.BREAKING) if each.ref in broken else each
        for each in documents
    }
    for each in breaks:
        if each.ref not in found:
            at = head.specs[each.ref].at("metadata", "name")
            made = DocumentChange(each.ref, "affected", Effect.BREAKING, each.because, (), at)
            found[each.ref] = made
    return tuple(found[ref] for ref in sorted(found))
