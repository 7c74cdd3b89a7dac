"""The end of a process: nothing that waits for it is left out."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def ended(code: str, *before: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *before, "-c", f"from exai_runtime.ending import end, spared\n{code}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )


@pytest.mark.parametrize("code", [0, 1, 70, 141])
def test_the_code_and_what_was_written_arrive(code: int) -> None:
    said = "sys.stdout.write('out'); sys.stderr.write('err')"
    done = ended(f"import sys\n{said}\nend({code})\nprint('never')")
    assert (done.returncode, done.stdout, done.stderr) == (code, "out", "err")


def test_what_is_registered_for_the_end_is_done() -> None:
    done = ended("import atexit\natexit.register(print, 'last')\nprint('first')\nend(0)")
    assert (done.returncode, done.stdout) == (0, "first\nlast\n")


def test_a_thread_is_waited_for() -> None:
    work = "def work():\n    time.sleep(0.5)\n    print('done')\n"
    done = ended(f"import threading, time\n{work}threading.Thread(target=work).start()\nend(4)")
    assert (done.returncode, done.stdout) == (4, "done\n")


def test_what_is_spared_is_not_freed_at_the_end() -> None:
    large = "class Large:\n    def __del__(self): print('freed')\n"
    kept = ended(f"{large}spared(Large())\nend(0)")
    assert kept.stdout == ""
    # Of two of a class, one: a process that compiles again and again keeps no more than that.
    twice = ended(f"{large}spared(Large())\nspared(Large())\nend(0)")
    assert twice.stdout == "freed\n"


def test_whoever_has_left_changes_nothing() -> None:
    gone = "import os, sys\nread, write = os.pipe()\nos.close(read)\nos.dup2(write, 1)\n"
    done = ended(f"{gone}sys.stdout.write('x')\nend(141)")
    assert (done.returncode, done.stderr) == (141, "")


def test_a_profiler_gets_its_end() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cProfile", "-m", "exai_runtime.cli.main", "--version"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "function calls" in done.stdout
