"""Progress: the story that events tell, and the lines that a terminal updates."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time

import pytest

from exai_compiler.changes import Outcome, Planned, Run
from exai_runtime.events import (
    ChangeFinished,
    ChangeStarted,
    Event,
    PhaseFinished,
    PhaseStarted,
    RoundStarted,
)
from exai_runtime.target import Progress
from exai_runtime.views.human.board import Board
from exai_runtime.views.human.progress import plain_text
from exai_specs.effects import Effect
from exai_specs.identity import Ref

RUN = Run(Ref("Pipeline", "p"), "key", ())
PLANNED = Planned(RUN, 1, Effect.RETRAIN, ())
EVENTS: tuple[Event, ...] = (
    PhaseStarted("looking"),
    PhaseFinished("looking", 0.5, "5 documents"),
    RoundStarted(1, (PLANNED,)),
    ChangeStarted(PLANNED),
    Progress("Pipeline/p", "load", "started"),
    Progress("Pipeline/p", "load", "finished", "150 rows"),
    Progress("Pipeline/p", "train", "started"),
    Progress("Pipeline/p", "train", "note", "again in 30 s"),
    Progress("Pipeline/p", "train", "failed", "too few rows"),
    ChangeFinished(PLANNED, Outcome(RUN, "failed", "too few rows\nmore")),
)


def test_the_story() -> None:
    board = Board()
    lines = [line for now, event in enumerate(EVENTS) for line in board.take(event, float(now))]
    assert [plain_text(line) for line in lines] == [
        "looking ...",
        "looking: 5 documents (0.5 s)",
        "round 1: 1 change",
        "  run Pipeline/p ...",
        "    load ...",
        "    load: 150 rows (1.0 s)",
        "    train ...",
        "    train: again in 30 s",
        "    train: failed: too few rows (2.0 s)",
        "  run Pipeline/p: failed, too few rows (6.0 s)",
    ]
    assert board.open == {}


def test_what_ends_without_a_beginning_is_told_all_the_same() -> None:
    (line,) = Board().take(Progress("Pipeline/p", "load", "finished"), 1.0)
    assert plain_text(line) == "    load: done"


PROGRAM = """
import sys, time
from exai_runtime.events import PhaseFinished, PhaseStarted
from exai_runtime.views.human.view import HumanView
view = HumanView("apply", live=True)
view.listen(PhaseStarted("training"))
time.sleep(0.5)
view.listen(PhaseFinished("training", 0.5, "20 trees"))
view.close()
print("result")
"""


def test_a_terminal_sees_a_line_at_once_and_updated_in_place() -> None:
    """Looked at from outside, through a pseudo-terminal: stderr is one, stdout a pipe."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"},
    )
    os.close(theirs)
    seen = b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # the other side is closed: Linux reports EIO
            break
        if not chunk:
            break
        seen += chunk
    os.close(ours)
    out, _ = process.communicate(timeout=30)
    text = seen.decode()
    assert out == b"result\n"
    assert text.index("training  0.0 s") < text.index("training  0.5 s  20 trees")
    assert "training  0.3 s" in text
    assert text.count("20 trees") == 1
    assert "\x1b[?25h" in text.rpartition("\x1b[?25l")[2]


QUESTION = """
from exai_runtime.views.human.view import HumanView
print(HumanView("apply", live=True).ask("Delete 1 object?"))
"""


@pytest.mark.parametrize(("typed", "answer"), [(b"y\n", b"True"), (b"\n", b"False")])
def test_a_terminal_is_asked(typed: bytes, answer: bytes) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, typed)
    done = subprocess.run(
        [sys.executable, "-c", QUESTION],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        timeout=30,
        check=True,
    )
    os.close(theirs)
    seen = os.read(ours, 4096)
    os.close(ours)
    assert done.stdout.strip() == answer
    assert b"Delete 1 object? [y/N]" in seen


def test_nobody_is_asked_where_nobody_is() -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUESTION], input=b"y\n", capture_output=True, timeout=30, check=True
    )
    assert (done.stdout.strip(), done.stderr) == (b"None", b"")
