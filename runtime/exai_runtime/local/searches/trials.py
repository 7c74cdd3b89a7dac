"""One trial as a process: the Experiment's own Job, without the pod around it.

In: the Job's container, parameters. Out: the values of the metric as the trial prints them, read as
Katib's file-metrics-collector reads them, and how it ended. Never: a value of a secret in a line.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from exai_specs.regexes import regex
from exai_specs.values import frozen

# pkg/metricscollector/v1beta1/common/const.go: DefaultFilter.
METRIC = regex(r"([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)")
_GRACE = 3.0  # seconds between SIGTERM and SIGKILL


@frozen
class Value:
    """A trial reported this of the metric."""

    trial: int
    value: float


@frozen
class Done:
    """A trial's process is gone; `last` is the last line that it wrote."""

    trial: int
    code: int
    last: str
    late: bool = False


def command_of(container: Mapping[str, Any], parameters: Mapping[str, str]) -> list[str]:
    words = (*container["command"], *container.get("args", ()))
    return [_filled(word, parameters) for word in words]


def variables_of(container: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, str]:
    """The plain variables, as the kubelet gives them: `$$` is a `$`. Secrets are in this process'
    own environment already."""
    return {
        item["name"]: _filled(item["value"], parameters).replace("$$", "$")
        for item in container.get("env", ())
        if "value" in item
    }


def _filled(text: str, parameters: Mapping[str, str]) -> str:
    for name, value in parameters.items():
        text = text.replace(f"${{trialParameters.{name}}}", value)
    return text


def values_in(line: str, metric: str) -> list[float]:
    """What a line says of the metric."""
    found = []
    for name, value, *_ in METRIC.findall(line):
        if name == metric and value:
            try:
                found.append(float(value))
            except ValueError:
                continue
    return found


class Trial:
    """A running trial. `tell` is called from a thread of its own, `Done` last."""

    def __init__(
        self,
        number: int,
        job: Mapping[str, Any],
        parameters: Mapping[str, str],
        metric: str,
        folder: Path,
        tell: Callable[[Value | Done], None],
    ) -> None:
        container = job["spec"]["template"]["spec"]["containers"][0]
        self.number, self._metric, self._tell = number, metric, tell
        self._late = False
        folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            command_of(container, parameters),
            env={**os.environ, **variables_of(container, parameters), "TMPDIR": str(folder)},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            bufsize=1,
            start_new_session=True,
        )
        limit = job["spec"].get("activeDeadlineSeconds")
        self._timer = threading.Timer(limit, self._too_late) if limit else None
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()
        threading.Thread(target=self._read, name=f"trial-{number}", daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        last = ""
        for line in self._process.stdout:
            text = line.rstrip("\n")
            print(f"[trial {self.number}] {text}", flush=True)
            last = text.strip() or last
            for value in values_in(text, self._metric):
                self._tell(Value(self.number, value))
        code = self._process.wait()
        if self._timer is not None:
            self._timer.cancel()
        self._tell(Done(self.number, code, last, self._late))

    def _too_late(self) -> None:
        self._late = True
        self.stop()

    def stop(self) -> None:
        """End it and what it has started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                return
            try:
                self._process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                continue
            return
