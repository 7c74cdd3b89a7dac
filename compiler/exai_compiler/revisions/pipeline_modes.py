"""Pipelines that get to a cluster another way: `pipelines.mode` is another one.

In: the objects of both revisions, an environment of both. Out: what is there for the new one, and
what to say of it. What went there as objects of Kubernetes isn't what KFP's API has, nor the other
way round: all of it is made anew. Schedules go through the API either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from exai_compiler.build import Observed, Rendered
from exai_compiler.planning.built import observed
from exai_compiler.revisions.documents import DocumentChange
from exai_specs.kinds import Environment
from exai_specs.values import replace

_PIPELINES = ("Pipeline", "PipelineVersion")
_NOTES: Mapping[str, str] = MappingProxyType(
    {
        "api": "pipelines go through the KFP API now, as what `exai render` writes to `kfp/`: they "
        "are made anew there, and those that are Kubernetes objects stay until somebody takes them "
        "away",
        "kubernetes": "pipelines are Kubernetes objects now: they are made anew there, and those "
        "that were uploaded stay in KFP until somebody takes them away",
    }
)


def standing(objects: tuple[Rendered, ...], before: Environment, after: Environment) -> Observed:
    """What of these objects is where the new revision puts its own."""
    if not _differ(before, after):
        return observed(objects)
    return observed(tuple(each for each in objects if not _is_pipeline(each)))


def with_mode(
    documents: Iterable[DocumentChange],
    before: Environment,
    after: Environment,
    objects: Iterable[Rendered],
) -> tuple[DocumentChange, ...]:
    """With a note at the Project, where there is a pipeline among the `objects` of both."""
    note = _NOTES[after.pipelines.mode] if _differ(before, after) else ""
    note = note if note and any(map(_is_pipeline, objects)) else ""
    return tuple(
        replace(each, note="; ".join(filter(None, (note, each.note))))
        if each.ref.kind == "Project" and note
        else each
        for each in documents
    )


def _is_pipeline(item: Rendered) -> bool:
    return item.id.kind in _PIPELINES and item.origin.kind != "Manifest"


def _differ(before: Environment, after: Environment) -> bool:
    return (
        before.target == after.target != "local" and before.pipelines.mode != after.pipelines.mode
    )
