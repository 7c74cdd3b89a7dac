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
        replace(each, note=_otherwise(each, head)) if _is_started_otherwise(each, head) else each
        for each in told
    )


def _is_started_otherwise(change: DocumentChange, head: Resolved) -> bool:
    if change.ref.kind != "Pipeline" or change.note:
        return False
    return any(each.path[:3] == _ON for each in change.fields) or _is_off(change, head)


def _is_off(change: DocumentChange, head: Resolved) -> bool:
    """Whether its last schedule is gone, or switched off. One machine has none."""
    body = head.project.body(PipelineSpec, change.ref.name)
    if body is None or head.environment.target == "local" or _is_scheduled(body, head):
        return False
    return any(each.path[:2] == ("spec", "schedules") for each in change.fields)


def _is_scheduled(body: PipelineSpec, head: Resolved) -> bool:
    """On one machine nothing runs by itself."""
    if head.environment.target == "local":
        return False
    return any(each.enabled for each in body.schedules.values())


def _otherwise(change: DocumentChange, head: Resolved) -> str:
    """What starts a run now, from a change of `run.on` or of its schedules on."""
    body = head.project.body(PipelineSpec, change.ref.name)
    if body is None or body.artifacts:
        return ""
    on = DEFAULT_ON[head.environment.target] if body.run.on is None else body.run.on
    starts = [words for key, words in _STARTS.items() if key in on]
    starts += ["its schedule"] if _is_scheduled(body, head) else []
    if _is_off(change, head):
        by_hand = "nothing runs it by itself any more: a person starts a run"
        run = f"no schedule runs it any more: {' or '.join((*starts, 'a person'))} starts a run"
        return run if starts else by_hand
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
        later = "its schedule or new data" if _is_scheduled(body, head) else "new data or a person"
        return f"no run is planned: {why}; {later} starts it"
    later = "its schedule runs it next" if _is_scheduled(body, head) else "a person starts it"
    return f"no run is planned: {why}; {later}"
