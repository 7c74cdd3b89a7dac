"""Model servers as detached processes: start, hand over without refusing a request, stop.

A process of a service is found by the marks in its environment, so one that a killed apply left
behind is known: it is taken into service or ended, never doubled. The order is: the new process
loads on its own socket; it takes the listening socket over; the caller records it; the old one
drains. A kill between any two of these leaves a state from which `bring_up` goes on.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exai_runtime.local import control_socket, process
from exai_runtime.local.control import Served
from exai_runtime.local.control_socket import ServerState
from exai_runtime.local.log_tail import tail
from exai_runtime.local.paths import Paths, private_folder, remove_empty
from exai_runtime.local.ports import LOOPBACK, free_port, listener_of, taken
from exai_runtime.local.process import Process

_LOADING = 180.0  # seconds until a server must have loaded its model
_DRAINING = 40.0  # seconds for what is in flight; the server's own limit is 30
_GRACE = 3.0
_LOG_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should serve. `port` is None when any will do; `form` is a hash of all that the process
    is started with.
    """

    name: str
    model_dir: Path
    digest: str
    arguments: tuple[str, ...]
    form: str
    port: int | None


@dataclass(frozen=True, slots=True)
class Running:
    """A living process of a service; `state` is None when it doesn't answer (yet)."""

    process: Process
    socket: str
    form: str
    state: ServerState | None


class ServiceFailed(Exception):
    """A server didn't come up. For people: `detail`, `hint`, and the end of its log."""

    def __init__(self, detail: str, hint: str, lines: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.lines = lines


def bring_up(
    paths: Paths,
    wanted: Wanted,
    kept: Served | None,
    environment: Callable[[], Mapping[str, str]],
    tell: Callable[[str, Literal["started", "finished"]], None],
) -> Served:
    """Make the wanted process answer on its port and say which it is. `tell` gets (phase, state) as
    it goes.

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
    if port and not holder and not mute:
        _check_free(wanted.name, port)
    tell("load", "started")
    candidate = next((one for one in living if one is not holder and _loaded(one, wanted)), None)
    started = candidate or _start(paths, wanted, environment())
    try:
        if candidate is None:
            _await_loaded(paths, wanted.name, started)
        tell("load", "finished")
        tell("switch", "started")
        if mute:  # it can't hand anything over: its socket is gone
            process.end(lambda: [one.process for one in mute], _GRACE)
        taken_over = _take_over(wanted, started, holder, port)
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
        _remove_sockets(one.socket)
    _reap()


def find(paths: Paths, name: str | None = None) -> tuple[Running, ...]:
    """Every living server process of this environment, or of one of its services."""
    marks = {"EXAI_OWNER": paths.owner, **({"EXAI_SERVICE": name} if name else {})}
    found = []
    for one in process.marked(**marks):
        environ = process.environment_of(one)
        if socket := environ.get("EXAI_CONTROL"):
            found.append(
                Running(one, socket, environ.get("EXAI_FORM", ""), control_socket.state(socket))
            )
    return tuple(found)


def service_of(running: Running) -> str:
    return process.environment_of(running.process).get("EXAI_SERVICE", "")


def url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def _start(paths: Paths, wanted: Wanted, environment: Mapping[str, str]) -> Running:
    folder = paths.service(wanted.name)
    folder.mkdir(parents=True, exist_ok=True)
    short = hashlib.sha256(wanted.name.encode()).hexdigest()[:8]
    socket = str(private_folder(paths) / f"s{short}-{secrets.token_hex(4)}.sock")
    marks = {
        "EXAI_OWNER": paths.owner,
        "EXAI_SERVICE": wanted.name,
        "EXAI_FORM": wanted.form,
        "EXAI_CONTROL": socket,
        "EXAI_MODEL_DIGEST": wanted.digest,
    }
    module = ["-m", "exai_runtime.local.launch", "exai_components.serve"]
    names = ["--model_name", wanted.name, "--model_dir", str(wanted.model_dir)]
    where = ["--host", LOOPBACK, "--control", socket, "--no_listen"]
    log = _open_log(paths.service_log(wanted.name))
    try:
        child = subprocess.Popen(
            [sys.executable, *module, *names, *where, *wanted.arguments],
            cwd=folder,
            env={**environment, **marks},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    finally:
        os.close(log)
    _STARTED.append(child)
    found = process.identify(child.pid)
    if found is None:
        raise _no_server(paths, wanted.name)
    return Running(found, socket, wanted.form, None)


def _await_loaded(paths: Paths, name: str, started: Running) -> None:
    deadline = time.monotonic() + _LOADING
    while control_socket.state(started.socket) is None:
        if not process.alive(started.process):
            raise _no_server(paths, name)
        if time.monotonic() >= deadline:
            raise ServiceFailed(
                f"the server of {name} hasn't loaded its model after {_LOADING:.0f} s",
                f"look at its log: {paths.service_log(name)}",
                tail(paths.service_log(name), 15),
            )
        time.sleep(process.POLL)


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
    if taken(port):
        who = listener_of(port)
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


def _no_server(paths: Paths, name: str) -> ServiceFailed:
    log = paths.service_log(name)
    lines = tail(log, 15)
    said = next(
        (line.removeprefix("exai: ") for line in reversed(lines) if line.startswith("exai: ")), ""
    )
    return ServiceFailed(
        f"the server of {name} ended while it started{': ' + said if said else ''}",
        f"its log: {log}",
        lines,
    )


def _open_log(path: Path) -> int:
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _remove_sockets(socket: str) -> None:
    for name in (socket, socket + ".fd"):
        Path(name).unlink(missing_ok=True)
    # Not always today's private folder: the server may have been started under another TMPDIR.
    remove_empty(Path(socket).parent)


# Servers outlive the apply that starts them; one that ends before it does is reaped here.
_STARTED: list[subprocess.Popen[bytes]] = []


def _reap() -> None:
    _STARTED[:] = [child for child in _STARTED if child.poll() is None]
