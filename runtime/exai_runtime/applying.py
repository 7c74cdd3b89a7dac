"""An apply: rounds of facts -> resolve -> render -> observe -> plan -> execute, until the plan
shown first is done.

A later round may only do what the first plan lists; anything else ends the apply with `plan-
outgrown`. Nothing is decided here: what to do is the plan's, how is the target's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from exai_compiler.build import Build
from exai_compiler.changes import (
    Delete,
    Judge,
    Outcome,
    Plan,
    Planned,
    document_of,
    subject,
    verb,
)
from exai_compiler.facts import Verdict
from exai_compiler.leaves import leaves
from exai_compiler.planning import plan
from exai_compiler.planning.plan import first_round, outgrown
from exai_runtime.compiling import Checked, Compiled
from exai_runtime.events import ChangeFinished, ChangeStarted, Listen, RoundStarted
from exai_runtime.target import Writer
from exai_specs.diagnostics import Diagnostic, Span, has_errors
from exai_specs.identity import Ref
from exai_specs.kinds import ModelSpec, PipelineSpec
from exai_specs.values import frozen, replace

Compile = Callable[[], Compiled]


@frozen
class Done:
    """What an apply did: outcomes in order, the verdicts of its own runs, and what ended it
    early."""

    outcomes: tuple[Outcome, ...]
    verdicts: tuple[Verdict, ...]
    problems: tuple[Diagnostic, ...]


def execute_rounds(
    checked: Checked, target: Writer, first: Plan, build: Build, compiled: Compile, listen: Listen
) -> Done:
    """Everything that `first` lists, round by round.

    Stops after a round in which something failed.
    """
    outcomes: list[Outcome] = []
    verdicts: list[Verdict] = []
    number = 1
    changes = first_round(first, 1)
    while changes:
        listen(RoundStarted(number, changes))
        results = list(execute_changes(checked, target, changes, build, listen))
        outcomes += results
        verdicts += _verdicts(results, build)
        if any(outcome.result == "failed" for outcome in results):
            break
        if not any(planned.round > number for planned in first.changes):
            break
        number += 1
        again = compiled()
        if has_errors(again.problems):
            return Done(tuple(outcomes), tuple(verdicts), again.problems)
        build = again.build
        later = plan(build, target.observe())
        if surplus := outgrown(first, later):
            names = ", ".join(f"{verb(change)} {subject(change)}" for change in surplus)
            problem = Diagnostic(
                "plan-outgrown",
                f"round {number} would also {names}, which the plan that was shown doesn't list",
                Span(""),
                hint="what was done so far stays; look at a new plan and apply again",
            )
            return Done(tuple(outcomes), tuple(verdicts), (problem,))
        changes = first_round(later, number)
    return Done(tuple(outcomes), tuple(verdicts), tuple(missed_gates(checked, tuple(verdicts))))


def execute_changes(
    checked: Checked,
    target: Writer,
    changes: tuple[Planned, ...],
    build: Build,
    listen: Listen,
) -> Iterator[Outcome]:
    """One round in order.

    What depends on something that failed isn't tried; what doesn't, is.
    """
    failed: set[Ref] = set()
    for planned in changes:
        origin = document_of(planned)
        if blocked := _blocked(planned, origin, failed):
            yield Outcome(planned.change, "pending", blocked)
            continue
        listen(ChangeStarted(planned))
        outcome = target.apply(planned.change, build, listen)
        listen(ChangeFinished(planned, outcome))
        if outcome.result == "failed" and origin is not None:
            failed.add(origin)
            outcome = replace(outcome, at=outcome.at or _place(checked, origin, outcome.step))
        yield outcome


def _place(checked: Checked, origin: Ref, step: str) -> Span | None:
    spec = checked.project.specs.get(origin) if checked.project else None
    if spec is None:
        return None
    name, _, inside = step.partition("--")  # a step of a pipeline that a step is: `fit--train`
    found = leaves(spec.body) if step and isinstance(spec.body, PipelineSpec) else ()
    names = (name, name.removesuffix("-do"))
    path, leaf = next(((p, leaf) for p, n, leaf in found if n in names), (None, None))
    if inside and leaf is not None and leaf.pipeline is not None:
        return _place(checked, Ref("Pipeline", leaf.pipeline), inside)
    return spec.key_at(*path) if path is not None else spec.at("metadata", "name")


def _blocked(planned: Planned, origin: Ref | None, failed: set[Ref]) -> str:
    """Why a change isn't tried: what it depends on failed, or it would take something away."""
    if broken := sorted(each for each in failed if each == origin or each in planned.because):
        return f"not tried: {broken[0]} failed"
    if failed and isinstance(planned.change, Delete):
        return "not tried: nothing is deleted after a failure"
    return ""


def _verdicts(outcomes: list[Outcome], build: Build) -> Iterator[Verdict]:
    by_model = {promotion.model: promotion for promotion in build.promotions}
    for outcome in outcomes:
        if isinstance(outcome.change, Judge) and outcome.result != "failed":
            promotion = by_model.get(outcome.change.model)
            # A changed gate judges an old version again: that is no failure of this apply.
            if promotion is not None and promotion.verdict is not None and promotion.first_verdict:
                yield promotion.verdict


def missed_gates(checked: Checked, verdicts: tuple[Verdict, ...]) -> Iterator[Diagnostic]:
    """An error at each gate that a version of this apply missed."""
    project = checked.project
    for verdict in verdicts:
        spec = project.find("Model", verdict.model) if project else None
        if spec is None or not isinstance(spec.body, ModelSpec):
            continue
        for result in verdict.results:
            if result.passed:
                continue
            value = "no value" if result.value is None else f"{result.value:.6g}"
            limit = "" if result.limit is None else f", the limit is {result.limit:.6g}"
            note = f" ({result.note})" if result.note else ""
            yield Diagnostic(
                "gate-missed",
                f"version {verdict.version} of {verdict.model} missed the gate {result.metric} "
                f"{result.rule}: {value}{limit}{note}",
                spec.at("spec", "gates", result.metric),
                hint="it is registered, its aliases didn't move, what served before still serves",
            )
