"""Processes by identity. A pid alone means nothing: it may have been given to somebody else.

A process is its pid, its start time and the boot it belongs to, as Linux tells them in /proc.
Signals go through a pidfd that is opened before the start time is compared, so they never reach a
stranger. What a process of ours leaves behind (H2O's Java starts a session of its own) is found by
a mark in its environment, which children inherit.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from exai_specs.values import frozen

PROC = Path("/proc")
POLL = 0.02  # seconds between two looks


@frozen
class Process:
    """`started` is in clock ticks since boot (proc(5), stat field 22)."""

    pid: int
    started: int
    boot: str


@cache
def boot_id() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def identify(pid: int) -> Process | None:
    """Who has this pid now; None for nobody or a zombie."""
    started = _started(pid)
    return None if started is None else Process(pid, started, boot_id())


def alive(process: Process) -> bool:
    return process.boot == boot_id() and _started(process.pid) == process.started


def send(process: Process, number: signal.Signals) -> bool:
    """Signal exactly this process; False when it is gone."""
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return False
    try:
        if not alive(process):
            return False
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def environment_of(process: Process) -> Mapping[str, str]:
    """What it was started with; empty when it is gone or somebody else's."""
    pairs = (os.fsdecode(item).partition("=") for item in _environ(process.pid).split(b"\0"))
    found = {name: value for name, _, value in pairs if name}
    return found if alive(process) else {}


def marked(**marks: str) -> tuple[Process, ...]:
    """Every process of this user that was started with all of these in its environment."""
    wanted = [f"\0{name}={value}\0".encode() for name, value in marks.items()]
    found = []
    for pid in _pids():
        environ = b"\0" + _environ(pid) + b"\0"
        if all(mark in environ for mark in wanted) and (process := identify(pid)):
            found.append(process)
    return tuple(process for process in found if process.pid != os.getpid())


def end(find: Callable[[], Iterable[Process]], grace: float) -> bool:
    """SIGTERM, `grace` seconds, then SIGKILL, until `find` finds nobody. True when somebody was
    there.
    """
    asked: set[Process] = set()
    somebody = False
    deadline = time.monotonic() + grace
    while living := [process for process in find() if alive(process)]:
        somebody = True
        late = time.monotonic() >= deadline
        for process in living:
            if late:
                send(process, signal.SIGKILL)
            elif process not in asked:
                send(process, signal.SIGTERM)
                asked.add(process)
        time.sleep(POLL)
    return somebody


def wait_gone(process: Process, seconds: float) -> bool:
    """Whether it is gone within this time."""
    deadline = time.monotonic() + seconds
    while alive(process):
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL)
    return True


def command_of(pid: int) -> str:
    """The name of a process as /proc shows it, for messages."""
    try:
        return (PROC / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _pids() -> Iterator[int]:
    user = os.geteuid()
    with os.scandir(PROC) as entries:
        for entry in entries:
            if entry.name.isdigit():
                try:
                    if entry.stat().st_uid == user:
                        yield int(entry.name)
                except OSError:
                    continue


def _environ(pid: int) -> bytes:
    try:
        return (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return b""


def _started(pid: int) -> int | None:
    try:
        stat = (PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    # The command may hold spaces and brackets: the fields begin after the last closing bracket.
    fields = stat[stat.rindex(b")") + 2 :].split()
    return None if fields[0] in (b"Z", b"X") else int(fields[19])
