"""Checks of the machine itself: room on disks, memory, the clock."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from exai_runtime.doctor.place import Place
from exai_runtime.local.paths import cache_folder
from exai_runtime.results import Finding

_GIB = 1 << 30
_LITTLE_DISK = 2 * _GIB  # models, artifacts and logs of some runs
_NO_DISK = 200 << 20
# What one step of H2O takes beside its server: a heap, a JVM, pandas (DESIGN section 6).
_LITTLE_MEMORY = 3 * _GIB
_NO_MEMORY = 1 * _GIB
_CGROUP = Path("/sys/fs/cgroup/memory.max")
_RELEASED = 1_790_000_000  # this version was written in 2026: an earlier clock is wrong
_AHEAD = 120.0  # seconds


def disk(place: Place) -> Iterator[Finding]:
    """Room where the project, the cache and temporary files are."""
    wanted = {
        "project": place.root or Path(),
        "cache": cache_folder(),
        "temporary files": Path(tempfile.gettempdir()),
    }
    for what, folder in wanted.items():
        there = _existing(folder.absolute())
        free = shutil.disk_usage(there).free
        detail = f"{free / _GIB:.1f} GiB free for the {what} ({there})"
        if not os.access(there, os.W_OK | os.X_OK):
            hint = "allow it, or use another folder"
            yield Finding("disk", "problem", f"{there} can't be written to ({what})", hint)
        elif free < _NO_DISK:
            yield Finding("disk", "problem", detail, "make room: nothing can run")
        elif free < _LITTLE_DISK:
            hint = "make room: a few runs and models take some GiB"
            yield Finding("disk", "warning", detail, hint)
        else:
            yield Finding("disk", "ok", detail)


def memory(place: Place) -> Iterator[Finding]:
    """What can be had now, a container's limit included."""
    del place
    free = _available()
    if free is None:
        yield Finding("memory", "warning", "can't be told here", "H2O needs 2 to 3 GiB")
        return
    detail = f"{free / _GIB:.1f} GiB available"
    if free < _NO_MEMORY:
        yield Finding("memory", "problem", detail, "end other programs: H2O needs 2 to 3 GiB")
    elif free < _LITTLE_MEMORY:
        hint = "set `resources: {memory: 1Gi}` on training steps, or end other programs"
        yield Finding("memory", "warning", detail, hint)
    else:
        yield Finding("memory", "ok", detail)


def clock(place: Place) -> Iterator[Finding]:
    """A clock that stands wrong: certificates fail, and times of runs mean nothing."""
    now = time.time()
    shown = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now))
    newest = _newest(place)
    if now < _RELEASED:
        yield Finding("clock", "problem", f"it says {shown}", "set the machine's clock")
    elif newest > now + _AHEAD:
        hint = "set the machine's clock: it has gone back since the last apply"
        yield Finding("clock", "warning", f"it says {shown}, and files here are newer", hint)
    else:
        yield Finding("clock", "ok", f"it says {shown}")


def _newest(place: Place) -> float:
    paths = place.paths
    times = [0.0]
    for file in (paths.control, paths.registry):
        try:
            times.append(file.stat().st_mtime)
        except OSError:
            continue
    return max(times)


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.exists())


def _available() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    found = {name: value for name, _, value in (line.partition(":") for line in lines)}
    text = found.get("MemAvailable", "").split()
    free = int(text[0]) * 1024 if text and text[0].isdigit() else None
    limit = _limit()
    return free if limit is None or free is None else min(free, limit)


def _limit() -> int | None:
    """What a container of cgroup v2 has left."""
    try:
        most = _CGROUP.read_text("ascii").strip()
        used = int(_CGROUP.with_name("memory.current").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return int(most) - used if most.isdigit() else None
