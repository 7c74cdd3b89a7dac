"""Accepts connections on a listening socket that this process may share with another.

In: a listening socket. Out: connections, each served by uvicorn's protocol.
Its own accept loop, because stopping must be exact: after `pause` nothing more is accepted, nothing
that was accepted is lost, and the socket stays open for whoever has it next.
"""

import asyncio
import contextlib
import errno
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from exai_components.serve.failure import Failure

BACKLOG = 2048
_BURST = 128
_OUT_OF_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Listener:
    """Hands every accepted connection to `serve`, in the running loop."""

    def __init__(self, sock: socket.socket, serve: Callable[[socket.socket], Any]) -> None:
        self.socket = sock
        self._serve = serve
        self._loop = asyncio.get_running_loop()
        self._accepting = False
        sock.setblocking(False)

    @property
    def port(self) -> int:
        """The TCP port."""
        return int(self.socket.getsockname()[1])

    def start(self) -> None:
        """Begin, or go on, to accept."""
        self._accepting = True
        self._loop.add_reader(self.socket.fileno(), self._accept)

    def pause(self) -> None:
        """Accept nothing more; who connects now waits in the socket's queue."""
        self._accepting = False
        self._loop.remove_reader(self.socket.fileno())

    def close(self) -> None:
        """Accept who already waits, then close this process's copy of the socket."""
        self.pause()
        self._accept(burst=BACKLOG)
        self.socket.close()

    def _accept(self, burst: int = _BURST) -> None:
        for _ in range(burst):
            try:
                connection, _ = self.socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno in _OUT_OF_FILES:
                    self._loop.remove_reader(self.socket.fileno())
                    self._loop.call_later(1, self._resume)
                return
            connection.setblocking(False)
            self._serve(connection)

    def _resume(self) -> None:
        if self._accepting:
            self.start()


def bind_tcp(host: str, port: int) -> socket.socket:
    """A bound TCP socket that doesn't listen yet; `Failure` port-in-use when another has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise port_in_use(host, port) from None
        raise Failure(
            "cannot-bind",
            f"{host}:{port} can't be bound: {error.strerror}",
            "Choose another port or host",
        ) from None
    return sock


def listen_tcp(sock: socket.socket, host: str) -> None:
    """Start listening; another process may have taken the port since it was bound."""
    try:
        sock.listen(BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise port_in_use(host, sock.getsockname()[1]) from None
        raise


def port_in_use(host: str, port: int) -> Failure:
    """The failure for a port that somebody else listens on."""
    return Failure(
        "port-in-use",
        f"port {port} on {host} is in use by another program",
        f"End that program (`ss -ltnp 'sport = :{port}'` names it) or choose another port",
    )


def listen_unix(path: Path) -> socket.socket:
    """A listening Unix socket for this user only (0600); a dead process's file is replaced."""
    _remove_dead(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(str(path))
        path.chmod(0o600)  # before it listens, so nobody else ever gets in
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise Failure(
            "cannot-bind",
            f"the control socket {path} can't be made: {error.strerror}",
            "Check that its folder exists and can be written",
        ) from None
    return sock


def _remove_dead(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise Failure("control-in-use", f"{path} exists and is no socket", "Remove it")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, contextlib.suppress(OSError):
        probe.settimeout(2)
        probe.connect(str(path))
        raise Failure(
            "control-in-use",
            f"another server answers on {path}",
            "Stop it or choose another path",
        )
    path.unlink(missing_ok=True)
