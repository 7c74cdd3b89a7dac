"""A user's Python step on one machine: `python3 -m exai_components.own_code SETTINGS PROGRAM...`.

In: settings as JSON (`python`: a folder with another Python, or ""; `path` and `line`: where the
function stands in the user's file; `cells`: those of a notebook), then KFP's own program with its
arguments. Out: the program's exit code; its output, with tracebacks from the user's first line on,
in the user's file and lines; and, when it failed, `exai-outcome.json` with the exception. Never: a
change of the program itself, or a secret that the step doesn't ask for in its environment.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from exai_components.notebook_cells import Cell, Kernel
from exai_components.outcome import OUTCOME_FILE, Outcome, write_outcome
from exai_components.secrets_in_env import redact, take_own_secrets, task_name, withdraw

_FRAME = re.compile(r'  File "(?P<file>[^"]+)", line (?P<line>\d+)(?P<rest>.*)')
_TRACEBACK = "Traceback (most recent call last):"
_FILE = "ephemeral_component.py"
_OF_KFP = "RuntimeError: Notebook execution failed. Error: "
_LONGEST = 5000  # lines of one traceback that are held back
_SHOWN = 60  # lines of a traceback that an outcome holds
# What Python says between the tracebacks of one exception.
_CHAINED = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)


Told = tuple[str, str, list[str], str]
"""What happened, what next, the traceback and its place."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`line` is that of the function's `def` in the file at `path`; `head` in the program. `cells`
    are those of a notebook at `path`, in the order in which they are executed.
    """

    python: str
    path: str
    line: int
    head: int
    cells: tuple[Cell, ...] = ()


def main(arguments: list[str]) -> int:
    """Run the program; the exit code."""
    settings = _settings(json.loads(arguments[0]))
    program = arguments[1:]
    folder, secrets = _prepare(program)
    _extend_path(settings, program)
    signal.signal(signal.SIGTERM, _end)
    child = subprocess.Popen(
        program, stdout=None, stderr=subprocess.PIPE, text=True, errors="replace", bufsize=1
    )
    assert child.stderr is not None  # noqa: S101 - it was asked for
    last = place = between = ""
    trace: list[str] = []
    chained = False
    kernel = Kernel(settings.path, settings.cells)
    try:
        for block in blocks(child.stderr):
            for line in block:
                kernel.hear(line)
            lines = users_own(block, settings)
            for line in lines:
                print(line, file=sys.stderr)
            if block[0] == _TRACEBACK:
                last, here = _exception(lines), _place(lines, settings)
                # One in which no line is the user's own is of the libraries', or of KFP's.
                before = [*trace, "", between, ""] if chained and trace and here else []
                trace = [*before, *lines] if here else trace if chained else [last]
                place, chained = here or (place if chained else ""), True
            elif block[0] in _CHAINED:
                between = block[0]
            elif block[0]:
                chained = False
        code = child.wait()
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
    if code and folder is not None:
        told: Told = (*_told(last, code, place), trace, place)
        told = _of_a_notebook(kernel, last, code) if settings.cells else told
        write_outcome(folder, _outcome(told, secrets))
    elif folder is not None:
        (folder / OUTCOME_FILE).unlink(missing_ok=True)
    return code if code >= 0 else 128 - code


def _settings(told: dict[str, Any]) -> Settings:
    cells = tuple(Cell(*each) for each in told.get("cells", ()))
    return Settings(told["python"], told["path"], int(told["line"]), int(told["head"]), cells)


def _extend_path(settings: Settings, program: list[str]) -> None:
    if settings.python:
        os.environ["PATH"] = settings.python + os.pathsep + os.environ.get("PATH", "")
    if shutil.which(program[0]) is None:  # KFP's program is a shell's, and asks for mktemp
        os.environ["PATH"] = os.environ.get("PATH", "") + os.pathsep + os.defpath


def _prepare(program: list[str]) -> tuple[Path | None, tuple[str, ...]]:
    """The step's folder and its secrets, from KFP's executor input."""
    try:
        given: dict[str, Any] = json.loads(program[program.index("--executor_input") + 1])
        folder = Path(given["outputs"]["outputFile"]).parent
    except (ValueError, IndexError, KeyError, TypeError):
        return None, ()
    values = given.get("inputs", {}).get("parameterValues", {})
    for name, value in values.items():
        if isinstance(value, list | dict):
            values[name] = _whole(value)
    program[program.index("--executor_input") + 1] = json.dumps(given)
    secrets = take_own_secrets(task_name(given, os.environ), os.environ)
    # Passwords of connections are for exai's own steps; a function that wants one has its `env`.
    withdraw(keep=False)
    for name in os.environ.pop("EXAI_REDACT", "").split(","):
        os.environ.pop(name, None)
    return folder, secrets


def _whole(value: Any) -> Any:
    """Whole numbers in lists and structs as a cluster's Go writes them. KFP's local runner has only
    doubles there, and `range(3.0)` isn't Python.
    """
    match value:
        case list():
            return [_whole(each) for each in value]
        case dict():
            return {name: _whole(each) for name, each in value.items()}
        case float() if value.is_integer():
            return int(value)
    return value


def _told(last: str, code: int, place: str) -> tuple[str, str]:
    """What happened, and what next. A shell says 128 and more for a signal."""
    number = -code if code < 0 else code - 128
    if not last and 0 < number < 65:
        known = {each.value: each.name for each in signal.Signals}
        hint = "the machine may have had no memory left" if number == signal.SIGKILL else ""
        what = f"the process was ended by {known.get(number, f'signal {number}')}"
        return what, hint or "look at the step's log"
    hint = f"{place} raised it" if place else "look at the step's log"
    if last.startswith("ModuleNotFoundError"):
        hint += "; what isn't installed here is named under pip.packages, with its version"
    return last or f"the process ended with code {code}", hint


def _outcome(told: Told, secrets: tuple[str, ...]) -> Outcome:
    message, hint, trace, place = told
    return Outcome(
        "own-code-failed",
        redact(message, secrets),
        redact(hint, secrets),
        final=False,
        trace=tuple(redact(line, secrets) for line in _shortened(trace)),
        place=place,
    )


def _of_a_notebook(kernel: Kernel, last: str, code: int) -> Told:
    """Of a cell, or of the kernel itself."""
    found = kernel.failure()
    if found is None:
        message, hint = _told(last.removeprefix(_OF_KFP), code, "")
        if "Kernel died" in message:
            hint = "what ran the notebook was ended: the machine may have had no memory left"
        return message, hint, [message], ""
    _, hint = _told(found.message.partition(": ")[2], code, "")
    more = hint.partition("; ")[2]
    return (
        found.message,
        found.hint + (f"; {more}" if more else ""),
        list(found.trace),
        found.place,
    )


def _shortened(lines: list[str]) -> list[str]:
    """A traceback as people read it: its beginning and its end."""
    if len(lines) <= _SHOWN:
        return lines
    half = _SHOWN // 2
    return [*lines[:half], f"  ... {len(lines) - _SHOWN} more lines ...", *lines[-half:]]


def blocks(lines: Any) -> Iterator[list[str]]:
    """Single lines, and whole tracebacks: from their first line to the exception's."""
    held: list[str] = []
    for raw in lines:
        line = raw.rstrip("\n")
        if line == _TRACEBACK:
            if held:
                yield held
            held = [line]
        elif not held:
            yield [line]
        else:
            held.append(line)
            # Frames are indented; the exception's own line ends a traceback.
            if (line and not line.startswith(" ")) or len(held) > _LONGEST:
                yield held
                held = []
    if held:
        yield held


def users_own(block: list[str], settings: Settings) -> list[str]:
    """A traceback from the user's own first line on; anything else as it is."""
    if block[0] != _TRACEBACK:
        return block
    first = next((at for at, line in enumerate(block) if _own(line)), None)
    if first is None:
        return block
    return [block[0], *(_mapped(line, settings) for line in block[first:])]


def _own(line: str) -> bool:
    found = _FRAME.fullmatch(line)
    return found is not None and Path(found["file"]).name == _FILE


def _mapped(line: str, settings: Settings) -> str:
    found = _FRAME.fullmatch(line)
    if found is None or Path(found["file"]).name != _FILE:
        return line
    number = int(found["line"]) - settings.head + settings.line
    return f'  File "{settings.path}", line {number}{found["rest"]}'


def _exception(lines: list[str]) -> str:
    return lines[-1] if not lines[-1].startswith(" ") else ""


def _place(lines: list[str], settings: Settings) -> str:
    """`specs/train.py:30`: the user's innermost line."""
    for line in reversed(lines):
        found = _FRAME.fullmatch(line)
        if found is not None and found["file"] == settings.path:
            return f"{settings.path}:{found['line']}"
    return ""


def _end(signal_number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signal_number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
