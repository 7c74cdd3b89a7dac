"""Talking to a model server over its own Unix socket: HTTP/1.1, JSON in and out, private to this
user.
"""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

from exai_specs.values import frozen


@frozen
class ServerState:
    """What `GET /exai/state` says. `state`: loaded (no port yet), serving or draining. `trouble`:
    what it needs beside its model and can't get now, such as its online store.
    """

    pid: int
    digest: str
    port: int | None
    state: str
    trouble: str = ""


class Refused(Exception):
    """The server answered, and not with yes; the message is its own."""


def state(path: str, seconds: float = 1.0) -> ServerState | None:
    """None when nobody answers in time."""
    try:
        answer = _ask(path, "GET", "/exai/state", None, seconds)
    except (OSError, http.client.HTTPException, Refused, ValueError):
        return None
    return ServerState(
        int(answer["pid"]),
        str(answer["digest"]),
        answer.get("port"),
        str(answer["state"]),
        str(answer.get("trouble") or ""),
    )


def take_over(path: str, source: str | None, port: int) -> None:
    """Make the server behind `path` answer on `port`: it gets the listening socket of `source`, or
    binds by itself.

    Raises OSError when it can't be reached, Refused when it can't do it.
    """
    _ask(path, "POST", "/exai/take-over", {"from": source, "port": port}, 30.0)


def drain(path: str) -> bool:
    """Ask the server to answer what is in flight and to end. False when it can't be asked."""
    try:
        _ask(path, "POST", "/exai/drain", {}, 5.0)
    except (OSError, http.client.HTTPException, Refused, ValueError):
        return False
    return True


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _ask(path: str, method: str, url: str, body: object, seconds: float) -> dict[str, Any]:
    connection = _Connection(path, seconds)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(
            method, url, text, {"Content-Type": "application/json", "Connection": "close"}
        )
        answer = connection.getresponse()
        data = answer.read()
    finally:
        connection.close()
    value = json.loads(data) if data else {}
    if answer.status >= 300:
        raise Refused(str(value.get("error", value) if isinstance(value, dict) else value))
    return value if isinstance(value, dict) else {}
