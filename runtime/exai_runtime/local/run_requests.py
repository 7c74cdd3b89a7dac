"""A run as files: what was asked for, how far it is, what came of it. Shared by the apply and the
run's own process.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from exai_runtime.local.paths import RunPaths
from exai_runtime.whole_file import write_whole
from exai_specs.frozen import empty, freeze, thaw
from exai_specs.values import field, fields, frozen


@frozen
class Request:
    """`arguments` are the root parameters of the IR; `scratch` is the temporary folder of the run's
    steps. `started` is in seconds since the epoch (0: an older exai didn't say), `commit` what HEAD
    was then. `by_hand`: a person asked for these parameters, the specs don't.
    """

    key: str
    spec_key: str
    pipeline: str
    version: str
    data: Mapping[str, str]
    arguments: Mapping[str, Any]
    scratch: str
    generation: int = 0
    started: float = 0.0
    commit: str = ""
    branch: str = ""
    by_hand: bool = False


@frozen
class RunEvent:
    """A step started, finished or failed. `at` is in seconds since the epoch."""

    at: float
    phase: str
    state: Literal["started", "finished", "failed", "note"]
    detail: str = ""


@frozen
class RunResult:
    """Written by the run's process as its last act. `rows` are what a failing check found, as the
    step gave them; `code` is what it says of itself; `trace` and `place` are the traceback of a
    user's own code and the line in it.
    """

    key: str
    spec_key: str
    pipeline: str
    data: Mapping[str, str]
    state: Literal["succeeded", "failed"]
    step: str = ""
    detail: str = ""
    hint: str = ""
    rows: tuple[Any, ...] = ()
    log: str = ""
    finished: float = 0.0
    phases: Mapping[str, float] = field(default_factory=empty)
    generation: int = 0
    trace: tuple[str, ...] = ()
    place: str = ""
    code: str = ""


def write_json(path: Path, value: Any) -> None:
    """All of it or nothing: a reader never sees half a file."""
    write_whole(path, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """None when there is no such file, or nothing that can be read."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def write_request(run: RunPaths, request: Request) -> None:
    write_json(run.request, _plain(request))


def read_request(run: RunPaths) -> Request | None:
    request: Request | None = _parse(Request, read_json(run.request))
    return request


def write_result(run: RunPaths, result: RunResult) -> None:
    write_json(run.result, _plain(result))


def read_result(run: RunPaths) -> RunResult | None:
    result: RunResult | None = _parse(RunResult, read_json(run.result))
    return result


def _plain(value: Request | RunResult) -> dict[str, Any]:
    """As JSON; `asdict` can't copy read-only mappings."""
    return {item.name: thaw(getattr(value, item.name)) for item in fields(value)}


def _parse(kind: type[Any], value: dict[str, Any] | None) -> Any:
    try:
        return None if value is None else kind(**{key: freeze(value[key]) for key in value})
    except TypeError:
        return None  # of another version of exai: as good as absent


def add_event(run: RunPaths, event: RunEvent) -> None:
    """One line, in one write."""
    line = json.dumps(asdict(event), ensure_ascii=False) + "\n"
    descriptor = os.open(run.events, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


class EventReader:
    """Reads what was added to a run's events since it was last asked."""

    def __init__(self, run: RunPaths) -> None:
        self._path = run.events
        self._offset = 0

    def new(self) -> Iterator[RunEvent]:
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._offset)
                data = stream.read()
        except OSError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            event = _parse(RunEvent, json.loads(line))
            if isinstance(event, RunEvent):
                yield event


def held(run: RunPaths) -> bool:
    """Whether a process runs this run: its lock is the kernel's, and goes with the process."""
    try:
        descriptor = os.open(run.lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
