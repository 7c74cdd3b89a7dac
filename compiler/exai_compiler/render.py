"""Render: the resolved project as objects, through the table of backends.

In: `Resolved`, `Lineage`. Out: a `Build`. It touches no network, clock or randomness: the same
input gives the same bytes.
"""

from __future__ import annotations

from dataclasses import fields
from types import MappingProxyType

from exai_compiler.backends import BACKENDS
from exai_compiler.build import Build, Rendered, RunRequest
from exai_compiler.changes import ObjectId
from exai_compiler.lineage import Lineage, chains
from exai_compiler.parity import parity
from exai_compiler.resolved import Resolved


def render(resolved: Resolved, lineage: Lineage) -> Build:
    """Every object of every document, once, sorted by identity.

    Raises ValueError when two documents disagree on one.
    """
    objects: dict[ObjectId, Rendered] = {}
    for spec in resolved.project.specs.values():
        for renderers in BACKENDS.values():
            if (renderer := renderers.get(spec.ref.kind)) is None:
                continue
            for rendered in renderer(resolved, spec):
                first = objects.setdefault(rendered.id, rendered)
                if first.body != rendered.body:
                    raise ValueError(
                        f"{first.origin} and {rendered.origin} render different {rendered.id}"
                    )
    ordered = tuple(objects[key] for key in sorted(objects))
    return Build(
        environment=resolved.name,
        objects=ordered,
        runs=_runs(resolved, ordered),
        promotions=resolved.promotions,
        waiting=resolved.waiting,
        parity=parity(resolved.project, resolved.name),
        chains=MappingProxyType(dict(chains(lineage))),
        materializations=resolved.materializations,
    )


def _runs(resolved: Resolved, objects: tuple[Rendered, ...]) -> tuple[RunRequest, ...]:
    versions = {item.origin: item.id for item in objects if item.id.kind == "PipelineVersion"}
    return tuple(
        RunRequest(
            **{field.name: getattr(run, field.name) for field in fields(run)},
            version=versions[run.pipeline],
        )
        for run in resolved.runs
    )
