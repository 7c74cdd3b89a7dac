"""The server process: its sockets and its states `loaded`, `serving` and `draining`.

In: KServe's application and options. Out: answers, until it is told to stop.
Runs in one event loop; every change of state happens there.
"""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import uvicorn

from exai_components.serve import handover
from exai_components.serve.control import Control
from exai_components.serve.failure import Failure
from exai_components.serve.gate import Application, Gate
from exai_components.serve.listener import Listener, bind_tcp, listen_tcp, listen_unix
from exai_components.serve.options import Options

# How long an idle connection may live on in a draining process. With a successor it costs nothing
# and lets keep-alive clients change over with their next request; without one nobody gains by it.
GRACE = 5.0
GRACE_ALONE = 0.5
_IN_FLIGHT = 30
_KEEP_ALIVE = 65  # KServe's own default: longer than a proxy's
_TICK = 0.02
_FREEING = 2.0


class Server:
    """One process's server. `run` returns when it has drained."""

    def __init__(self, app: Application, gate: Gate, options: Options, digest: str) -> None:
        self._options = options
        self._digest = digest
        self._gate = gate
        self._state: Literal["loaded", "serving", "draining"] = "loaded"
        self._tcp = _config(gate)
        self._uvicorn = _Uvicorn(self._tcp)
        self._controls = _config(Control(app, self))
        self._listener: Listener | None = None
        self._predecessor: socket.socket | None = None
        self._changing = asyncio.Lock()
        self._connecting: set[socket.socket] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    def state(self) -> dict[str, Any]:
        """What `/exai/state` answers."""
        serving = self._state == "serving" and self._listener is not None
        return {
            "pid": os.getpid(),
            "model_name": self._options.model_name,
            "digest": self._digest,
            "port": self._listener.port if serving and self._listener else None,
            "state": self._state,
        }

    async def run(self, bound: socket.socket | None) -> None:
        """Serve on the bound socket, or wait for a hand-over; returns after a drain."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.drain)
        with contextlib.ExitStack() as sockets:
            serving = asyncio.create_task(self._uvicorn.serve(sockets=[]))
            while not self._uvicorn.started:
                await asyncio.sleep(0.001)
            if bound is not None:
                listen_tcp(bound, self._options.host)
                self._serve_on(bound)
            if self._options.control is not None:
                path = self._options.control
                connect = self._connector(self._controls)
                sockets.enter_context(_listening(handover.fd_path(path), self._hand_over_soon))
                sockets.enter_context(_listening(path, connect))
            await serving

    async def take_over(self, predecessor: Path | None, port: int) -> None:
        """Serve on `port`: with the predecessor's socket, or a new one if it is none or dead."""
        async with self._changing:
            if self._state == "draining":
                raise Failure("draining", "this server is about to end", "Start another")
            if self._listener is not None:
                if self._listener.port == port:
                    return
                raise Failure("serving", f"this server serves on port {self._listener.port}")
            handed = None
            if predecessor is not None:
                try:
                    handed = await asyncio.to_thread(handover.ask_for, predecessor, port)
                except handover.Gone:
                    pass
                except handover.Stuck as error:
                    hint = "End that process and try again"
                    raise Failure("predecessor-stuck", str(error), hint, status=504) from None
            if handed is None:
                patience = 0.0 if predecessor is None else _FREEING
                self._serve_on(await self._bind(port, time.monotonic() + patience))
                return
            self._serve_on(handed.listening)
            self._predecessor = handed.link
            with contextlib.suppress(OSError):
                handed.link.send(handover.SERVING)

    def drain(self) -> None:
        """Stop accepting, answer what is in flight, exit; once begun it goes its way."""
        if self._state != "draining":
            self._state = "draining"
            self._start(self._drain(None))

    async def _bind(self, port: int, deadline: float) -> socket.socket:
        """A listening socket; a port that a dead process just left may take a moment to be free."""
        while True:
            try:
                bound = bind_tcp(self._options.host, port)
                listen_tcp(bound, self._options.host)
                return bound
            except Failure:
                if time.monotonic() >= deadline:
                    raise
            await asyncio.sleep(0.1)

    def _serve_on(self, listening: socket.socket) -> None:
        self._listener = Listener(listening, self._connector(self._tcp))
        self._listener.start()
        self._state = "serving"

    def _connector(self, config: uvicorn.Config) -> Callable[[socket.socket], None]:
        """Serves an accepted connection with uvicorn's protocol."""
        loop = asyncio.get_running_loop()
        server = self._uvicorn

        def protocol() -> asyncio.Protocol:
            made: asyncio.Protocol = config.http_protocol_class(
                config=config,
                server_state=server.server_state,
                app_state=server.lifespan.state,
            )
            return made

        async def connect(connection: socket.socket) -> None:
            with contextlib.suppress(OSError):
                if connection.family != socket.AF_UNIX:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await loop.connect_accepted_socket(protocol, connection)
            self._connecting.discard(connection)

        def serve(connection: socket.socket) -> None:
            self._connecting.add(connection)
            self._start(connect(connection))

        return serve

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hand_over_soon(self, link: socket.socket) -> None:
        self._start(self._hand_over(link))

    async def _hand_over(self, link: socket.socket) -> None:
        """Give the listening socket to the process at the other end of `link`, and drain."""
        loop = asyncio.get_running_loop()
        with link:
            if not handover.same_user(link):
                return
            try:
                async with asyncio.timeout(handover.PATIENCE):
                    port = handover.wanted_port(await loop.sock_recv(link, 4096))
            except (OSError, TimeoutError):
                return
            async with self._changing:
                listener = self._listener
                if self._state != "serving" or listener is None or listener.port != port:
                    handover.refuse(link, f"not-serving port {port}")
                    return
                listener.pause()
                taken = False
                try:
                    handover.give(link, listener.socket, listener.port)
                    async with asyncio.timeout(handover.PATIENCE):
                        taken = await loop.sock_recv(link, 64) == handover.SERVING
                except (OSError, TimeoutError):
                    pass
                if self._state != "serving":
                    return
                if not taken:
                    listener.start()
                    return
                self._state = "draining"
            await self._drain(link)

    async def _drain(self, successor: socket.socket | None) -> None:
        """Let connections finish, then end; or go on serving when the successor dies first."""
        self._gate.closing = True
        if self._predecessor is not None:
            with contextlib.suppress(OSError):
                self._predecessor.send(handover.LEAVING)
        watch = self._watch(successor)
        if self._listener is not None and successor is None:
            self._listener.close()
        deadline = time.monotonic() + (GRACE if successor else GRACE_ALONE)
        while True:
            await asyncio.sleep(_TICK)
            if watch is not None and watch.done() and watch.result() == b"":
                return self._go_on()
            if not self._connections() or time.monotonic() > deadline:
                break
        if watch is not None:
            watch.cancel()
        self._uvicorn.should_exit = True
        return None

    def _go_on(self) -> None:
        assert self._listener is not None  # noqa: S101 - it was handed over, so it is there
        self._gate.closing = False
        self._state = "serving"
        self._listener.start()

    def _watch(self, successor: socket.socket | None) -> asyncio.Task[bytes] | None:
        """Ends with b"" when the successor dies, with `leaving` when it ends in order."""
        if successor is None:
            return None

        async def watch() -> bytes:
            try:
                return await asyncio.get_running_loop().sock_recv(successor, 64)
            except OSError:
                return b""

        return asyncio.get_running_loop().create_task(watch())

    def _connections(self) -> int:
        """Connections on the TCP port, idle ones too, and any that were accepted this moment."""
        known = self._uvicorn.server_state.connections
        served = sum(1 for connection in known if connection.config is self._tcp)
        return served + len(self._connecting)


class _Uvicorn(uvicorn.Server):  # type: ignore[misc]
    """uvicorn without its signal handlers: this process has its own way to end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: Application) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_IN_FLIGHT,
    )
    config.load()
    return config


@contextlib.contextmanager
def _listening(path: Path, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """A Unix socket that is accepted on in here, and removed afterwards."""
    listener = Listener(listen_unix(path), serve)
    made = path.stat().st_ino
    listener.start()
    try:
        yield
    finally:
        listener.pause()
        listener.socket.close()
        with contextlib.suppress(OSError):
            if path.stat().st_ino == made:
                path.unlink()
