"""Who can no longer work, as far as that is certain where a revision has mistakes.

In: both revisions' documents, the errors of each, the names of what can't be read. Out: `Break`s
that hold whatever was meant by what is wrong: they follow from documents that are whole on both
sides, and from no lineage, plan or pin. Never: a guess at what a mistake should say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.project import Project
from exai_compiler.revisions.absent import less_absent
from exai_compiler.revisions.breaking import with_breaks
from exai_compiler.revisions.breaks import Break
from exai_compiler.revisions.contract import Contract, broken_graphs, contract, differences
from exai_compiler.revisions.documents import DocumentChange
from exai_compiler.revisions.impact import chains_to_callers
from exai_compiler.revisions.places import in_another_namespace, unreachable
from exai_compiler.revisions.reachable import callers, closed, removed, uncallable
from exai_compiler.revisions.unserved import unserved
from exai_compiler.whole import Readable, whole_documents
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.kinds import ModelSpec, ServiceSpec
from exai_specs.kinds.model_files import InlineModel
from exai_specs.values import replace


def certain_breaks(
    old: Readable, new: Readable, name: str, documents: tuple[DocumentChange, ...]
) -> tuple[Break, ...]:
    """What is gone, and what else a document says that is whole: in the environment `name`, which
    both have. `documents` are those that differ, of which it comes."""
    base, head = old.project, new.project
    was, now = base.environment(name), head.environment(name)
    if was is None or now is None:
        return ()
    whole = whole_documents(old), whole_documents(new)
    both = whole[0] & whole[1]
    if not both:
        return less_absent(removed(base, head), was, now)
    found = [each for each in uncallable(base, head) if each.is_gone or each.ref in both]
    found += _otherwise(old.project, new.project, whole)
    told = tuple(each for each in found if not each.is_gone)
    chains = chains_to_callers(documents, head)
    found += (each for each in broken_graphs(base, head, told, chains) if each.ref in both)
    if now.target != "local":
        found += (each for each in closed(base, head) if each.ref in both)
        found += (each for each in unserved(base, head) if _is_unserved(each, both, new))
    if head.root.ref in both:
        known = frozenset(each.ref for each in found)
        where = tuple(in_another_namespace(base, head, name, known))
        if was.target != now.target:
            where = tuple(unreachable(base, head, name, known))
        found += (each for each in where if each.ref in both)
    found = [*less_absent(found, was, now)]
    return tuple(
        replace(each, because=each.because or chains.get(each.ref, (each.ref,))) for each in found
    )


def _otherwise(
    base: Project, head: Project, whole: tuple[frozenset[Ref], frozenset[Ref]]
) -> Iterator[Break]:
    """Whoever calls a service that speaks another protocol, or whose model declares that it takes
    or gives something else."""
    for spec, was in base.bodies(ServiceSpec):
        new = head.find("Service", spec.ref.name)
        now = head.body(ServiceSpec, spec.ref.name)
        if new is None or now is None or spec.ref not in whole[0] & whole[1] or was.stopped:
            continue
        declared = _declares(base, was, whole[0]) and _declares(head, now, whole[1])
        old_contract = _contract(base, spec.ref.name, was, declared)
        new_contract = _contract(head, spec.ref.name, now, declared)
        for path, why in differences(old_contract, new_contract):
            own = path == "protocol"
            because = (spec.ref,) if own else ()
            at = new.at("spec", path)
            yield Break(callers(spec.ref), spec.ref, at, why, because, of_model=not own)


def _declares(project: Project, service: ServiceSpec, whole: frozenset[Ref]) -> bool:
    """Whether documents alone say what a request holds: of files with a signature."""
    if service.features is not None:
        return False
    if isinstance(service.model, InlineModel):
        return service.model.signature is not None
    ref = Ref("Model", service.reference.partition("@")[0])
    model = project.body(ModelSpec, ref.name)
    declared = model is not None and model.source is not None and model.signature is not None
    return declared and ref in whole


def _contract(project: Project, name: str, service: ServiceSpec, declared: bool) -> Contract:
    found = contract(project, None, {}, name) if declared else None
    return found or Contract({}, service.protocol, "", "passed", {})


def _is_unserved(broken: Break, both: frozenset[Ref], new: Readable) -> bool:
    """Whether the runtime is gone, and isn't one that can't be read."""
    names: Iterable[str] = (each.name.casefold() for each in broken.because[:-1])
    there = new.runtimes or set(names) & (new.unread or frozenset())
    return broken.ref in both and not there


def with_certain_breaks(
    documents: tuple[DocumentChange, ...], breaks: tuple[Break, ...], head: Project
) -> tuple[DocumentChange, ...]:
    """With each document that breaks, and with what is to blame for it as severe as that: no plan
    tells what else follows."""
    to_blame = {ref for each in breaks for ref in each.because[:1]}
    severe = (
        replace(each, impact=Effect.BREAKING) if each.ref in to_blame else each
        for each in documents
    )
    return with_breaks(tuple(severe), breaks, head)
