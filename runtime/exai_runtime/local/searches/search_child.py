"""The process of one search: `python -m exai_runtime.local.launch ...search_child FOLDER`.

In: the folder with the Experiment. Out: events as they happen, and the result, its last act. Trials
run beside each other, as many as `parallelTrialCount`. Killed at any moment and started again, it
goes on where it was: what was over is lived through, what was running is run again under the same
parameters.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exai_runtime.local.launch import secret_values
from exai_runtime.local.redact import Redactor
from exai_runtime.local.searches.record import (
    Again,
    Asked,
    Ended,
    SearchPaths,
    SearchResult,
    append,
    events,
    shown,
    write_result,
)
from exai_runtime.local.searches.study import Study
from exai_runtime.local.searches.trials import Done, Trial, Value


class Search:
    """One search in progress."""

    def __init__(self, paths: SearchPaths, body: Mapping[str, Any], scratch: Path) -> None:
        self.paths, self.spec, self.scratch = paths, body["spec"], scratch
        objective = self.spec["objective"]
        self.metric, self.goal = objective["objectiveMetricName"], objective.get("goal")
        self.study = Study(body["metadata"]["name"], self.spec)
        self.most = int(self.spec["maxTrialCount"])
        self.asked: dict[int, Mapping[str, str]] = {}
        self.ended: dict[int, Ended] = {}
        self.failures = 0
        self.running: dict[int, Trial] = {}
        self.values: dict[int, list[float]] = {}
        self.stopped: set[int] = set()
        self.told: queue.Queue[Value | Done] = queue.Queue()
        self.redactor = Redactor(secret_values())

    def recall(self) -> None:
        """Live through what happened before this process."""
        for event in events(self.paths):
            self.study.replay(event)
            match event:
                case Asked(trial=number, parameters=parameters):
                    self.asked[number] = parameters
                case Ended():
                    self._count(event)
                case Again():
                    self.failures = 0

    def run(self) -> SearchResult:
        waiting = [number for number in self.asked if number not in self.ended]
        while True:
            while self._goes_on() and len(self.running) < int(self.spec["parallelTrialCount"]):
                if waiting:
                    self._start(waiting.pop(0))
                elif len(self.asked) < self.most:
                    self._start(self._ask())
                else:
                    break
            if not self.running:
                break
            self._hear(self.told.get())
            if not self._goes_on():
                for trial in self.running.values():
                    trial.stop()
                break
        return self._result()

    def _ask(self) -> int:
        number = len(self.asked)
        self.asked[number] = self.study.ask(number)
        append(self.paths, Asked(number, self.asked[number]))
        return number

    def _start(self, number: int) -> None:
        print(f"[trial {number}] {shown(self.asked[number])}", flush=True)
        self.values[number] = []
        job = self.spec["trialTemplate"]["trialSpec"]
        folder = self.scratch / str(number)
        given = (job, self.asked[number], self.metric, folder, self.told.put)
        self.running[number] = Trial(number, *given)

    def _hear(self, told: Value | Done) -> None:
        number = told.trial
        match told:
            case Value(value=value):
                if number in self.stopped:
                    return
                self.values[number].append(value)
                if self.study.report(number, len(self.values[number]) - 1, value):
                    self.stopped.add(number)
                    self.running[number].stop()
            case Done():
                del self.running[number]
                shutil.rmtree(self.scratch / str(number), ignore_errors=True)
                ended = self._ended(told)
                append(self.paths, ended)
                self.study.tell(ended)
                self._count(ended)

    def _ended(self, done: Done) -> Ended:
        values = tuple(self.values[done.trial])
        if done.trial in self.stopped:
            return Ended(done.trial, "stopped", values, "fell behind the others")
        if done.late:
            return Ended(done.trial, "failed", values, "took longer than its timeout")
        if done.code != 0 or not values:
            said = self.redactor.text(done.last) or f"exit code {done.code}"
            why = said if done.code else f"it printed no `{self.metric}=...`"
            return Ended(done.trial, "failed", values, why)
        return Ended(done.trial, "succeeded", values)

    def _count(self, ended: Ended) -> None:
        self.ended[ended.trial] = ended
        self.failures += ended.state == "failed"

    def _best(self) -> tuple[int, float] | None:
        found = [
            (number, self.study.best_of(ended.values))
            for number, ended in sorted(self.ended.items())
            if ended.state == "succeeded"
        ]
        best = max if self.study.maximize else min
        return best(found, key=lambda each: each[1], default=None)

    def _reached(self) -> bool:
        best = self._best()
        if best is None or self.goal is None:
            return False
        goal = float(self.goal)
        return best[1] >= goal if self.study.maximize else best[1] <= goal

    def _goes_on(self) -> bool:
        return self.failures <= int(self.spec["maxFailedTrialCount"]) and not self._reached()

    def _result(self) -> SearchResult:
        best = self._best()
        failed = sum(ended.state == "failed" for ended in self.ended.values())
        common = {"metric": self.metric, "trials": len(self.ended), "failed": failed}
        too_many = self.failures > int(self.spec["maxFailedTrialCount"])
        if best is None or (too_many and not self._reached()):
            newest = [e.detail for _, e in sorted(self.ended.items()) if e.state == "failed"]
            why = f"{failed} of {len(self.ended)} trials failed; the last: {newest[-1]}"
            return SearchResult("failed", why, **common, finished=time.time())
        number, value = best
        given = self.asked[number]
        detail = f"best {self.metric} {value:g} in trial {number}: {shown(given)}"
        said = f"{detail} ({len(self.ended)} trials{f', {failed} failed' if failed else ''})"
        return SearchResult(
            "succeeded",
            said,
            **common,
            finished=time.time(),
            best=number,
            value=value,
            parameters=dict(given),
        )


def main() -> None:
    paths = SearchPaths(Path(sys.argv[1]))
    body = json.loads(paths.body.read_bytes())
    with tempfile.TemporaryDirectory(prefix="search-") as scratch:
        search = Search(paths, body, Path(scratch))

        def terminated(number: int, frame: object) -> None:
            """No result is written: the next apply goes on."""
            del number, frame
            for trial in search.running.values():
                trial.stop()
            shutil.rmtree(scratch, ignore_errors=True)
            os._exit(143)

        signal.signal(signal.SIGTERM, terminated)
        search.recall()
        result = search.run()
    write_result(paths, result)


if __name__ == "__main__":
    main()
