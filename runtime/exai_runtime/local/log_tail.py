"""The end of a log, as people want to see it. In: a file. Out: its last lines, no colours."""

from __future__ import annotations

import os
import re
from pathlib import Path

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_STEP_INDENT = "    "  # KFP's runner puts four spaces before each line of a step
_RUNNER = re.compile(r"^\d\d:\d\d:\d\d\.\d{3} - [A-Z]+ - |^-{20,}$")
_BYTES = 1 << 16


def tail(path: Path, lines: int) -> tuple[str, ...]:
    """The last lines that aren't empty; nothing when there is no such file."""
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            stream.seek(max(0, size - _BYTES))
            text = stream.read().decode("utf-8", errors="replace")
    except OSError:
        return ()
    clean = (_COLOUR.sub("", line).rstrip() for line in text.splitlines())
    return tuple([line for line in clean if line][-lines:])


def step_tail(path: Path, lines: int) -> tuple[str, ...]:
    """The last lines that a step wrote, without what the runner says around them."""
    everything = tail(path, 1000)
    steps = [
        line.removeprefix(_STEP_INDENT) for line in everything if line.startswith(_STEP_INDENT)
    ]
    own = steps or [line for line in everything if not _RUNNER.match(line)]
    return tuple(own[-lines:])
