"""What KFP's local runner says about its tasks, as events; and the two ends that it doesn't see by
itself.

In: the runner's own log records (a filter on the root logger: the runner swaps the handlers, never
the filters). What steps print reaches the log as text and is never read here. Out: events; `EndRun`
when a step said that its failure is final, or when it "succeeded" without the outputs that it
declares.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from exai_runtime.local.run_requests import RunEvent, read_json
from exai_specs.regexes import regex

OUTCOME_FILE = "exai-outcome.json"
NOTES_FILE = "exai-notes.json"

_COLOUR = regex(r"\x1b\[[0-9;]*m")
_STARTED = regex(r"^Executing task '([^']+)'$")
_FINISHED = regex(r"^Task '([^']+)' finished with status (SUCCESS|FAILURE)$")
_RETRYING = regex(r"^Task (\S+) failed \(attempt (\d+)/(\d+)\)\. Retrying in ([0-9.]+)s")
# Artifacts that say what they have to say in their metadata; KFP itself writes no file for them.
_METADATA_ONLY = (
    "system.Metrics",
    "system.ClassificationMetrics",
    "system.SlicedClassificationMetrics",
)


class EndRun(BaseException):
    """Ends the run from inside the runner, past its own `except Exception`."""

    def __init__(
        self,
        step: str,
        detail: str,
        hint: str = "",
        rows: tuple[Any, ...] = (),
        trace: tuple[str, ...] = (),
        place: str = "",
        code: str = "",
    ) -> None:
        super().__init__(detail)
        self.step = step
        self.detail = detail
        self.hint = hint
        self.rows = rows
        self.trace = trace
        self.place = place
        self.code = code


class Observer(logging.Filter):
    """`failure` is the last one seen, final or not; `seconds` how long each step took."""

    def __init__(self, ir: dict[str, Any], work: Path, emit: Callable[[RunEvent], None]) -> None:
        super().__init__()
        self._components = ir.get("components", {})
        self._aside = dict(_aside((ir.get("root", {}), *self._components.values())))
        # An exit task has to run after a failure, too: then the runner itself sits
        # through the retries.
        self._ends_early = "ALL_UPSTREAM_TASKS_COMPLETED" not in json.dumps(ir.get("root", {}))
        self._work = work
        self._emit = emit
        self._began: dict[str, float] = {}
        self._lock = threading.Lock()
        self.failure: EndRun | None = None
        self.seconds: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        text = _COLOUR.sub("", record.getMessage())
        record.msg, record.args = text, None
        if found := _STARTED.match(text):
            self._began[found[1]] = time.time()
            self._say(found[1], "started")
        elif found := _RETRYING.match(text):
            self._say(
                found[1],
                "note",
                f"attempt {found[2]} of {found[3]} failed, next in {float(found[4]):g} s",
            )
        elif found := _FINISHED.match(text):
            self._finished(found[1], found[2] == "SUCCESS")
        return True

    def _finished(self, step: str, success: bool) -> None:
        named = self._shown(step)
        took = time.time() - self._began.get(step, time.time())
        self.seconds[named] = round(self.seconds.get(named, 0.0) + took, 3)
        folder = self._folder(step)
        if not success:
            self._failed(named, read_json(folder / OUTCOME_FILE))
        elif missing := missing_outputs(self._components.get(f"comp-{step}", {}), folder):
            names = ", ".join(f"`{name}`" for name in missing)
            self.failure = EndRun(
                named,
                f"step {named} ended without an error, but without its output {names} either",
                "look at its log; a step has to write every output that it declares",
            )
            self._say(step, "failed", self.failure.detail)
            raise self.failure
        else:
            for note in (read_json(folder / NOTES_FILE) or {}).get("notes", ()):
                self._say(step, "note", str(note))
            self._say(step, "finished")

    def _failed(self, step: str, outcome: dict[str, Any] | None) -> None:
        told = outcome or {}
        message = str(told.get("message") or "it died without saying why")
        self.failure = EndRun(
            step,
            f"step {step}: {message}",
            str(told.get("hint") or ""),
            tuple(told.get("rows") or ()),
            tuple(map(str, told.get("trace") or ())),
            str(told.get("place") or ""),
            str(told.get("code") or ""),
        )
        self._say(step, "failed", message)
        if told.get("final") is True and self._ends_early:
            raise self.failure

    def _folder(self, step: str) -> Path:
        """Where the runner put this step: <root>/<pipeline and time>/<step>, or deeper in a loop;
        of several times the last."""
        found = sorted(
            self._work.glob(f"*/**/{step}"), key=lambda folder: folder.stat().st_mtime_ns
        )
        return found[-1] if found else self._work / step

    def _say(self, step: str, state: Any, detail: str = "") -> None:
        with self._lock:
            self._emit(RunEvent(time.time(), self._shown(step), state, detail))

    def _shown(self, step: str) -> str:
        return shown(self._components, self._aside.get(step, step))


def _aside(components: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Components that couldn't be called like their tasks, and those: the pipeline is called so."""
    for component in components:
        for name, task in component.get("dag", {}).get("tasks", {}).items():
            label = task.get("componentRef", {}).get("name", "").removeprefix("comp-")
            if label.startswith(f"{name}-step"):
                yield label, name


def shown(components: dict[str, Any], task: str) -> str:
    """The step that a task does the work of: `train-do` is the one task of the DAG `train`."""
    step = task.removesuffix("-do")
    return step if "dag" in components.get(f"comp-{step}", {}) else task


def missing_outputs(component: dict[str, Any], folder: Path) -> tuple[str, ...]:
    """The declared outputs that a step didn't write, sorted."""
    declared = component.get("outputDefinitions", {})
    written = read_json(folder / "executor_output.json") or {}
    missing = [
        name
        for name in declared.get("parameters", {})
        if name not in written.get("parameterValues", {}) and not (folder / name).exists()
    ]
    for name, output in declared.get("artifacts", {}).items():
        items = written.get("artifacts", {}).get(name, {}).get("artifacts", [])
        title = output.get("artifactType", {}).get("schemaTitle", "")
        if not items and not (folder / name).exists():
            missing.append(name)
        elif title in _METADATA_ONLY:
            continue
        elif any(not _is_there(str(item.get("uri", ""))) for item in items):
            missing.append(name)
    return tuple(sorted(missing))


def _is_there(uri: str) -> bool:
    """Whether a local file exists; what lies elsewhere isn't ours to look at."""
    return "://" in uri or Path(uri).exists()
