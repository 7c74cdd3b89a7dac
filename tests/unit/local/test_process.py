"""Processes are who they are, not the number they have."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from exai_runtime.local import process


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(
        ["sleep", "60"], env={**os.environ, "EXAI_TEST_MARK": str(os.getpid())}
    )
    yield child
    child.kill()
    child.wait()


def test_a_process_is_known_by_its_start_time(sleeper: subprocess.Popen[bytes]) -> None:
    found = process.identify(sleeper.pid)
    assert found is not None
    assert process.alive(found)
    assert not process.alive(replace(found, started=found.started + 1))
    assert not process.alive(replace(found, boot="another boot"))


def test_a_stranger_with_the_same_pid_gets_no_signal(sleeper: subprocess.Popen[bytes]) -> None:
    found = process.identify(sleeper.pid)
    assert found is not None
    stranger = replace(found, started=found.started - 1)
    assert not process.send(stranger, signal.SIGKILL)
    assert sleeper.poll() is None
    assert process.send(found, signal.SIGTERM)
    assert sleeper.wait(5) == -signal.SIGTERM


def test_a_zombie_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    found = process.identify(child.pid)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert found is None or not process.alive(found)
    assert process.identify(child.pid) is None
    child.wait()


def test_marks_find_the_process_and_all_of_them_count(sleeper: subprocess.Popen[bytes]) -> None:
    mine = str(os.getpid())
    assert [one.pid for one in process.marked(EXAI_TEST_MARK=mine)] == [sleeper.pid]
    assert process.marked(EXAI_TEST_MARK=mine, EXAI_TEST_OTHER="1") == ()
    assert process.marked(EXAI_TEST_MARK=mine + "0") == ()


def test_end_kills_what_does_not_want_to_end() -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(1, flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    found = process.identify(child.pid)
    assert found is not None
    assert process.end(lambda: [found], 0.1)
    assert child.wait(5) == -signal.SIGKILL
    assert not process.end(lambda: [found], 0.1), "nobody was there any more"
    child.stdout.close()


def test_environment_of_a_process(sleeper: subprocess.Popen[bytes]) -> None:
    found = process.identify(sleeper.pid)
    assert found is not None
    assert process.environment_of(found)["EXAI_TEST_MARK"] == str(os.getpid())
    assert process.environment_of(replace(found, started=0)) == {}
