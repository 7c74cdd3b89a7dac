"""Pipelines that would train something else, and that nothing starts here; and those that something
else starts from now on.

In: the documents that a change reaches, the new revision as rendered. Out: the same documents, with
a note where an apply starts no run: `retrain` alone would promise one.
"""

from __future__ import annotations

from exai_compiler.build import RunRequest
from exai_compiler.resolved import Resolved
from exai_compiler.revisions.documents import DocumentChange
from exai_compiler.runs import DEFAULT_ON
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.kinds import PipelineSpec
from exai_specs.values import replace


def with_notes(
    documents: tuple[DocumentChange, ...], head: Resolved, runs: tuple[RunRequest, ...]
) -> tuple[DocumentChange, ...]:
    """The documents, in their order."""
    due = {run.pipeline for run in runs if run.due}
    told = (
        replace(each, note=_note(head, each.ref.name)) if _waits(each, head, due) else each
        for each in documents
    )
    return tuple(
        replace(each, note=_otherwise(each, head)) if _is_started_otherwise(each) else each
        for each in told
    )


def _is_started_otherwise(change: DocumentChange) -> bool:
    paths = (field.path[:3] for field in change.fields)
    return change.ref.kind == "Pipeline" and not change.note and _ON in paths


def _otherwise(change: DocumentChange, head: Resolved) -> str:
    """What starts a run now, from a change of `run.on` on."""
    body = head.project.body(PipelineSpec, change.ref.name)
    if body is None or body.artifacts:
        return ""
    on = DEFAULT_ON[head.environment.target] if body.run.on is None else body.run.on
    starts = [words for key, words in _STARTS.items() if key in on]
    starts += ["its schedule"] if body.schedules else []
    return f"from now on {' or '.join((*starts, 'a person'))} starts a run"


_ON = ("spec", "run", "on")
_STARTS = {"spec": "another meaning of the specs", "data": "new data"}


def _waits(change: DocumentChange, head: Resolved, due: set[Ref]) -> bool:
    pipeline = change.ref.kind == "Pipeline" and change.verb != "removed"
    trains = change.impact is Effect.RETRAIN or change.verb == "added"
    return pipeline and trains and change.ref not in due and bool(_note(head, change.ref.name))


def _note(head: Resolved, name: str) -> str:
    body = head.project.body(PipelineSpec, name)
    if body is None or body.artifacts:
        return ""
    on = DEFAULT_ON[head.environment.target] if body.run.on is None else body.run.on
    if "spec" in on:
        return ""
    why = f"`run.on` is empty in `{head.name}`" if not on else "`run.on` has no `spec`"
    if "data" in on:
        later = "its schedule or new data" if body.schedules else "new data or a person"
        return f"no run is planned: {why}; {later} starts it"
    later = "its schedule runs it next" if body.schedules else "a person starts it"
    return f"no run is planned: {why}; {later}"
