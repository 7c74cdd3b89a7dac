"""The process of one model server: started detached, found again by its marks, waited for.

Nothing here decides what should serve; see `services`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from exai_runtime.local import control_socket, process
from exai_runtime.local.control_socket import ServerState
from exai_runtime.local.log_tail import tail
from exai_runtime.local.paths import Paths, private_folder, remove_empty
from exai_runtime.local.ports import LOOPBACK
from exai_runtime.local.process import Process
from exai_specs.regexes import regex
from exai_specs.values import frozen

_LOADING = 180.0  # seconds until a server must have loaded its model
_LOG_BYTES = 10_000_000


@frozen
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


@frozen
class Running:
    """A living process of a service; `state` is None when it doesn't answer (yet)."""

    process: Process
    socket: str
    form: str
    state: ServerState | None


class ServiceFailed(Exception):
    """A server didn't come up. For people: `detail`, `hint`, the end of its log, and the `code`
    that it has said.
    """

    def __init__(self, detail: str, hint: str, lines: tuple[str, ...] = (), code: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.lines = lines
        self.code = code


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
    """The service that it belongs to; empty when it is gone."""
    return process.environment_of(running.process).get("EXAI_SERVICE", "")


def start(paths: Paths, wanted: Wanted, environment: Mapping[str, str]) -> Running:
    """Start it without a TCP port. Raises ServiceFailed, and TargetError for the temp folder."""
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


def await_loaded(paths: Paths, name: str, started: Running) -> None:
    """Return once it has loaded its model. Raises ServiceFailed when it ends, or takes too long."""
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


def _no_server(paths: Paths, name: str) -> ServiceFailed:
    log = paths.service_log(name)
    lines = tail(log, 15)
    said = next(
        (line.removeprefix("exai: ") for line in reversed(lines) if line.startswith("exai: ")), ""
    )
    code = _CODE.search(said)
    said = _CODE.sub("", said)
    return ServiceFailed(
        f"the server of {name} ended while it started{': ' + said if said else ''}",
        f"its log: {log}",
        lines,
        code[1] if code else "",
    )


# As servers end the line that says why they stop.
_CODE = regex(r" \[([a-z0-9-]+)\]$")


def _open_log(path: Path) -> int:
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def remove_sockets(socket: str) -> None:
    """What a server that was killed leaves in the temp folder."""
    for name in (socket, socket + ".fd"):
        Path(name).unlink(missing_ok=True)
    # Not always today's private folder: the server may have been started under another TMPDIR.
    remove_empty(Path(socket).parent)


# Servers outlive the apply that starts them; one that ends before it does is reaped here.
_STARTED: list[subprocess.Popen[bytes]] = []


def reap() -> None:
    """Let go of children that have ended."""
    _STARTED[:] = [child for child in _STARTED if child.poll() is None]
