"""Render: the resolved project as objects, through the table of backends.

In: `Resolved`. Out: a `Build`. It touches no network, clock or randomness: the same
input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

from exai_compiler.ancestors import ancestors
from exai_compiler.build import Build, Rendered, RunRequest
from exai_compiler.changes import ObjectId
from exai_compiler.parity import parity
from exai_compiler.resolved import Resolved
from exai_compiler.spread import Spread, in_turn
from exai_specs.kinds.patches import patches_of
from exai_specs.parse import Spec
from exai_specs.values import fields, replace

if TYPE_CHECKING:
    from exai_compiler.backends.table import Renderer


def render(resolved: Resolved, spread: Spread = in_turn) -> Build:
    """Every object of every document, once, sorted by identity.

    Raises ValueError when two documents disagree on one.
    """

    def of(spec: Spec) -> tuple[Rendered, ...]:
        return tuple(objects_of(resolved, spec))

    kinds = _renderers().keys()
    specs = [spec for spec in resolved.project.specs.values() if spec.ref.kind in kinds]
    # Nearly all of the work is what pipelines take.
    pipelines = [spec for spec in specs if spec.ref.kind == "Pipeline"]
    with spread(of, pipelines) as of_pipelines:
        others = [of(spec) for spec in specs if spec.ref.kind != "Pipeline"]
        notes = parity(resolved.project, resolved.name)
        chains = ancestors(resolved.project, resolved.graphs)
        ordered = _each_once(chain.from_iterable((*others, *of_pipelines)))
    return Build(
        environment=resolved.name,
        objects=ordered,
        runs=_runs(resolved, ordered),
        promotions=resolved.promotions,
        waiting=resolved.waiting,
        parity=notes,
        chains=chains,
        materializations=resolved.materializations,
    )


def _each_once(found: Iterable[Rendered]) -> tuple[Rendered, ...]:
    objects: dict[ObjectId, Rendered] = {}
    for rendered in found:
        first = objects.setdefault(rendered.id, rendered)
        if first.body is not rendered.body and first.body != rendered.body:
            raise ValueError(f"{first.origin} and {rendered.origin} render different {rendered.id}")
    return tuple(objects[key] for key in sorted(objects, key=attrgetter("api", "kind", "name")))


def unpatched(resolved: Resolved, spec: Spec) -> Iterator[Rendered]:
    """What the backends make of one document, before its patches."""
    for renderer in _renderers().get(spec.ref.kind, ()):
        yield from renderer(resolved, spec)


@cache
def _renderers() -> Mapping[str, tuple[Renderer, ...]]:
    """By kind. The backends are imported for the first document that is rendered: checks, which
    know this module, seldom come to one."""
    from exai_compiler.backends.table import BACKENDS

    kinds = dict.fromkeys(kind for renderers in BACKENDS.values() for kind in renderers)
    return MappingProxyType(
        {kind: tuple(each[kind] for each in BACKENDS.values() if kind in each) for kind in kinds}
    )


def objects_of(resolved: Resolved, spec: Spec) -> Iterator[Rendered]:
    """The objects of one document, with its patches."""
    patches = patches_of(spec.body)
    for rendered in unpatched(resolved, spec):
        patch = patches.get(rendered.id.kind)
        if patch is None or not isinstance(rendered.body, Mapping):
            yield rendered
        else:
            from exai_compiler.patches import merged

            yield replace(rendered, body=merged(rendered.id.kind, rendered.body, patch))


def _runs(resolved: Resolved, objects: tuple[Rendered, ...]) -> tuple[RunRequest, ...]:
    versions = {item.origin: item.id for item in objects if item.id.kind == "PipelineVersion"}
    return tuple(
        RunRequest(
            **{field.name: getattr(run, field.name) for field in fields(run)},
            version=versions[run.pipeline],
        )
        for run in resolved.runs
    )
