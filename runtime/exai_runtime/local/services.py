"""Model servers as detached processes: start, hand over without refusing a request, stop.

A process of a service is found by the marks in its environment, so one that a killed apply left
behind is known: it is taken into service or ended, never doubled. The order is: the new process
loads on its own socket; it takes the listening socket over; the caller records it; the old one
drains. A kill between any two of these leaves a state from which `bring_up` goes on.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from typing import Literal

from exai_runtime.local import control_socket, process
from exai_runtime.local.ledger import Served
from exai_runtime.local.paths import Paths
from exai_runtime.local.ports import LOOPBACK, free_port, listener_of, taken
from exai_runtime.local.process import Process
from exai_runtime.local.server_process import (
    Running,
    ServiceFailed,
    Wanted,
    await_loaded,
    find,
    reap,
    remove_sockets,
    service_of,
    start,
)

_DRAINING = 40.0  # seconds for what is in flight; the server's own limit is 30
_GRACE = 3.0
_DYING = 5.0  # seconds for a killed process to let go of its port


def bring_up(
    paths: Paths,
    wanted: Wanted,
    kept: Served | None,
    ports: Mapping[str, int | None],
    environment: Callable[[], Mapping[str, str]],
    tell: Callable[[str, Literal["started", "finished"]], None],
) -> Served:
    """Make the wanted process answer on its port and say which it is. `tell` gets (phase, state) as
    it goes; `ports` are all services that should be, each with the port that it must have, if any:
    another service's server that shouldn't have this port any more hands it over.

    What serves now goes on until the new process has taken over. Raises ServiceFailed, and then
    nothing has changed.
    """
    living = find(paths, wanted.name)
    serving = next((one for one in living if one.state and one.state.state == "serving"), None)
    port = (
        wanted.port
        or (kept.port if kept else None)
        or (serving.state.port if serving and serving.state else None)
    )
    holder = serving if serving and serving.state and serving.state.port == port else None
    if holder and holder.form == wanted.form and port:
        return Served(wanted.name, holder.process, port, holder.socket, wanted.digest, wanted.form)
    mute = [one for one in living if one.state is None and kept and one.process == kept.process]
    source = holder or (_leaver(paths, wanted.name, port, ports) if port else None)
    if port and not source and not mute:
        _check_free(wanted.name, port)
    tell("load", "started")
    candidate = next((one for one in living if one is not holder and _loaded(one, wanted)), None)
    started = candidate or start(paths, wanted, environment())
    try:
        if candidate is None:
            await_loaded(paths, wanted.name, started)
        tell("load", "finished")
        tell("switch", "started")
        if mute:  # it can't hand anything over: its socket is gone
            process.end(lambda: [one.process for one in mute], _GRACE)
        taken_over = _take_over(wanted, started, source, port)
    except BaseException:
        process.end(lambda: [started.process], _GRACE)
        raise
    tell("switch", "finished")
    return Served(
        wanted.name, started.process, taken_over, started.socket, wanted.digest, wanted.form
    )


def retire(paths: Paths, name: str, but: Process | None) -> None:
    """Let every other process of the service finish what is in flight; then end it."""
    old = [one for one in find(paths, name) if one.process != but]
    for one in old:
        if one.state is None or (
            one.state.state != "draining" and not control_socket.drain(one.socket)
        ):
            process.send(one.process, signal.SIGTERM)
    deadline = time.monotonic() + _DRAINING
    for one in old:
        if not process.wait_gone(one.process, max(0.0, deadline - time.monotonic())):
            process.end(lambda left=one.process: [left], _GRACE)  # type: ignore[misc]
        remove_sockets(one.socket)
    reap()


def url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def _leaver(paths: Paths, name: str, port: int, ports: Mapping[str, int | None]) -> Running | None:
    """Our server of another service that has this port, and by what should be doesn't keep it."""
    for one in find(paths):
        if one.state and one.state.state == "serving" and one.state.port == port:
            other = service_of(one)
            if other != name and (other not in ports or ports[other] not in (None, port)):
                return one
    return None


def _take_over(wanted: Wanted, started: Running, holder: Running | None, port: int | None) -> int:
    for _ in range(5):
        chosen = port or free_port()
        try:
            control_socket.take_over(started.socket, holder.socket if holder else None, chosen)
        except control_socket.Refused as refusal:
            if port:
                _check_free(wanted.name, port)
                raise ServiceFailed(
                    f"{wanted.name} can't take over port {port}: {refusal}", "apply again"
                ) from None
        except OSError as error:
            raise ServiceFailed(
                f"the new server of {wanted.name} ended while it took the port over: {error}",
                "apply again",
            ) from None
        else:
            return chosen
    raise ServiceFailed(f"no free port for {wanted.name} on {LOOPBACK}", "set one: spec.local.port")


def _check_free(name: str, port: int) -> None:
    deadline = time.monotonic() + _DYING
    while taken(port):
        who = listener_of(port)
        if who is None and time.monotonic() < deadline:
            # Nobody that /proc shows: a killed server whose threads are still on their way out.
            time.sleep(0.02)
            continue
        by = f" by process {who[0]} ({who[1]})" if who else ""
        raise ServiceFailed(
            f"port-in-use: port {port} of {LOOPBACK}, which Service/{name} has, is taken{by}",
            "end that process, or give the service another port: spec.local.port",
        )


def _loaded(running: Running, wanted: Wanted) -> bool:
    return (
        running.form == wanted.form
        and running.state is not None
        and running.state.state == "loaded"
    )
