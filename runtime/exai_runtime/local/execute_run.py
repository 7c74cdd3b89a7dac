"""The change `Run`: start a pipeline run, or take up the one that a killed apply left, and wait
for its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exai_compiler.build import Build, RunRequest
from exai_compiler.changes import Outcome, Run
from exai_runtime.git_head import head
from exai_runtime.local import registry, runs
from exai_runtime.local.connections import Variables, secrets_of, step_variables
from exai_runtime.local.left_out import left_out
from exai_runtime.local.log_tail import step_tail
from exai_runtime.local.own_code import substituted
from exai_runtime.local.paths import Paths
from exai_runtime.local.redact import Redactor
from exai_runtime.local.rendered import body_of, plain
from exai_runtime.local.run_requests import Request, RunEvent, RunResult, read_result
from exai_runtime.local.surroundings import surroundings
from exai_runtime.target import Listener, Progress, TargetError
from exai_specs.diagnostics import Span
from exai_specs.frozen import freeze, thaw
from exai_specs.kinds.environment import Environment
from exai_specs.values import frozen

_TAIL = 15  # lines of a log that an error shows


@frozen
class RunExecutor:
    """Runs of one environment."""

    paths: Paths
    environment: Environment
    project: str

    def execute(self, change: Run, build: Build, listen: Listener) -> Outcome:
        request = next((run for run in build.runs if run.key == change.key), None)
        body = body_of(build, request.version) if request else None
        if request is None or body is None:
            return Outcome(change, "failed", "the build holds no such run", "plan again")
        subject = str(change.pipeline)
        done = read_result(self.paths.run(change.key))
        if done is not None and done.state == "succeeded" and not self._lost(request):
            return Outcome(
                change, "succeeded", "an earlier apply's run has ended well", log=done.log
            )
        spec = plain(body)["spec"]
        secret: Mapping[str, str] = {}
        try:
            variables = step_variables(
                self.paths,
                self.environment,
                self.project,
                spec.get("platformSpec") or {},
                secrets_of(self.paths, self.environment),
                spec["pipelineSpec"],
            )
            secret = variables.secret
            # Before an earlier run is ended: packages that can't be had are no reason to lose it.
            ir = substituted(
                left_out(spec["pipelineSpec"], _arguments(change, request, spec["pipelineSpec"])),
                self.paths.root,
                lambda step, line: listen(Progress(subject, step, "note", line)),
            )
            for other in runs.others(self.paths, change.pipeline.name, change.key):
                why = (
                    "another is asked for"
                    if request.by_hand
                    else "the specs or the data have changed"
                )
                listen(Progress(subject, "earlier run", "note", f"ended: {why}"))
                runs.end(self.paths, other)
        except TargetError as error:
            asked = self._asked(change, request, spec["pipelineSpec"])
            _record_refusal(self.paths, asked, error, Redactor(secret.values()))
            raise
        started = time.monotonic()

        def tell(event: RunEvent) -> None:
            listen(Progress(subject, event.phase, event.state, event.detail))

        try:
            own = self._start(change, request, ir, variables)
            result = runs.follow(self.paths, change.key, tell)
            if result is None and not own:  # what was taken up was dying
                self._start(change, request, ir, variables)
                result = runs.follow(self.paths, change.key, tell)
        except KeyboardInterrupt:
            runs.end(self.paths, change.key)
            raise
        if result is not None and result.state == "succeeded":
            runs.clear_old_work(self.paths, change.pipeline.name)
        return self._outcome(change, result, time.monotonic() - started)

    def _lost(self, request: RunRequest) -> bool:
        """Whether the registry lacks what the run of this key registered."""
        if not request.registers:
            return False
        stamp = registry.stamp(self.paths.registry)
        models = registry.read_models(self.paths.registry) if stamp else {}
        return any(
            name not in models or models[name].of_run(request.key) is None
            for name in request.registers
        )

    def _start(
        self, change: Run, request: RunRequest, ir: dict[str, Any], variables: Variables
    ) -> bool:
        asked = self._asked(change, request, ir)
        return runs.start(self.paths, asked, ir, {**surroundings(), **variables.environment()})

    def _asked(self, change: Run, request: RunRequest, ir: Mapping[str, Any]) -> Request:
        arguments = _arguments(change, request, ir)
        commit = head(self.paths.root)
        return Request(
            key=change.key,
            spec_key=request.spec_key,
            generation=request.generation,
            pipeline=change.pipeline.name,
            version=request.version.name,
            data=MappingProxyType(dict(request.data)),
            arguments=MappingProxyType({key: freeze(arguments[key]) for key in arguments}),
            scratch=str(self.paths.scratch(change.key)),
            started=time.time(),
            commit=commit.commit if commit else "",
            branch=commit.branch if commit else "",
            by_hand=request.by_hand,
        )

    def _outcome(self, change: Run, result: RunResult | None, seconds: float) -> Outcome:
        log = self.paths.run(change.key).log
        if result is None:
            return Outcome(
                change,
                "failed",
                "the run's process ended without a result: it was killed",
                "apply again; the run starts afresh",
                str(log),
                step_tail(log, _TAIL),
            )
        if result.state == "failed":
            tail = result.trace or step_tail(Path(result.log), _TAIL)
            said = (result.detail, result.hint, result.log, tail, result.step)
            return Outcome(change, "failed", *said, at=_span(result.place), code=result.code)
        steps = len(result.phases)
        return Outcome(change, "succeeded", f"{steps} steps in {seconds:.1f} s", log=result.log)


def _arguments(change: Run, request: RunRequest, ir: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the run is asked with, and what exai gives to a pipeline that takes it."""
    declared = ir.get("root", {}).get("inputDefinitions", {}).get("parameters", {})
    reserved = {"exai_run_key": change.key, "exai_data_versions": dict(request.data)}
    return {
        **{name: thaw(value) for name, value in request.parameters.items()},
        **{name: value for name, value in reserved.items() if name in declared},
    }


def _record_refusal(paths: Paths, asked: Request, error: TargetError, redactor: Redactor) -> None:
    """An attempt that couldn't start is a failed run, too: that is what `exai logs` shows then."""
    problem = error.diagnostic
    said = tuple(map(redactor.text, (problem.message, problem.hint)))
    result = RunResult(
        key=asked.key,
        spec_key=asked.spec_key,
        generation=asked.generation,
        pipeline=asked.pipeline,
        data=asked.data,
        state="failed",
        detail=said[0],
        hint=said[1],
        code=problem.code,
        log=str(paths.run(asked.key).log),
        finished=time.time(),
    )
    lines = (*map(redactor.text, error.lines), *(f"exai: {line}" for line in said if line))
    runs.record_refusal(paths, asked, result, lines)


def _span(place: str) -> Span | None:
    """`specs/train.py:30` as a place; None when it isn't one."""
    path, _, line = place.rpartition(":")
    return Span(path, int(line)) if path and line.isdigit() else None
