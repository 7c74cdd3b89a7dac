"""A search as a change: start its process, or take up the one that a killed apply left, and wait
for its end.

In: the rendered Experiment. Out: what came of it. The process holds the lock of
`searches/<Experiment>/`, handed to it as an open descriptor, so two applies never search the same
at once; what it says comes through its files. Never: a search that has succeeded once more.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

from exai_compiler.changes import ObjectId
from exai_runtime.local import process
from exai_runtime.local.connections import (
    Variables,
    container_variables,
    secrets_of,
    step_variables,
)
from exai_runtime.local.paths import Paths, private_folder
from exai_runtime.local.run_requests import write_json
from exai_runtime.local.searches.record import (
    Again,
    Asked,
    Ended,
    Event,
    SearchPaths,
    SearchResult,
    begin_again,
    events,
    read_result,
    shown,
)
from exai_runtime.local.surroundings import surroundings
from exai_runtime.target import Listener, Progress
from exai_specs.identity import Ref
from exai_specs.kinds.environment import Environment
from exai_specs.values import frozen

SEARCH_KIND = "Experiment"
_GRACE = 3.0  # seconds between SIGTERM and SIGKILL
_POLL = 0.1  # seconds between two looks


@frozen
class SearchExecutor:
    """Searches of one environment."""

    paths: Paths
    environment: Environment
    project: str

    def search(
        self, which: ObjectId, origin: Ref, body: Mapping[str, Any], listen: Listener
    ) -> SearchResult | None:
        """What came of it; None when its process died without a word.

        Raises TargetError for a secret that isn't there.
        """
        place = search_paths(self.paths, which.name)
        done = read_result(place)
        if done is not None and is_enough(done, body):
            return done
        variables = self._variables(body)
        for name in others(self.paths, origin.name, which.name):
            listen(Progress(str(origin), "earlier search", "note", "ended: the specs have changed"))
            end(self.paths, name)
        try:
            own = self._start(place, which.name, body, variables)
            self._follow(place, str(origin), listen)
            if read_result(place) is None and not own:  # what was taken up was dying
                self._start(place, which.name, body, variables)
                self._follow(place, str(origin), listen)
        except KeyboardInterrupt:
            end(self.paths, which.name)
            raise
        return read_result(place)

    def _variables(self, body: Mapping[str, Any]) -> Variables:
        container = body["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"][
            "containers"
        ][0]
        secrets = secrets_of(self.paths, self.environment)
        told = [
            json.loads(item["value"].replace("$$", "$"))
            for item in container.get("env", ())
            if item["name"] == "EXAI_TRIAL"
        ]
        # As the steps of a run have them: the connections' own, which the Job names once more.
        shared = step_variables(
            self.paths, self.environment, self.project, {}, secrets, {"read": told}
        )
        named = [
            item
            for item in container.get("env", ())
            if "valueFrom" in item and item["name"] not in shared.secret
        ]
        own = container_variables(named, secrets, "the trial")
        return Variables(shared.plain, {**shared.secret, **own.secret})

    def _start(
        self, place: SearchPaths, name: str, body: Mapping[str, Any], variables: Variables
    ) -> bool:
        """False when a process searches it already."""
        place.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(place.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
            end(self.paths, name)  # trials that a killed process left
            begin_again(place)
            write_json(place.body, body)
            scratch = private_folder(self.paths)
            log = os.open(place.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _CHILDREN[name] = subprocess.Popen(
                    [
                        *(sys.executable, "-m", "exai_runtime.local.launch"),
                        *("exai_runtime.local.searches.search_child", str(place.folder)),
                    ],
                    cwd=place.folder,
                    env={
                        **surroundings(),
                        **variables.environment(),
                        **_marks(self.paths, name),
                        "TMPDIR": str(scratch),
                    },
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=(lock,),
                )
            finally:
                os.close(log)
            return True
        finally:
            os.close(lock)

    def _follow(self, place: SearchPaths, subject: str, listen: Listener) -> None:
        """Tell every event, past ones too, until the search's process is gone."""
        told = 0
        while True:
            # Looked at before the files: what a process wrote before it went is there then.
            running = held(place)
            found = list(events(place))
            for event in found[told:]:
                _tell(event, subject, listen)
            told = len(found)
            if not running:
                if (child := _CHILDREN.pop(place.folder.name, None)) is not None:
                    child.wait()
                return
            time.sleep(_POLL)


# The children of this process, by search, so that they are reaped.
_CHILDREN: dict[str, subprocess.Popen[bytes]] = {}


def search_paths(paths: Paths, name: str) -> SearchPaths:
    return SearchPaths(paths.state / "searches" / name)


def newest(paths: Paths, tuning: str) -> SearchPaths | None:
    """The search of a Tuning that was begun last; None without any."""
    mine = [search_paths(paths, name) for name in _names(paths, tuning)]
    return max(
        (each for each in mine if each.log.is_file()),
        key=lambda each: each.log.stat().st_mtime_ns,
        default=None,
    )


def _names(paths: Paths, tuning: str) -> list[str]:
    try:
        names = sorted(entry.name for entry in os.scandir(paths.state / "searches"))
    except OSError:
        return []
    return [name for name in names if name.rpartition("-")[0] == tuning]


def is_enough(done: SearchResult, body: Mapping[str, Any]) -> bool:
    """Whether a search that ended well has all the trials that are asked for, or its goal."""
    if done.state != "succeeded" or done.value is None:
        return False
    objective, most = body["spec"]["objective"], int(body["spec"]["maxTrialCount"])
    goal = objective.get("goal")
    upward = objective["type"] == "maximize"
    reached = goal is not None and (done.value >= goal if upward else done.value <= goal)
    return reached or done.trials >= most


def others(paths: Paths, tuning: str, name: str) -> tuple[str, ...]:
    """The searches of the same Tuning, other than this, that have a living process."""
    return tuple(
        each for each in _names(paths, tuning) if each != name and held(search_paths(paths, each))
    )


def held(place: SearchPaths) -> bool:
    """Whether a process searches: its lock is the kernel's, and goes with the process."""
    try:
        descriptor = os.open(place.lock, os.O_RDONLY | os.O_CLOEXEC)
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


def end(paths: Paths, name: str) -> bool:
    """End every process of this search. True when there was one."""
    return process.end(lambda: process.marked(**_marks(paths, name)), _GRACE)


def remove(paths: Paths, name: str) -> None:
    """End it, and forget what it found."""
    end(paths, name)
    shutil.rmtree(search_paths(paths, name).folder, ignore_errors=True)


def _marks(paths: Paths, name: str) -> dict[str, str]:
    return {"EXAI_OWNER": paths.owner, "EXAI_SEARCH": name}


def _tell(event: Event, subject: str, listen: Listener) -> None:
    match event:
        case Asked(trial=number, parameters=parameters):
            listen(Progress(subject, f"trial {number}", "started", shown(parameters)))
        case Ended(trial=number, state="failed", detail=detail):
            listen(Progress(subject, f"trial {number}", "failed", detail))
        case Ended(trial=number, state=state, values=values):
            said = f"{values[-1]:g}" if values else ""
            early = " (stopped early)" if state == "stopped" else ""
            listen(Progress(subject, f"trial {number}", "finished", said + early))
        case Again():
            pass
