"""Runs as records: what their files and the registry say of them. In: a state folder, facts about
models. Out: `RunRecord`s. Writes nothing; files of an older exai lack the start and the commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.facts import ModelFacts
from exai_runtime.local.paths import Paths, RunPaths
from exai_runtime.local.run_requests import (
    EventReader,
    Request,
    RunResult,
    held,
    read_request,
    read_result,
)
from exai_runtime.local.runs import all_runs
from exai_runtime.run_results import Registered, RunRecord, RunState
from exai_specs.frozen import Json

_OURS = "exai_"  # reserved arguments; users can't name parameters so


def records(
    paths: Paths, models: Mapping[str, ModelFacts], pipeline: str = ""
) -> tuple[RunRecord, ...]:
    """Every run of the environment, or of one pipeline, the newest first."""
    found = (record(run, models) for run in all_runs(paths))
    mine = [one for one in found if one is not None and pipeline in ("", one.pipeline)]
    return tuple(sorted(mine, key=lambda one: (-(one.started or one.finished), one.key)))


def record(run: RunPaths, models: Mapping[str, ModelFacts]) -> RunRecord | None:
    """None when the folder holds neither a request nor a result that can be read."""
    request, result = read_request(run), read_result(run)
    if request is None and result is None:
        return None
    started, seconds = _times(run, request)
    known = result or request
    assert known is not None  # noqa: S101 - one of them is there
    return RunRecord(
        key=known.key,
        pipeline=known.pipeline,
        state=_state(run, result),
        version=request.version if request else "",
        started=started,
        finished=result.finished if result else 0.0,
        step=result.step if result else "",
        detail=result.detail if result else "",
        failure=result.code if result else "",
        parameters=_parameters(request),
        data=MappingProxyType(dict(sorted(known.data.items()))),
        seconds=_seconds(result, seconds),
        models=tuple(_registered(known.key, models)),
        commit=request.commit if request else "",
        branch=request.branch if request else "",
        generation=known.generation,
        by_hand=request.by_hand if request else False,
        log=str(run.log) if run.log.exists() else "",
    )


def _state(run: RunPaths, result: RunResult | None) -> RunState:
    if result is not None:
        return result.state
    return "running" if held(run) else "stopped"


def _seconds(result: RunResult | None, so_far: Mapping[str, float]) -> Mapping[str, float]:
    """In the order in which the steps ended; the result's own figures count."""
    known = result.phases if result else so_far
    names = dict.fromkeys((*(name for name in so_far if name in known), *known))
    return MappingProxyType({name: known[name] for name in names})


def _parameters(request: Request | None) -> Mapping[str, Json]:
    arguments = request.arguments if request else {}
    return MappingProxyType(
        {name: arguments[name] for name in sorted(arguments) if not name.startswith(_OURS)}
    )


def _times(run: RunPaths, request: Request | None) -> tuple[float, dict[str, float]]:
    """When it started, and the seconds of the steps that have ended so far."""
    began: dict[str, float] = {}
    took: dict[str, float] = {}
    first = 0.0
    for event in EventReader(run).new():
        first = first or event.at
        if event.state == "started":
            began[event.phase] = event.at
        elif event.state in ("finished", "failed") and event.phase in began:
            took[event.phase] = event.at - began[event.phase]
    return (request.started if request else 0.0) or first, took


def _registered(key: str, models: Mapping[str, ModelFacts]) -> Iterator[Registered]:
    for name, known in sorted(models.items()):
        if (version := known.of_run(key)) is not None:
            aliases = tuple(
                a for a, number in sorted(known.aliases.items()) if number == version.number
            )
            yield Registered(name, version.number, version.metrics, version.verdict, aliases)
