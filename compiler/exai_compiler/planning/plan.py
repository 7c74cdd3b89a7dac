"""The planner.

In: a `Build` and what a target holds. Out: a `Plan`: every action of every round, and what
waits. It doesn't know which target it plans for. An action belongs to the first round in which
its values are known: what waits for a model that a planned run registers comes in round 2; what
waits for nothing in this plan stands under `waiting`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.build import Build, Observed, Promotion, RunRequest
from exai_compiler.changes import (
    Change,
    Judge,
    Materialize,
    MoveAlias,
    Plan,
    Planned,
    Run,
    Update,
    subject,
    verb,
)
from exai_compiler.maybe import Known, Unknown, unknowns
from exai_compiler.planning import objects
from exai_compiler.planning.rules import (
    ALIAS_WAVE,
    MATERIALIZE_WAVE,
    RUN_WAVE,
    VERDICT_WAVE,
)
from exai_specs.effects import Effect
from exai_specs.frozen import Json, digest
from exai_specs.identity import Ref
from exai_specs.values import replace

Ordered = tuple[int, Planned]


def plan(build: Build, observed: Observed) -> Plan:
    """The list that an apply may execute.

    `plan(x, what x made)` is empty.
    """
    due: dict[Ref, RunRequest] = {}  # by the model that the run registers
    for run in build.runs:
        for name in run.registers if run.due else ():
            due.setdefault(Ref("Model", name), run)
    coming = frozenset(due)
    leaves = {
        item.id: found
        for item in build.objects
        if not item.closed and (found := tuple(unknowns(item.body)))
    }
    ordered = [
        *objects.plan_objects(build, observed, coming, leaves),
        *_materializations(build),
        *_runs(build),
        *(item for promotion in build.promotions for item in _promotion(build, promotion, due)),
    ]
    ordered.sort(
        key=lambda item: (item[1].round, item[0], subject(item[1].change), verb(item[1].change))
    )
    changes = tuple(planned for _, planned in ordered)
    waiting = dict.fromkeys((*build.waiting, *objects.waiting(leaves, coming)))
    return Plan(
        environment=build.environment,
        changes=changes,
        waiting=tuple(sorted(waiting, key=lambda u: (u.waits_for, u.reason))),
        notes=build.parity,
        scope=scope(changes),
    )


def scope(changes: tuple[Planned, ...]) -> str:
    """What a reviewer agreed to: identities, verbs, field paths and impact; no values."""
    return digest(tuple(_agreed(planned) for planned in changes))


def _agreed(planned: Planned) -> Json:
    change = planned.change
    fields = change.fields if isinstance(change, Update) else ()
    paths = tuple(sorted(".".join(map(str, field.path)) for field in fields))
    return (verb(change), subject(change), paths, planned.impact.name)


def outgrown(first: Plan, later: Plan) -> tuple[Change, ...]:
    """What a later round wants to do that the plan shown first doesn't list."""
    agreed = {_identity(planned.change) for planned in first.changes}
    return tuple(
        planned.change for planned in later.changes if _identity(planned.change) not in agreed
    )


def _identity(change: Change) -> tuple[str, str, str]:
    # Two runs of one pipeline are two things: the second one is new data or a new spec.
    return verb(change), subject(change), change.key if isinstance(change, Run) else ""


def _materializations(build: Build) -> Iterator[Ordered]:
    """After the repository that defines the views, before the services that look them up."""
    defined = next((o.origin for o in build.objects if o.id.kind == "FeatureRepository"), None)
    for view in build.materializations:
        if view.due:
            change = Materialize(view.view, view.key, view.why)
            because = (*((defined,) if defined else ()), *build.chains.get(view.view, ()))
            yield MATERIALIZE_WAVE, Planned(change, 1, Effect.MATERIALIZE, because)


def _runs(build: Build) -> Iterator[Ordered]:
    for run in build.runs:
        if run.due:
            change = Run(run.pipeline, run.key, run.why)
            yield RUN_WAVE, Planned(change, 1, Effect.RETRAIN, build.chains.get(run.pipeline, ()))


def _promotion(
    build: Build, promotion: Promotion, due: Mapping[Ref, RunRequest]
) -> Iterator[Ordered]:
    because = build.chains.get(promotion.model, ())
    run = due.get(promotion.model)
    if run is not None:
        yield VERDICT_WAVE, Planned(Judge(promotion.model, run.key), 2, Effect.RENDER, because)
    elif promotion.new_verdict:
        judge = Judge(promotion.model, promotion.run_key)
        yield VERDICT_WAVE, Planned(judge, 1, Effect.RENDER, because)
    for alias, to in sorted(promotion.wanted.items()):
        match to:
            case Known(value) if value == promotion.current.get(alias):
                continue
            case Unknown() if run is None:
                continue
        move = MoveAlias(promotion.model, alias, to)
        yield ALIAS_WAVE, Planned(move, 2 if run else 1, Effect.REDEPLOY, because)


def in_round(plan: Plan, number: int) -> tuple[Planned, ...]:
    """The actions of one round, in the order in which they are executed."""
    return tuple(planned for planned in plan.changes if planned.round == number)


def first_round(later: Plan, number: int) -> tuple[Planned, ...]:
    """What a plan made before round `number` may execute in it, numbered as the plan shown
    first numbers it."""
    return tuple(replace(planned, round=number) for planned in in_round(later, 1))
