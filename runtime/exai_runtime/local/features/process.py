"""The feature store's own process, for as long as a command needs it.

In: requests as values; the environment's secrets, which go into the child's environment and
nowhere else. Out: results, or TargetError with what a person can do. Started at the first request,
ended by `close` or with this process.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Timer
from types import MappingProxyType
from typing import IO, Any

from exai_compiler.features import secret_variables
from exai_compiler.features.stores import BLOCKS
from exai_runtime.local import process
from exai_runtime.local.connections import Variables, secrets_of, step_variables
from exai_runtime.local.features.paths import FeaturePaths, feature_paths
from exai_runtime.local.paths import Paths
from exai_runtime.local.surroundings import surroundings
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds.environment import Environment

_LOG_BYTES = 5_000_000
_LONG = 6 * 3600.0  # seconds: for what goes through all rows of a view
_SECONDS: Mapping[str, float] = MappingProxyType({"get": 120.0})
_GRACE = 2.0  # seconds between SIGTERM and SIGKILL


@dataclass(slots=True)
class FeatureProcess:
    """`marks`: it may change the store, and is ended when a later apply finds it left over.
    `seconds` is how long an action may take, if not very long.
    """

    paths: FeaturePaths
    marks: Mapping[str, str]
    environment: Callable[[], Mapping[str, str]]
    seconds: Mapping[str, float] = field(default_factory=lambda: _SECONDS)
    _child: subprocess.Popen[str] | None = field(default=None)
    _answers: IO[str] | None = field(default=None)

    def ask(self, action: str, **request: Any) -> dict[str, Any]:
        """The result of an action. Raises TargetError, also where none comes in time."""
        child = self._started()
        line = json.dumps({"action": action, **request}, ensure_ascii=False, default=str)
        assert child.stdin is not None and self._answers is not None  # noqa: S101 - both are pipes
        seconds = self.seconds.get(action, _LONG)
        # Ending the process ends whatever waits for it: a full pipe, half an answer.
        late = Event()

        def end() -> None:
            late.set()
            child.kill()

        timer = Timer(seconds, end)
        timer.start()
        try:
            child.stdin.write(line + "\n")
            child.stdin.flush()
            answered = self._answers.readline()
        except BrokenPipeError:
            answered = ""
        finally:
            timer.cancel()
        if not answered and late.is_set():
            self.close()
            raise _problem(
                "feature-store-timeout",
                f"the feature store's process was asked to {action}, and didn't answer within "
                f"{seconds:g} s",
                f"see whether its store can be reached; its log: {self.paths.log}",
            )
        if not answered:
            self.close()
            raise _problem(
                "feature-store-died",
                f"the feature store's process ended while it was asked to {action}",
                f"its log: {self.paths.log}",
            )
        answer = json.loads(answered)
        if found := answer.get("error"):
            hint = found["hint"]
            if found["code"] == "unexpected":
                hint = f"its log: {self.paths.log}"
            raise _problem(found["code"], _lower(found["message"]), _lower(hint))
        result: dict[str, Any] = answer["result"]
        return result

    def close(self) -> None:
        """End it, whatever it does. May be called twice."""
        child, self._child = self._child, None
        if self._answers is not None:
            self._answers.close()
            self._answers = None
        if child is None:
            return
        if child.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # of a process that died with a question
                child.stdin.close()
        try:
            child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _started(self) -> subprocess.Popen[str]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        environment = {**surroundings(), **self.environment(), **self.marks}
        if self.marks.get("EXAI_FEATURE_STORE_PROCESS") == "write":
            process.end(lambda: process.marked(**self.marks), _GRACE)
        self.paths.folder.mkdir(parents=True, exist_ok=True)
        log = _open_log(self.paths.log)
        reading, writing = os.pipe()
        os.set_inheritable(writing, True)
        module = ["-m", "exai_runtime.local.launch", "exai_components.feature_store"]
        try:
            self._child = subprocess.Popen(
                [sys.executable, *module, str(writing)],
                cwd=self.paths.folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C is ours to hear
                pass_fds=(writing,),
            )
        finally:
            os.close(writing)
            os.close(log)
        self._answers = os.fdopen(reading, encoding="utf-8")
        return self._child


def feature_process(
    paths: Paths, environment: Environment, project: str, *, writes: bool
) -> FeatureProcess:
    """The process of one environment's feature store; starts nothing yet."""
    marks = {"EXAI_OWNER": paths.owner, "EXAI_FEATURE_STORE_PROCESS": "write" if writes else "read"}
    return FeatureProcess(
        feature_paths(paths.state),
        marks,
        lambda: variables_of(paths, environment, project).environment(),
    )


def variables_of(paths: Paths, environment: Environment, project: str) -> Variables:
    """What the store needs of the outside world: connections, and what `feature_store.yaml` leaves
    to the environment; of connections that it doesn't read no secret. Raises TargetError for one
    that isn't there.
    """
    secrets = secrets_of(paths, environment)
    # With nothing of a run, what is read is the offline store's connection.
    found = step_variables(paths, environment, project, {}, secrets, {})
    return Variables(found.plain, {**found.secret, **store_secrets(paths, environment)})


def store_secrets(
    paths: Paths, environment: Environment, blocks: tuple[str, ...] = BLOCKS
) -> Mapping[str, str]:
    """The values behind `${EXAI_FEATURES_...}` of these blocks of `feature_store.yaml`, for a
    child's environment or a client, and no other place. Raises TargetError.
    """
    secrets = secrets_of(paths, environment)
    return {
        name: secrets.value(reference.secret, reference.key)
        for name, reference in secret_variables(environment, blocks).items()
    }


def _open_log(path: Path) -> int:
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _problem(code: str, message: str, hint: str) -> TargetError:
    return TargetError(Diagnostic(code, message, Span("exai.yaml"), hint=hint))


def _lower(text: str) -> str:
    """A component's sentence as exai's diagnostics begin: in lower case, unless it is a name."""
    head = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if head[1:].islower() or head in ("A",) else text
