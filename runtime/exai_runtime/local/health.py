"""How what an environment should hold is doing. In: a build, the control plane, processes and runs.
Changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from exai_compiler.build import Build, Rendered, RunRequest
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import unknowns
from exai_runtime.local import control_socket, services
from exai_runtime.local.ledger import Ledger, Served
from exai_runtime.local.paths import Paths
from exai_runtime.local.process import Process, alive
from exai_runtime.local.rendered import SERVICE_KIND, plain, wanted
from exai_runtime.local.run_requests import held, read_request
from exai_runtime.local.run_requests import read_result as run_result
from exai_runtime.local.searches.executor import SEARCH_KIND, is_enough, search_paths
from exai_runtime.local.searches.executor import held as search_held
from exai_runtime.local.searches.record import Ended, events, read_result
from exai_runtime.target import Health, HealthState
from exai_specs.identity import Ref

UNASKED = "runs; no document asks for it; the next apply ends it"


def health(paths: Paths, build: Build, ledger: Ledger) -> tuple[Health, ...]:
    """A row for each service, each search and each run of the build, by identity; and one for each
    service that runs without being in it."""
    rows = [_service(paths, item, ledger) for item in build.objects if item.id.kind == SERVICE_KIND]
    rows += _left(paths, build, ledger)
    rows += [_search(paths, item) for item in build.objects if item.id.kind == SEARCH_KIND]
    rows += [_run(paths, request) for request in build.runs]
    return tuple(sorted(rows, key=lambda row: (row.origin, row.id)))


def _service(paths: Paths, item: Rendered, ledger: Ledger) -> Health:
    log = str(paths.service_log(item.id.name))
    served = ledger.services.get(item.id.name)
    waits = next(unknowns(item.body), None)
    if served is None:
        detail = f"waits for {waits.waits_for}: {waits.reason}" if waits else "not applied yet"
        return Health(item.id, item.origin, "missing", detail)
    address = services.url(served.port)
    if not alive(served.process):
        detail = "its process is gone; apply starts it again"
        return Health(item.id, item.origin, "stopped", detail, address, log)
    state, detail = _answers(served)
    if (
        state == "ready"
        and waits is None
        and wanted(item.id.name, plain(item.body)).form != served.form
    ):
        state, detail = "outdated", "serves, but the specs ask for something else: apply"
    elif state == "ready" and waits is not None:
        detail = f"serves the version before; {waits.waits_for}: {waits.reason}"
    return Health(item.id, item.origin, state, detail, address, log)


def _left(paths: Paths, build: Build, ledger: Ledger) -> Iterator[Health]:
    """What a plan deletes and is still there to answer."""
    asked = {item.id for item in build.objects}
    for which, live in ledger.objects.items():
        served = ledger.services.get(which.name) if which.kind == SERVICE_KIND else None
        if which not in asked and served is not None and alive(served.process):
            log = str(paths.service_log(which.name))
            address = services.url(served.port)
            yield Health(which, live.origin, "outdated", UNASKED, address, log)


def _search(paths: Paths, item: Rendered) -> Health:
    place = search_paths(paths, item.id.name)
    log = str(place.log)
    done = read_result(place)
    if search_held(place):
        ended = sum(isinstance(event, Ended) for event in events(place))
        return Health(item.id, item.origin, "running", f"{ended} trials are over", log=log)
    if done is None and place.body.is_file():
        detail = "it was killed before it ended; apply goes on"
        return Health(item.id, item.origin, "stopped", detail, log=log)
    if done is None:
        return Health(item.id, item.origin, "missing", "not applied yet")
    state: HealthState = "ready" if done.state == "succeeded" else "failed"
    if state == "ready" and not is_enough(done, plain(item.body)):
        state = "outdated"
    return Health(item.id, item.origin, state, done.detail, log=log)


def _answers(served: Served) -> tuple[HealthState, str]:
    found = control_socket.state(served.socket)
    if found is None:
        return "failed", "its process lives, but doesn't answer on its control socket"
    if found.state != "serving":
        return "starting", f"its server is {found.state}"
    if found.trouble:
        return "failed", f"it can't answer now: {found.trouble}"
    return "ready", ""


def _run(paths: Paths, request: RunRequest) -> Health:
    row = ObjectId(request.version.api, "Run", f"{request.pipeline.name}-{request.key[:12]}")
    absent = (
        "due: " + "; ".join(request.why) if request.due else "no run of these specs and data yet"
    )
    return run_health(paths, row, request.pipeline, request.key, absent)


def run_health(paths: Paths, row: ObjectId, pipeline: Ref, key: str, absent: str) -> Health:
    """How one run is doing; `absent` says what there is to say of one that was never begun."""
    run = paths.run(key)
    result = run_result(run)
    if result is not None:
        when = datetime.fromtimestamp(result.finished, UTC).astimezone().isoformat(" ", "seconds")
        ended: HealthState = "ready" if result.state == "succeeded" else "failed"
        detail = f"succeeded at {when}" if ended == "ready" else result.detail
        return Health(row, pipeline, ended, detail, log=result.log)
    if held(run):
        return Health(row, pipeline, "running", "", log=str(run.log))
    if read_request(run) is not None:
        detail = "it was killed before it ended; apply repeats it"
        return Health(row, pipeline, "stopped", detail, log=str(run.log))
    return Health(row, pipeline, "missing", absent)


def started_at(process: Process) -> str:
    """When a process was started (RFC 3339), from its start time and that of the boot."""
    return next(_started_at(process), "")


def _started_at(process: Process) -> Iterator[str]:
    for line in Path("/proc/stat").read_text(encoding="ascii").splitlines():
        if line.startswith("btime "):
            seconds = int(line.split()[1]) + process.started / os.sysconf("SC_CLK_TCK")
            yield datetime.fromtimestamp(seconds, UTC).astimezone().isoformat("T", "seconds")
