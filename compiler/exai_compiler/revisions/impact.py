"""How far the changes of documents reach along the lineage.

In: both revisions resolved, their lineage, the changed documents. Out: all documents that a change
reaches, each with the most severe effect and the chain that explains it. A change that means
something (`RETRAIN`) reaches every pipeline whose meaning it changes, and from there the models and
services behind them; a change of a Runtime the Services that it serves, or served; any other stays
with its own document, and so does a pipeline's that leaves its meaning as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice, pairwise

from exai_compiler.edges import Node
from exai_compiler.facts import Pin
from exai_compiler.graph import Frame, everything
from exai_compiler.lineage import Lineage
from exai_compiler.meaning import models_registered
from exai_compiler.named_files import asked_files
from exai_compiler.python_code import PYTHON, function_of
from exai_compiler.resolved import Resolved
from exai_compiler.revisions.documents import DocumentChange, by_ref
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.kinds import FeatureViewSpec, ServiceSpec
from exai_specs.values import replace

Chain = tuple[Ref, ...]

FILE = "File"
"""The kind of what is to blame where it is no document: a file that one names."""


def reached(
    base: Resolved | None,
    head: Resolved,
    before: Lineage | None,
    after: Lineage,
    changes: tuple[DocumentChange, ...],
) -> tuple[DocumentChange, ...]:
    """The changed documents and those that they reach, sorted by identity."""
    changes = tuple(_as_meant(change, base, head) for change in changes)
    changes = (*changes, *_functions(base, head, after, changes))
    found = dict(by_ref(changes))
    changed = frozenset(found)
    meant = by_ref(tuple(_meaningful(changes)))
    was = base.meanings if base is not None else {}
    for name, meaning in sorted(head.meanings.items()):
        ref = Ref("Pipeline", name)
        if name not in was:
            if base is not None:
                _follow(head, found, ref, (ref,), after, _changing(base, head))
            continue
        if was[name] == meaning:
            continue
        blamed = _chain(head, before, after, ref, meant)
        if blamed == (ref,) and ref not in changed:
            blamed = (*_file(base, head, ref), ref)
        _reach(head, found, ref, blamed)
        _follow(head, found, ref, found[ref].because, after)
    for change in changes:
        if change.ref.kind == "Runtime" and _serves_otherwise(change):
            start = Node(change.ref.kind, change.ref.name)
            below = [each.down(start, 1) for each in (after, before) if each is not None]
            for node in dict.fromkeys(chain.from_iterable(below)):
                if node.kind == "Service" and node.ref in head.project.specs:
                    _reach(head, found, node.ref, (change.ref, node.ref), Effect.REDEPLOY)
    return tuple(found[ref] for ref in sorted(found))


def _follow(
    head: Resolved,
    found: dict[Ref, DocumentChange],
    pipeline: Ref,
    because: Chain,
    after: Lineage,
    known: frozenset[Ref] | None = None,
) -> None:
    """What comes of a pipeline's next run; of one that is new, only by way of what is `known`."""
    start = Node(pipeline.kind, pipeline.name)
    for node in after.down(start):
        if node.is_document:
            way = documents_between(after, start, node)
            if any(_stays(head, *pair) for pair in pairwise(way)):
                continue
            if known is None or known.issuperset(way[1:]):
                _reach(head, found, node.ref, (*because, *way[1:]))


def _stays(head: Resolved, model: Ref, service: Ref) -> bool:
    """Whether a service serves only what is pinned of a model: no run rolls it out."""
    body = head.project.body(ServiceSpec, service.name) if service.kind == "Service" else None
    if body is None or model.kind != "Model":
        return False
    asked = [reference.partition("@") for _, reference in body.references]
    pins = [head.lock.pins.get((name, at)) for name, _, at in asked if name == model.name]
    return bool(pins) and all(isinstance(pin, Pin) for pin in pins)


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
    """The views whose function is another though their documents are the same, and the views and
    feature services behind them."""
    found = {change.ref for change in changes}
    for spec, view in head.project.bodies(FeatureViewSpec) if base is not None else ():
        if view.transform is None or base is None or spec.ref not in base.project.specs:
            continue
        path, _ = function_of(spec.document.file_of(PYTHON), view.transform.python)
        if spec.ref in found or base.catalog.files.get(path) == head.catalog.files.get(path):
            continue
        start = Node(spec.ref.kind, spec.ref.name)
        for node in (start, *after.down(start)):
            if node.is_document and node.kind in _OF_FEATURES and node.ref not in found:
                found.add(node.ref)
                because = (Ref(FILE, path), *(documents_between(after, start, node) or (spec.ref,)))
                at = head.project.specs[node.ref].at("metadata", "name")
                yield DocumentChange(node.ref, "affected", Effect.RETRAIN, because, (), at)


_OF_FEATURES = ("FeatureView", "FeatureService")


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


def _chain(
    head: Resolved,
    before: Lineage | None,
    after: Lineage,
    pipeline: Ref,
    meant: Mapping[Ref, DocumentChange],
) -> Chain:
    """From the nearest changed document that means something else down to the pipeline. The
    pipeline alone where none is to blame: then it is the Python of a step, or exai itself."""
    if pipeline in meant:
        return (pipeline,)
    registered = {Ref("Model", name) for name in models_registered(head.graphs[pipeline.name])}
    chains: list[Chain] = [(ref, pipeline) for ref in registered if ref in meant]
    end = Node(pipeline.kind, pipeline.name)
    asked = set(registered)
    # What is above is asked for what changed: of a large project much may have, and little is.
    for lineage in (each for each in (after, before) if each is not None):
        for node in lineage.up(end):
            change = meant.get(node.ref) if node.is_document else None
            if change is None or change.ref in asked:
                continue
            asked.add(change.ref)
            above = change.because[:-1]
            if all(ref.kind == FILE for ref in above):  # no other one is to blame
                chains.append((*above, *documents_between(lineage, node, end)))
    return min(chains, key=lambda chain: (len(chain), chain), default=(pipeline,))


def _file(base: Resolved | None, head: Resolved, pipeline: Ref) -> Chain:
    """The first file that differs among those that the pipeline, or one that it calls, names."""
    was = base.catalog.files if base is not None else {}
    steps = everything(Frame(head.graphs[pipeline.name]))
    called = {pipeline, *(frame.graph.pipeline for frame, _ in steps)}
    named = {path for _, _, path in asked_files(head.project.specs[ref] for ref in sorted(called))}
    now = head.catalog.files
    changed = (
        path
        for path in sorted({*was, *now})
        if was.get(path) != now.get(path)
        and any(path == each or path.startswith(f"{each}/") for each in named)
    )
    return tuple(Ref(FILE, path) for path in islice(changed, 1))


def _meaningful(changes: tuple[DocumentChange, ...]) -> Iterator[DocumentChange]:
    for change in changes:
        if change.verb != "changed" or change.impact >= Effect.RETRAIN:
            yield change


def documents_between(lineage: Lineage, start: Node, end: Node) -> Chain:
    """The documents along a shortest way, both ends included; empty without one."""
    edges = lineage.path(start, end)
    refs = [edge.source.ref for edge in edges] + ([end.ref] if edges else [])
    return (*refs[:1], *(b for a, b in pairwise(refs) if a != b))


def chains_of(changes: tuple[DocumentChange, ...]) -> Mapping[Ref, Chain]:
    """Why each document is among the changes."""
    return {change.ref: change.because for change in changes}
