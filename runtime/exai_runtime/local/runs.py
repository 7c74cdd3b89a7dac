"""Runs as child processes: start one, follow it, take over one whose apply was killed, end one.

A run's process holds the lock of `runs/<run key>/`, handed to it as an open descriptor: it is held
from before the process exists until it is gone, so two applies never run the same key at once. What
the run says comes through its files, so following one's own child and a stranger's are the same
thing.
"""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from exai_runtime.local import process
from exai_runtime.local.paths import Paths, RunPaths, private_folder, remove_private
from exai_runtime.local.run_requests import (
    EventReader,
    Request,
    RunEvent,
    RunResult,
    held,
    read_request,
    read_result,
    write_request,
    write_result,
)

_GRACE = 3.0  # seconds between SIGTERM and SIGKILL
_KEEP_WORK = 5  # runs of a pipeline whose artifacts stay on disk


def start(
    paths: Paths, request: Request, ir: Mapping[str, Any], environment: Mapping[str, str]
) -> bool:
    """Start the run. False when a process of this key is running: then there is nothing to start.

    What an earlier, killed process of this key left is ended and cleared away first.
    """
    run = paths.run(request.key)
    run.folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(run.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _lock(lock):
            return False
        _clear(paths, run)
        run.work.mkdir()
        private_folder(paths)
        paths.scratch(request.key).mkdir(mode=0o700, exist_ok=True)
        write_request(run, request)
        run.ir.write_text(json.dumps(ir, ensure_ascii=False), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "exai_runtime.local.launch",
            "exai_runtime.local.run_child",
            str(run.folder),
        ]
        log = os.open(run.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            child = subprocess.Popen(
                command,
                cwd=run.work,
                env={
                    **environment,
                    "PATH": _path_with_python3(run, environment["PATH"]),
                    **_marks(paths, request.key),
                    "TMPDIR": str(paths.scratch(request.key)),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock,),
            )
        finally:
            os.close(log)
        _CHILDREN[request.key] = child
        return True
    finally:
        os.close(lock)


def record_refusal(paths: Paths, request: Request, result: RunResult, log: Iterable[str]) -> None:
    """Leave a run that couldn't be started as one that failed, so that it is the one which is
    looked back at. Does nothing while a process of this key is running.
    """
    run = paths.run(request.key)
    run.folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(run.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if _lock(lock):
            _clear(paths, run)
            write_request(run, request)
            run.log.touch(0o600)
            run.log.write_text("".join(f"{line}\n" for line in log), encoding="utf-8")
            write_result(run, result)
    finally:
        os.close(lock)


def _clear(paths: Paths, run: RunPaths) -> None:
    """End and remove what an earlier process of this key has left; its lock is held."""
    end(paths, run.folder.name)
    for folder in (run.work, run.folder / "workspace"):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (run.result, run.events, run.log):
        file.unlink(missing_ok=True)


def follow(paths: Paths, key: str, tell: Callable[[RunEvent], None]) -> RunResult | None:
    """Tell every event, the past ones of an adopted run too, until the run ends. None: it died
    without a result.
    """
    run = paths.run(key)
    events = EventReader(run)
    child = _CHILDREN.get(key)
    while True:
        # Looked at before the files: what a process wrote before it went is there when it's gone.
        running = child.poll() is None if child else held(run)
        for event in events.new():
            tell(event)
        if not running:
            break
        time.sleep(process.POLL)
    _CHILDREN.pop(key, None)
    end(paths, key)
    return read_result(run)


def end(paths: Paths, key: str) -> bool:
    """End every process of this run, Java included, and remove its temporary files. True when there
    was one.
    """
    somebody = process.end(lambda: process.marked(**_marks(paths, key)), _GRACE)
    if (child := _CHILDREN.pop(key, None)) is not None:
        child.wait()
    shutil.rmtree(paths.scratch(key), ignore_errors=True)
    remove_private(paths)
    return somebody


def others(paths: Paths, pipeline: str, key: str) -> Iterator[str]:
    """Keys of runs of the same pipeline, other than this, that have a living process."""
    for run in all_runs(paths):
        if run.folder.name != key and held(run):
            request = read_request(run)
            if request is not None and request.pipeline == pipeline:
                yield request.key


def all_runs(paths: Paths) -> tuple[RunPaths, ...]:
    """Every run that the state folder knows, sorted by key."""
    try:
        names = sorted(entry.name for entry in os.scandir(paths.runs) if entry.is_dir())
    except OSError:
        return ()
    return tuple(paths.run(name) for name in names)


def clear_old_work(paths: Paths, pipeline: str) -> None:
    """Artifacts of all but the newest runs of a pipeline go; what they were and how they ended
    stays.
    """
    done = [
        (run, result)
        for run in all_runs(paths)
        if (result := read_result(run)) and result.pipeline == pipeline
    ]
    for run, _ in sorted(done, key=lambda item: -item[1].finished)[_KEEP_WORK:]:
        shutil.rmtree(run.work, ignore_errors=True)


# The children of this process, by run key, so that they are reaped and their end is seen at once.
_CHILDREN: dict[str, subprocess.Popen[bytes]] = {}


def _marks(paths: Paths, key: str) -> dict[str, str]:
    return {"EXAI_OWNER": paths.owner, "EXAI_RUN": key}


def _path_with_python3(run: RunPaths, path: str) -> str:
    """Steps say `python3`; on this path that is this very interpreter, with its own packages."""
    found = shutil.which("python3", path=path)
    if found and os.path.realpath(found) == os.path.realpath(sys.executable):
        return path
    folder = run.folder / "bin"
    folder.mkdir(exist_ok=True)
    script = folder / "python3"
    # A link would lose the virtual environment, which an interpreter finds by its own path.
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
    script.chmod(0o700)
    return os.pathsep.join((str(folder), path))


def _lock(descriptor: int) -> bool:
    """A plan that looks whether the lock is held has it for a moment: so a refusal is asked for
    again, shortly.
    """
    for _ in range(10):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(process.POLL)
        else:
            return True
    return False
