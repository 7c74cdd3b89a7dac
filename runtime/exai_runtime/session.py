"""The commands as functions: values in, values out.

Views print what they return; the command line only parses words. Those that change something
are here, beside those that they build on; `status` and `predict` have modules of their own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from exai_compiler.build import Build
from exai_compiler.facts import Facts
from exai_compiler.planning import plan as make_plan
from exai_runtime.collector import collector_off
from exai_runtime.compiling import (
    Checked,
    Compiled,
    check_project,
    compile_environment,
    environment_for,
    environment_of,
    open_target,
)
from exai_runtime.events import Listen, PhaseFinished, PhaseStarted
from exai_runtime.results import Applied, Approve, Example, Planning, Protocol, Serving
from exai_runtime.target import Health, TargetError
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, has_errors, in_order
from exai_specs.kinds import Environment, ServiceSpec
from exai_specs.values import replace

if TYPE_CHECKING:
    from exai_runtime.asking import predict
    from exai_runtime.local.target import LocalTarget
    from exai_runtime.previewing import preview
    from exai_runtime.reporting import status
    from exai_runtime.validating import validate

# Services that don't answer and should: an apply that leaves one has failed.
_DOWN = ("failed", "stopped")

__all__ = ["apply", "destroy", "plan", "predict", "preview", "status", "validate"]

# Commands with modules of their own: what they import is only theirs to wait for.
_ELSEWHERE = {
    "predict": "asking",
    "preview": "previewing",
    "status": "reporting",
    "validate": "validating",
}


def __getattr__(name: str) -> Any:
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"exai_runtime.{_ELSEWHERE[name]}"), name)


def plan(root: Path, environment: str) -> Planning:
    """What an apply would do.

    Writes nothing but the cache.
    """
    with collector_off():
        checked = check_project(load(root), environment)
    found, problems = environment_for(checked, environment)
    if found is None:
        return Planning(None, None, problems, checked.loaded.sources)
    target = open_target(checked, environment, found)
    try:
        compiled = compile_environment(checked, environment, found, target)
        problems = in_order((*problems, *compiled.problems))
        if compiled.hopeless:
            return Planning(None, compiled.build, problems, checked.loaded.sources)
        made = make_plan(compiled.build, target.observe())
    except TargetError as error:
        return Planning(None, None, (*problems, error.diagnostic), checked.loaded.sources)
    return Planning(made, compiled.build, problems, checked.loaded.sources)


def apply(root: Path, environment: str, approve: Approve, listen: Listen) -> Applied:
    """Make it so.

    The target's lock is held from before the plan is made until the last change is done.
    """
    started = time.monotonic()
    with _phase(listen, "reading and checking the specs"):
        checked = check_project(load(root), environment)
    found, problems = environment_for(checked, environment)
    if found is None:
        return _ended(checked, environment, problems, started)
    try:
        with open_target(checked, environment, found) as target:
            applied = _apply(checked, environment, found, target, approve, listen)
    except TargetError as error:
        return _ended(checked, environment, (*problems, error.diagnostic), started)
    return replace(
        applied,
        diagnostics=in_order((*problems, *applied.diagnostics)),
        elapsed=time.monotonic() - started,
    )


def _apply(
    checked: Checked,
    name: str,
    environment: Environment,
    target: LocalTarget,
    approve: Approve,
    listen: Listen,
) -> Applied:
    from exai_runtime.applying import execute_rounds
    from exai_runtime.local.extras import missing_extra

    with _phase(listen, "looking at the target"):
        compiled = compile_environment(checked, name, environment, target)
        if has_errors(compiled.problems):
            return _ended(checked, name, compiled.problems, 0.0)
        first = make_plan(compiled.build, target.observe())
    if (missing := missing_extra(first)) is not None:
        return _ended(checked, name, (missing,), 0.0)
    if not approve(first):
        return replace(_ended(checked, name, (), 0.0), plan=first, approved=False)
    done = execute_rounds(
        checked,
        target,
        first,
        compiled.build,
        lambda: compile_environment(checked, name, environment, target),
        listen,
    )
    failed = any(outcome.result == "failed" for outcome in done.outcomes)
    # Once more: the rows below speak of what is there now, and the next plan finds fresh facts.
    if done.outcomes:
        compiled = compile_environment(checked, name, environment, target)
    health = target.health(compiled.build)
    down = any(row.origin.kind == "Service" and row.state in _DOWN for row in health)
    return Applied(
        environment=name,
        plan=first,
        outcomes=done.outcomes,
        verdicts=done.verdicts,
        health=health,
        diagnostics=done.problems,
        sources=checked.loaded.sources,
        exit_code=int(failed or down or has_errors(done.problems)),
        elapsed=0.0,
        examples=tuple(_examples(checked, health, compiled.facts, target.serving()))
        if done.outcomes
        else (),
    )


def _examples(
    checked: Checked, health: tuple[Health, ...], facts: Facts, serving: tuple[Serving, ...]
) -> Iterator[Example]:
    """A request for each service that answers, in the columns of its model's signature."""
    from exai_runtime.predicting import SAMPLES, Refusal, input_datatypes, known_levels

    levels = {row.id.name: known_levels(row, facts) for row in serving}
    for row in health:
        spec = checked.project.specs.get(row.origin) if checked.project else None
        if row.state != "ready" or not row.url or spec is None:
            continue
        protocol: Protocol = (
            "v1" if isinstance(spec.body, ServiceSpec) and spec.body.protocol == "v1" else "v2"
        )
        try:
            datatypes = input_datatypes(row.url, row.origin.name)
        except Refusal:
            continue
        known = levels.get(row.origin.name, {})
        values = {
            name: known.get(name) or SAMPLES.get(datatype, "text")
            for name, datatype in datatypes.items()
        }
        yield Example(row.origin.name, protocol, MappingProxyType(values), datatypes)


def destroy(root: Path, environment: str, purge: bool, approve: Approve, listen: Listen) -> Applied:
    """Everything that exai made in the environment goes; with `purge` also models, runs and the
    registry."""
    started = time.monotonic()
    checked = check_project(load(root), environment)
    if checked.project is None:
        return _ended(checked, environment, checked.diagnostics, started)
    found, problems = environment_of(checked.project, environment)
    if found is None:
        return _ended(checked, environment, problems, started)
    from exai_runtime.applying import execute_rounds
    from exai_runtime.local.target import LocalTarget

    try:
        with LocalTarget(root, environment, found, checked.project.name) as target:
            with _phase(listen, "looking at the target"):
                observed = target.observe()
            nothing = Build(environment, (), (), (), (), (), MappingProxyType({}))
            deletions = make_plan(nothing, observed)
            if not deletions.changes and not (purge and target.keeps_history()):
                return replace(_ended(checked, environment, (), started), plan=deletions)
            if not approve(deletions):
                ended = _ended(checked, environment, (), started)
                return replace(ended, plan=deletions, approved=False)
            done = execute_rounds(checked, target, deletions, nothing, _never, listen)
            failed = any(outcome.result == "failed" for outcome in done.outcomes)
            if purge and not failed:
                target.purge()
    except TargetError as error:
        return _ended(checked, environment, (error.diagnostic,), started)
    return Applied(
        environment=environment,
        plan=deletions,
        outcomes=done.outcomes,
        verdicts=(),
        health=(),
        diagnostics=(),
        sources=checked.loaded.sources,
        exit_code=int(failed),
        elapsed=time.monotonic() - started,
    )


def _ended(
    checked: Checked, environment: str, problems: tuple[Diagnostic, ...], started: float
) -> Applied:
    return Applied(
        environment=environment,
        plan=None,
        outcomes=(),
        verdicts=(),
        health=(),
        diagnostics=problems,
        sources=checked.loaded.sources,
        exit_code=int(has_errors(problems)),
        elapsed=time.monotonic() - started if started else 0.0,
    )


@contextmanager
def _phase(listen: Listen, name: str) -> Iterator[None]:
    started = time.monotonic()
    listen(PhaseStarted(name))
    yield
    listen(PhaseFinished(name, time.monotonic() - started))


def _never() -> Compiled:
    raise AssertionError("a destroy has one round")
