"""Versions of data that stand in the specs: whoever raises one says that the data are new.

In: the projects of two revisions, or both resolved. Out: the versions that the new one has, as a
`Facts` has them; the runs that are due because of them. Never: what only a source tells, which a
comparison takes for the same on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.maybe import Known
from exai_compiler.project import Project
from exai_compiler.resolved import Resolved
from exai_compiler.revisions.documents import DocumentChange
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.kinds import DatasetSpec
from exai_specs.kinds.dataset import Fixed
from exai_specs.values import replace

_VERSION = ("spec", "version")


def set_otherwise(base: Project, head: Project) -> Mapping[str, Known[str]]:
    """By name of a dataset of both, the version where `fixed` is another one, or new, or gone."""
    found = {}
    for spec, dataset in head.bodies(DatasetSpec):
        was = base.body(DatasetSpec, spec.ref.name)
        if was is not None and was.version != dataset.version:
            if isinstance(dataset.version, Fixed):
                found[spec.ref.name] = Known(f"fixed:{dataset.version.fixed}")
            elif isinstance(was.version, Fixed):
                found[spec.ref.name] = Known("its own")
    return found


def run_anew(base: Resolved | None, head: Resolved) -> Mapping[str, frozenset[Ref]]:
    """The pipelines that run because of such a version, each with the datasets to blame."""
    if base is None or not (others := set_otherwise(base.project, head.project)):
        return {}
    return {
        run.pipeline.name: frozenset(Ref("Dataset", name) for name in named)
        for run in head.runs
        if run.due and (named := run.data.keys() & others.keys())
    }


def as_run(change: DocumentChange, runs: Mapping[str, frozenset[Ref]]) -> DocumentChange:
    """A dataset whose version starts a run trains, whatever that field declares."""
    if not any(change.ref in datasets for datasets in runs.values()):
        return change
    fields = tuple(
        replace(each, effect=max(each.effect, Effect.RETRAIN))
        if each.path[:2] == _VERSION
        else each
        for each in change.fields
    )
    return replace(
        change, fields=fields, impact=max(change.impact, *(each.effect for each in fields))
    )
