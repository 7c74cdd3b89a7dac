"""The process of one run: KFP's own local runner over the rendered IR. `python -m
exai_runtime.local.run_child FOLDER`.

In: `request.json` and `pipeline.json` in the run's folder, secrets and addresses in the
environment, the run's lock as an inherited descriptor. Out: `events.jsonl` as it goes, and
`result.json` by rename as its last act, whatever happened.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sys
import time
import warnings
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exai_runtime.local import dags, process
from exai_runtime.local.launch import secret_values
from exai_runtime.local.observer import EndRun, Observer
from exai_runtime.local.paths import RunPaths
from exai_runtime.local.redact import Redactor
from exai_runtime.local.run_requests import (
    Request,
    RunEvent,
    RunResult,
    add_event,
    read_request,
    write_result,
)
from exai_specs.frozen import thaw
from exai_specs.values import replace

_GRACE = 3.0  # seconds for what steps left behind


def main() -> None:
    run = RunPaths(Path(sys.argv[1]))
    request = read_request(run)
    if request is None:
        raise SystemExit(f"exai: {run.request} can't be read")
    ir = json.loads(run.ir.read_bytes())
    redactor = Redactor(secret_values())

    def emit(event: RunEvent) -> None:
        add_event(run, replace(event, detail=redactor.text(event.detail)))

    observer = Observer(ir, run.work, emit)
    failure = _run(run, request, ir, observer)
    # Ended with the run: what a step left running (a JVM has its own session) isn't in our
    # process group.
    process.end(
        lambda: process.marked(EXAI_RUN=request.key, EXAI_OWNER=os.environ["EXAI_OWNER"]), _GRACE
    )
    shutil.rmtree(request.scratch, ignore_errors=True)
    sys.stdout.flush()
    sys.stderr.flush()
    result = _result(run, request, observer, failure)
    write_result(
        run,
        replace(
            result,
            detail=redactor.text(result.detail),
            hint=redactor.text(result.hint),
            rows=tuple(redactor.plain(result.rows)),
            trace=tuple(map(redactor.text, result.trace)),
        ),
    )


def _run(run: RunPaths, request: Request, ir: dict[str, Any], observer: Observer) -> EndRun | None:
    """None when every task succeeded with all of its outputs."""
    # Half of the SDK's imports (clients, Kubernetes) aren't needed to run an IR; without them
    # the order matters.
    os.environ["_KFP_RUNTIME"] = "true"
    try:
        import kfp.dsl.component_factory  # noqa: F401 - has to come before the runner
        from google.protobuf import json_format
        from kfp import local
        from kfp.local import pipeline_orchestrator
        from kfp.pipeline_spec import pipeline_spec_pb2
    except ImportError as error:
        return EndRun(
            "", f"runs need what isn't installed: {error}", "install exai with its extra `local`"
        )

    dags.use()
    # The runner replaces the text `python3` in every argument, executor input included, by
    # this: so it says the same.
    sys.executable = "python3"
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="kfp")
    warnings.filterwarnings("ignore", message=".*have no effect in the current local runner.*")
    logging.getLogger().setLevel(logging.INFO)
    logging.getLogger().addFilter(observer)
    local.init(
        runner=local.SubprocessRunner(use_venv=False),
        pipeline_root=str(run.work),
        workspace_root=str(run.folder / "workspace"),
        raise_on_error=True,
    )
    try:
        pipeline_orchestrator.run_local_pipeline(
            json_format.ParseDict(ir, pipeline_spec_pb2.PipelineSpec()), thaw(request.arguments)
        )
    except EndRun as end:
        return end
    except Exception as error:  # the runner's own: a failed task, or an IR that it can't run
        return observer.failure or EndRun("", f"KFP's local runner stopped: {error}")
    return None


def _result(
    run: RunPaths, request: Request, observer: Observer, failure: EndRun | None
) -> RunResult:
    return RunResult(
        key=request.key,
        spec_key=request.spec_key,
        generation=request.generation,
        pipeline=request.pipeline,
        data=request.data,
        state="failed" if failure else "succeeded",
        step=failure.step if failure else "",
        detail=failure.detail if failure else "",
        hint=failure.hint if failure else "",
        rows=failure.rows if failure else (),
        trace=failure.trace if failure else (),
        place=failure.place if failure else "",
        code=failure.code if failure else "",
        log=str(run.log),
        finished=time.time(),
        phases=MappingProxyType(dict(observer.seconds)),
    )


def _terminated(number: int, frame: object) -> None:
    """SIGTERM ends the steps as well; no result is written, so the next apply repeats the run."""
    del number, frame
    process.end(
        lambda: process.marked(
            EXAI_RUN=os.environ["EXAI_RUN"], EXAI_OWNER=os.environ["EXAI_OWNER"]
        ),
        1.0,
    )
    os._exit(143)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _terminated)
    main()
