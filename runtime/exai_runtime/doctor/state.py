"""Checks of a project's state: the control plane, the registry, what killed applies left."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from exai_runtime.doctor.place import Place
from exai_runtime.local import process
from exai_runtime.local.ledger import Ledger, read
from exai_runtime.local.lock import holder
from exai_runtime.local.process import Process, environment_of
from exai_runtime.local.run_requests import held
from exai_runtime.results import Finding
from exai_runtime.target import TargetError


def control_plane(place: Place) -> Iterator[Finding]:
    """Whether the state of the environment can be read."""
    if place.root is None:
        return
    path = place.paths.control
    if not path.exists():
        yield Finding("state", "ok", f"nothing is applied to {place.environment} yet")
        return
    try:
        ledger = read(path)
    except TargetError as error:
        found = error.diagnostic
        yield Finding("state", "problem", found.message, found.hint)
        return
    detail = f"{len(ledger.objects)} objects, {len(ledger.services)} services in {path.name}"
    yield Finding("state", "ok", detail)


def registry(place: Place) -> Iterator[Finding]:
    """Whether the registry's file is a whole database."""
    path = place.paths.registry
    if place.root is None or not path.exists():
        return
    fix = "put a copy of it back; or `exai destroy --purge`, to start afresh without its models"
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)
        ) as database:
            (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        hint = "another program may be writing; run this again"
        yield Finding("registry", "warning", f"{path.name} can't be looked at: {error}", hint)
    except sqlite3.DatabaseError as error:
        yield Finding("registry", "problem", f"{path} is damaged: {error}", fix)
    else:
        if said == "ok":
            yield Finding("registry", "ok", f"{path.name} is whole")
        else:
            yield Finding("registry", "problem", f"{path} is damaged: {said}", fix)


def leftovers(place: Place) -> Iterator[Finding]:
    """Processes that carry this environment's mark and that nothing records, and a lock that is
    held."""
    if place.root is None:
        return
    paths = place.paths
    if (who := holder(paths.lock)) is not None:
        yield Finding("lock", "ok", f"an apply or a run is under way{who}")
        return
    try:
        ledger = read(paths.control)
    except TargetError:
        return
    left = [
        one for one in process.marked(EXAI_OWNER=paths.owner) if not _recorded(one, ledger, place)
    ]
    if left:
        pids = ", ".join(f"{one.pid} ({process.command_of(one.pid)})" for one in left[:5])
        hint = f"`exai apply -e {place.environment}` ends what it doesn't need; or end them by hand"
        detail = f"{len(left)} processes that a killed apply left: {pids}"
        yield Finding("leftovers", "warning", detail, hint)
    else:
        yield Finding("leftovers", "ok", "no process is left over, no lock is held")


def _recorded(one: Process, ledger: Ledger, place: Place) -> bool:
    """Whether a recorded service or a living run accounts for it."""
    said = environment_of(one)
    if key := said.get("EXAI_RUN"):
        return held(place.paths.run(key))
    if name := said.get("EXAI_SERVICE"):
        served = ledger.services.get(name)
        return served is not None and (
            served.process == one or _child_of(one.pid, served.process.pid)
        )
    return True  # of another kind: whoever started it looks after it


def _child_of(pid: int, parent: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
    except OSError:
        return True
    return int(text[text.rindex(")") + 2 :].split()[1]) == parent
