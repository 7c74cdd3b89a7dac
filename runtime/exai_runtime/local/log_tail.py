"""The end of a log, as people want to see it. In: a file. Out: its last lines, no colours."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from exai_specs.regexes import regex

_COLOUR = regex(r"\x1b\[[0-9;]*[A-Za-z]")
_STEP_INDENT = "    "  # KFP's runner puts four spaces before each line of a step
_RUNNER = regex(r"^\d\d:\d\d:\d\d\.\d{3} - [A-Z]+ - |^-{20,}$")
_BYTES = 1 << 16
_LINE = 200  # bytes that a line has, about


def tail(path: Path, lines: int, upto: int | None = None) -> tuple[str, ...]:
    """The last lines that aren't empty, of all or of the first `upto` bytes; nothing when there is
    no such file."""
    room = max(_BYTES, lines * _LINE)
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size if upto is None else upto
            start = max(0, size - room)
            stream.seek(start)
            text = stream.read(size - start).decode("utf-8", errors="replace")
    except OSError:
        return ()
    return tuple(list(clean(text.splitlines()))[-lines:])


def clean(lines: Iterable[str]) -> Iterator[str]:
    """Lines without colours; those that are empty then are left out."""
    for line in lines:
        if found := _COLOUR.sub("", line).rstrip():
            yield found


def step_tail(path: Path, lines: int) -> tuple[str, ...]:
    """The last lines that a step wrote, without what the runner says around them."""
    everything = tail(path, 1000)
    steps = [
        line.removeprefix(_STEP_INDENT) for line in everything if line.startswith(_STEP_INDENT)
    ]
    own = steps or [line for line in everything if not _RUNNER.match(line)]
    return tuple(own[-lines:])
