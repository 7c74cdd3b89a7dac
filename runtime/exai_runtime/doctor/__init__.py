"""The command `doctor`: what of this machine, and of a project's state, would get in the way.

Each check is one function from a `Place` to findings; `CHECKS` is all of them, in the order in
which they are shown. None changes anything but files of its own in the temporary folder, none
imports what it looks for, and one that breaks is a finding and not the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from exai_runtime.doctor.machine import clock, disk, memory
from exai_runtime.doctor.network import loopback, proxy
from exai_runtime.doctor.packages import extras, h2o, java, python
from exai_runtime.doctor.place import Place
from exai_runtime.doctor.state import control_plane, leftovers, registry
from exai_runtime.doctor.temp import locks, sockets, temporary
from exai_runtime.results import Checkup, Finding

Check = Callable[[Place], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    python,
    extras,
    h2o,
    java,
    disk,
    memory,
    temporary,
    sockets,
    locks,
    loopback,
    proxy,
    clock,
    control_plane,
    registry,
    leftovers,
)


def doctor(root: Path | None, environment: str) -> Checkup:
    """Every check, whatever the others found. `root` is None outside a project."""
    place = Place(root, environment)
    return Checkup(tuple(finding for check in CHECKS for finding in _findings(check, place)))


def _findings(check: Check, place: Place) -> tuple[Finding, ...]:
    name = check.__name__.replace("_", " ")
    try:
        return tuple(check(place))
    except OSError as error:
        hint = "the rest was checked; this isn't known"
        return (Finding(name, "warning", f"can't be checked: {error}", hint),)
