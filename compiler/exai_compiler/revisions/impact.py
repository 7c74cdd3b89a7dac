"""How far the changes of documents reach along the lineage.

In: both revisions resolved, their lineage, the changed documents. Out: all documents that a change
reaches, each with the most severe effect and the chain that explains it. A change that means
something (`RETRAIN`) reaches every pipeline whose meaning it changes, and from there the models and
services behind them; a change of a Runtime the Services that it serves, or served; any other stays
with its own document, and so does a pipeline's that leaves its meaning as it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from exai_compiler.edges import Node
from exai_compiler.feature_views import features_of
from exai_compiler.graph import Frame, everything
from exai_compiler.lineage import Lineage
from exai_compiler.named_by_steps import models_registered
from exai_compiler.named_files import asked_files
from exai_compiler.project import Project
from exai_compiler.python_code import PYTHON, function_of
from exai_compiler.python_code.meant import code_meaning
from exai_compiler.resolved import Resolved
from exai_compiler.revisions.absent import is_absent
from exai_compiler.revisions.documents import FILE, DocumentChange, by_ref
from exai_compiler.revisions.reachable import is_stopped
from exai_compiler.revisions.set_versions import as_run, run_anew
from exai_compiler.revisions.trials import searched_anew
from exai_compiler.revisions.ways import Chain, nearest
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.kinds import FeatureViewSpec, ServiceSpec
from exai_specs.values import replace


def reached(
    base: Resolved | None,
    head: Resolved,
    before: Lineage | None,
    after: Lineage,
    changes: tuple[DocumentChange, ...],
) -> tuple[DocumentChange, ...]:
    """The changed documents and those that they reach, sorted by identity."""
    runs = run_anew(base, head)
    changes = tuple(as_run(_as_meant(change, base, head), runs) for change in changes)
    changes = (*changes, *_functions(base, head, after, changes))
    found = dict(by_ref(changes))
    changed = frozenset(found)
    meant = by_ref(tuple(_meaningful(changes)))
    was = base.meanings if base is not None else {}
    renamed = [(Ref("Pipeline", name),) for name in head.meanings if name not in was]
    others = [
        name
        for name, meaning in head.meanings.items()
        if was.get(name, meaning) != meaning or name in runs
    ]
    blamed = _chains(head, before, after, others, meant)
    files = paths_changed(base, head) if others else ()
    meaning_files = [path for path in files if not _means_the_same(base, head, path)]
    for name in sorted(others):
        ref = Ref("Pipeline", name)
        chain_ = blamed[ref]
        if chain_ == (ref,) and ref not in changed:
            # A file that is embedded as it is counts whatever its code means.
            blame = first_file(meaning_files, head, ref) or first_file(files, head, ref)
            chain_ = (*blame, ref)
        _reach(head, found, ref, chain_)
    trained = [found[Ref("Pipeline", name)].because for name in others]
    trained += [(each.ref,) for each in changes if _runs_again(each)]
    _follow(head, found, trained, after)
    if base is not None:
        _follow(head, found, renamed, after, _changing(base, head))
        for chain_ in searched_anew(base, head):
            _reach(head, found, chain_[-1], chain_)
    for change in changes:
        if (
            change.ref.kind == "Runtime"
            and not is_absent(change.ref, head.environment)
            and _serves_otherwise(change)
        ):
            start = Node(change.ref.kind, change.ref.name)
            below = [each.down(start, 1) for each in (after, before) if each is not None]
            for node in dict.fromkeys(chain.from_iterable(below)):
                if node.kind == "Service" and _is_served(head, node.ref):
                    _reach(head, found, node.ref, (change.ref, node.ref), Effect.REDEPLOY)
    return tuple(found[ref] for ref in sorted(found))


def _follow(
    head: Resolved,
    found: dict[Ref, DocumentChange],
    pipelines: Iterable[Chain],
    after: Lineage,
    known: frozenset[Ref] | None = None,
) -> None:
    """What comes of the next runs of pipelines, each with why it runs; of those that are new, only
    by way of what is `known`."""

    auto = {each.model: each.auto for each in head.promotions}

    def leads(above: Ref, below: Ref) -> bool:
        return (known is None or below in known) and not _stays(head, auto, above, below)

    for ref, because in nearest(after, pipelines, leads).items():
        _reach(head, found, ref, because)


def _stays(head: Resolved, auto: Mapping[Ref, tuple[str, ...]], model: Ref, service: Ref) -> bool:
    """Whether no run moves what a service serves of a model: it is pinned, or a number, or an alias
    that people move."""
    body = head.project.body(ServiceSpec, service.name) if service.kind == "Service" else None
    if body is None or model.kind != "Model":
        return False
    asked = [reference.partition("@") for _, reference in body.references]
    mine = {at for name, _, at in asked if name == model.name}
    return bool(mine) and mine.isdisjoint(auto.get(model, ()))


def _changing(base: Resolved, head: Resolved) -> frozenset[Ref]:
    """The documents of both but pipelines that mean what they meant: one that calls another by a
    new name has the same next run."""
    return frozenset(
        ref
        for ref in base.project.specs.keys() & head.project.specs.keys()
        if ref.kind != "Pipeline" or base.meanings.get(ref.name) != head.meanings.get(ref.name)
    )


def _as_meant(change: DocumentChange, base: Resolved | None, head: Resolved) -> DocumentChange:
    """A pipeline whose meaning stays trains nothing else, whatever its fields declare: they name a
    file that was moved, or a pipeline that is called otherwise now."""
    name = change.ref.name
    was = base.meanings.get(name) if base is not None else None
    if change.ref.kind != "Pipeline" or was is None or was != head.meanings.get(name):
        return change
    fields = tuple(
        replace(each, effect=Effect.RENDER)
        if each.effect is Effect.RETRAIN and each.path[:2] != _RUN
        else each
        for each in change.fields
    )
    impact = max((each.effect for each in fields), default=change.impact)
    return replace(change, fields=fields, impact=impact)


_RUN = ("spec", "run")
"""What starts a run without another meaning: `generation`."""


def _functions(
    base: Resolved | None, head: Resolved, after: Lineage, changes: tuple[DocumentChange, ...]
) -> Iterator[DocumentChange]:
    """The views whose function is another though their documents are the same, or no longer gets
    a feature that it may read, and the views and feature services behind them; and those whose
    function does the same in another text."""
    if base is None:
        return
    found = {change.ref for change in changes}
    changed = {each.ref for each in changes if each.verb == "changed"}
    starts, same = list[Chain](), list[Chain]()
    notes: dict[Ref, str] = {}
    for spec, view in head.project.bodies(FeatureViewSpec):
        if view.transform is None or spec.ref not in base.project.specs:
            continue
        path, _ = function_of(spec.document.file_of(PYTHON), view.transform.python)
        if spec.ref not in found and base.catalog.files.get(path) != head.catalog.files.get(path):
            chains = same if _means_the_same(base, head, path) else starts
            chains.append((Ref(FILE, path), spec.ref))
        for source in view.transform.sources:
            above = Ref("FeatureView", source)
            if above not in changed or spec.ref in found:
                continue
            was, now = (features_of(each.project, source) for each in (base, head))
            if gone := [f"`{each}`" for each in was if each not in now]:
                starts.append((above, spec.ref))
                less = notes.get(spec.ref, "its function no longer gets")
                notes[spec.ref] = f"{less}{',' if spec.ref in notes else ''} {', '.join(gone)}"
    others = nearest(after, starts)
    for ref, because in others.items():
        if ref.kind in _OF_FEATURES and ref not in found:
            at = head.project.specs[ref].at("metadata", "name")
            note = notes.get(ref, "")
            yield DocumentChange(ref, "affected", Effect.RETRAIN, because, (), at, note)
    for because in same:
        ref = because[-1]
        if ref not in others:
            at = head.project.specs[ref].at("metadata", "name")
            yield DocumentChange(ref, "affected", Effect.RENDER, because, (), at)


_OF_FEATURES = ("FeatureView", "FeatureService")


def _is_served(head: Resolved, service: Ref) -> bool:
    spec = head.project.specs.get(service)
    return spec is not None and not is_stopped(spec)


def _serves_otherwise(change: DocumentChange) -> bool:
    return change.verb != "changed" or change.impact >= Effect.REDEPLOY


def _reach(
    head: Resolved,
    found: dict[Ref, DocumentChange],
    ref: Ref,
    because: Chain,
    effect: Effect = Effect.RETRAIN,
) -> None:
    own = found.get(ref)
    if own is None:
        at = head.project.specs[ref].at("metadata", "name")
        found[ref] = DocumentChange(ref, "affected", effect, because, (), at)
    elif own.impact < effect:
        found[ref] = replace(own, impact=effect, because=because)


def _chains(
    head: Resolved,
    before: Lineage | None,
    after: Lineage,
    pipelines: Iterable[str],
    meant: Mapping[Ref, DocumentChange],
) -> Mapping[Ref, Chain]:
    """From the nearest changed document that means something else down to each pipeline. The
    pipeline alone where none is to blame: then it is the Python of a step, or exai itself."""
    # With a file before it no other document is to blame.
    starts = [
        change.because
        for change in meant.values()
        if all(ref.kind == FILE for ref in change.because[:-1])
    ]
    ways = [nearest(each, starts) for each in (after, before) if each is not None]
    found: dict[Ref, Chain] = {}
    for name in pipelines:
        pipeline = Ref("Pipeline", name)
        registered = (Ref("Model", each) for each in models_registered(head.graphs[name]))
        chains: list[Chain] = [(ref, pipeline) for ref in registered if ref in meant]
        chains += [each[pipeline] for each in ways if pipeline in each]
        if pipeline in meant:
            chains = []
        found[pipeline] = min(chains, key=lambda each: (len(each), each), default=(pipeline,))
    return found


def _runs_again(change: DocumentChange) -> bool:
    """Whether a person raised what starts a run without another meaning."""
    return change.ref.kind == "Pipeline" and any(
        each.path[:2] == _RUN and each.effect is Effect.RETRAIN for each in change.fields
    )


def paths_changed(base: Resolved | None, head: Resolved) -> Sequence[str]:
    """The files of users that differ, sorted."""
    was, now = base.catalog.files if base is not None else {}, head.catalog.files
    return sorted(path for path in {*was, *now} if was.get(path) != now.get(path))


def _means_the_same(base: Resolved | None, head: Resolved, path: str) -> bool:
    """Whether a file of Python's does the same in both: its comments may be others."""
    was = base.catalog.files.get(path) if base is not None else None
    now = head.catalog.files.get(path)
    if was == now or was is None or now is None or not path.endswith(".py"):
        return was == now
    return code_meaning(was) == code_meaning(now)


def first_file(paths: Sequence[str], head: Resolved, pipeline: Ref) -> Chain:
    """The first of these files, sorted, among those that the pipeline, or one that it calls, names.
    There may be as many as pipelines: each is looked up."""
    steps = everything(Frame(head.graphs[pipeline.name]))
    called = {pipeline, *(frame.graph.pipeline for frame, _ in steps)}
    named = {path for _, _, path in asked_files(head.project.specs[ref] for ref in sorted(called))}
    found = min((path for each in named for path in _first_at(paths, each)), default=None)
    return () if found is None else (Ref(FILE, found),)


def _first_at(paths: Sequence[str], name: str) -> Iterator[str]:
    """A file, and the first one of a folder."""
    for start in (name, f"{name}/"):
        number = bisect_left(paths, start)
        if number < len(paths) and (paths[number] == name or paths[number].startswith(f"{name}/")):
            yield paths[number]


def _meaningful(changes: tuple[DocumentChange, ...]) -> Iterator[DocumentChange]:
    for change in changes:
        if change.verb in ("added", "removed") or change.impact >= Effect.RETRAIN:
            yield change


def chains_of(changes: tuple[DocumentChange, ...]) -> Mapping[Ref, Chain]:
    """Why each document is among the changes."""
    return {change.ref: change.because for change in changes}


def chains_to_callers(
    changes: tuple[DocumentChange, ...], head: Project
) -> Mapping[Ref, tuple[Ref, ...]]:
    """The same, and those of the services that serve a model among the changes and that no run
    moves: their callers have to know before a person does."""
    found = dict(chains_of(changes))
    for spec, service in head.bodies(ServiceSpec):
        models = (Ref("Model", each.partition("@")[0]) for _, each in service.references)
        above = next((found[model] for model in models if model in found), None)
        if above is not None:
            found.setdefault(spec.ref, (*above, spec.ref))
    return found
