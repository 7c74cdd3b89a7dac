"""The command `run`: start a run of one pipeline now, with parameters of one's own.

It is made of the changes that an apply is made of: the pipeline's own objects, as apply would
create them, then `Run`, then `Judge`. Nothing else of the plan is done: no alias moves, no service
changes, nothing is deleted. What the specs ask for runs under its own key, so that the next apply
finds it done; other parameters make another key, which never stands in for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from exai_compiler.build import Build, Promotion, RunRequest
from exai_compiler.changes import Create, Judge, Outcome, Plan, Planned, Run, Update
from exai_compiler.checks.demanded import asked_of
from exai_compiler.checks.not_local import of_a_run
from exai_compiler.facts import Facts, ModelFacts, Verdict
from exai_compiler.graphs import graphs_of
from exai_compiler.judge import gates_digest, judge
from exai_compiler.planning import plan as make_plan
from exai_compiler.runs import asked_for
from exai_runtime.applying import execute_changes, missed_gates
from exai_runtime.compiling import (
    Checked,
    Compiled,
    check_project,
    compile_environment,
    environment_for,
    open_target,
)
from exai_runtime.events import Listen, PhaseFinished, PhaseStarted
from exai_runtime.local.extras import missing_extra
from exai_runtime.local.facts import FactReader
from exai_runtime.local.run_records import record
from exai_runtime.local.target import LocalTarget
from exai_runtime.parameters import given
from exai_runtime.run_results import Asked
from exai_runtime.target import TargetError
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span, has_errors, in_order
from exai_specs.effects import Effect
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.kinds import ModelSpec, PipelineSpec
from exai_specs.nearest import did_you_mean
from exai_specs.values import replace

_OBJECTS = ("Pipeline", "PipelineVersion")


def run(
    root: Path,
    environment: str,
    pipeline: str,
    parameters: Sequence[str],
    again: bool,
    listen: Listen,
) -> Asked:
    """Start it, and wait for its end.

    `parameters` are `NAME=VALUE`; `again` runs it once more though an identical run has succeeded.
    The target's lock is held all the time, as an apply holds it.
    """
    started = time.monotonic()
    listen(PhaseStarted("reading and checking the specs"))
    checked = check_project(load(root), environment)
    listen(PhaseFinished("reading and checking the specs", time.monotonic() - started))
    found, problems = environment_for(checked, environment)
    values: Mapping[str, Json] = MappingProxyType({})
    if found is not None and not has_errors(problems):
        values, wrong = _parameters(checked, pipeline, parameters)
        problems = (*problems, *wrong)
    if found is None or has_errors(problems):
        return _ended(checked, environment, pipeline, problems, started)
    try:
        with open_target(checked, environment, found) as target:

            def compiled() -> Compiled:
                return compile_environment(checked, environment, found, target)

            asked = _asked(checked, environment, pipeline, target, compiled, values, again, listen)
    except TargetError as error:
        problems = (*problems, error.diagnostic)
        return _ended(checked, environment, pipeline, problems, started)
    return replace(
        asked,
        diagnostics=in_order((*problems, *asked.diagnostics)),
        elapsed=time.monotonic() - started,
    )


def _parameters(
    checked: Checked, pipeline: str, cells: Sequence[str]
) -> tuple[Mapping[str, Json], tuple[Diagnostic, ...]]:
    assert checked.usable is not None  # noqa: S101 - there is an environment, so there is a project
    body = checked.usable.body(PipelineSpec, pipeline)
    if body is not None and body.artifacts:
        at = checked.usable.specs[Ref("Pipeline", pipeline)].key_at("spec", "artifacts")
        message = f"`{pipeline}` takes files, which only a pipeline that calls it can give"
        hint = f"run a pipeline that has a step `pipeline: {pipeline}`"
        return MappingProxyType({}), (Diagnostic("only-called", message, at, hint=hint),)
    if body is not None:
        graphs = graphs_of(checked.usable, checked.catalog)
        if lacks := tuple(of_a_run(checked.usable, graphs, pipeline)):
            return MappingProxyType({}), lacks
        return given(body, pipeline, cells, asked_of(checked.usable, graphs, pipeline))
    known = [ref.name for ref in checked.usable.specs if ref.kind == "Pipeline"]
    hint = did_you_mean(pipeline, known) or "this project has none"
    message = f"there is no Pipeline `{pipeline}`"
    return MappingProxyType({}), (Diagnostic("unknown-pipeline", message, Span(""), hint=hint),)


def _asked(
    checked: Checked,
    environment: str,
    pipeline: str,
    target: LocalTarget,
    compile_: Callable[[], Compiled],
    values: Mapping[str, Json],
    again: bool,
    listen: Listen,
) -> Asked:
    began = time.monotonic()
    listen(PhaseStarted("looking at the target"))
    compiled = compile_()
    listen(PhaseFinished("looking at the target", time.monotonic() - began))
    wanted = next((one for one in compiled.build.runs if one.pipeline.name == pipeline), None)
    if wanted is None or not compiled.runnable:
        return _ended(checked, environment, pipeline, compiled.problems or (_waits(pipeline),), 0.0)
    request = _request(wanted, values, again, compiled.facts)
    build = _with(compiled.build, request)
    already = _done(request, compiled.facts)
    outcomes: tuple[Outcome, ...] = ()
    if not already:
        changes = tuple(_changes(make_plan(build, target.observe()), request))
        if (missing := missing_extra(_only(build, changes))) is not None:
            return _ended(checked, environment, pipeline, (missing,), 0.0)
        outcomes = tuple(execute_changes(checked, target, changes, build, listen))
    failed = any(outcome.result == "failed" for outcome in outcomes)
    verdicts: tuple[Verdict, ...] = ()
    fresh: tuple[Verdict, ...] = ()
    if not failed:
        facts = compiled.facts if already else compile_().facts
        judged = replace(build, promotions=tuple(_promotions(checked, request, facts)))
        to_judge = tuple(
            Planned(Judge(one.model, request.key), 1, Effect.METADATA, ())
            for one in judged.promotions
            if one.new_verdict
        )
        results = tuple(execute_changes(checked, target, to_judge, judged, listen))
        outcomes = (*outcomes, *results)
        failed = any(outcome.result == "failed" for outcome in results)
        verdicts = tuple(one.verdict for one in judged.promotions if one.verdict is not None)
        # What was said of an earlier run isn't a failure of this command.
        fresh = tuple(v for one in judged.promotions if one.first_verdict and (v := one.verdict))
    problems = tuple(missed_gates(checked, fresh))
    models = FactReader(target.paths, target.environment).models()
    return Asked(
        environment=environment,
        pipeline=pipeline,
        run=record(target.paths.run(request.key), models),
        outcomes=outcomes,
        verdicts=verdicts,
        diagnostics=problems,
        sources=checked.loaded.sources,
        exit_code=int(failed or has_errors(problems)),
        elapsed=0.0,
        already=already,
        wanted=not request.by_hand,
    )


def _request(
    wanted: RunRequest, values: Mapping[str, Json], again: bool, facts: Facts
) -> RunRequest:
    """The run of these parameters; with `again` the first of its repetitions that hasn't
    succeeded, so that a killed one is taken up and not left behind."""
    request = asked_for(wanted, values)
    number = 0
    while again and any(one.key == request.key and one.state == "succeeded" for one in facts.runs):
        number += 1
        request = asked_for(wanted, values, number)
    return request


def _done(request: RunRequest, facts: Facts) -> bool:
    """Whether it has succeeded, and the registry still has what it registered."""
    succeeded = any(one.key == request.key and one.state == "succeeded" for one in facts.runs)
    return succeeded and all(
        facts.models.get(name, ModelFacts()).of_run(request.key) is not None
        for name in request.registers
    )


def _with(build: Build, request: RunRequest) -> Build:
    others = (one for one in build.runs if one.pipeline != request.pipeline)
    return replace(build, runs=(*others, request))


def _changes(plan: Plan, request: RunRequest) -> Iterator[Planned]:
    """The pipeline's own objects where they lack, then the run."""
    for planned in plan.changes:
        change = planned.change
        if (
            isinstance(change, Create | Update)
            and change.origin == request.pipeline
            and change.id.kind in _OBJECTS
        ):
            yield planned
    run_ = Run(request.pipeline, request.key, request.why or ("asked for by hand",))
    yield Planned(run_, 1, Effect.RETRAIN, ())


def _only(build: Build, changes: tuple[Planned, ...]) -> Plan:
    return Plan(build.environment, changes, (), (), "")


def _promotions(checked: Checked, request: RunRequest, facts: Facts) -> Iterator[Promotion]:
    """Each version that this run registered with its verdict, and no alias to move."""
    project = checked.usable
    for name in request.registers:
        known = facts.models.get(name, ModelFacts())
        version = known.of_run(request.key)
        body = project.body(ModelSpec, name) if project else None
        if version is None or body is None:
            continue
        recorded = version.verdict
        new = recorded is None or recorded.gates != gates_digest(body.gates)
        yield Promotion(
            model=Ref("Model", name),
            run_key=request.key,
            verdict=judge(version, body.gates) if new else recorded,
            new_verdict=new,
            first_verdict=recorded is None,
            current=known.aliases,
            wanted=MappingProxyType({}),
            auto=(),
        )


def _waits(pipeline: str) -> Diagnostic:
    message = f"Pipeline/{pipeline} can't run yet: what it reads isn't there"
    return Diagnostic("missing-data", message, Span(""), hint="`exai plan` says what it waits for")


def _ended(
    checked: Checked,
    environment: str,
    pipeline: str,
    problems: tuple[Diagnostic, ...],
    started: float,
) -> Asked:
    return Asked(
        environment=environment,
        pipeline=pipeline,
        run=None,
        outcomes=(),
        verdicts=(),
        diagnostics=problems,
        sources=checked.loaded.sources,
        exit_code=int(has_errors(problems)),
        elapsed=time.monotonic() - started if started else 0.0,
    )
