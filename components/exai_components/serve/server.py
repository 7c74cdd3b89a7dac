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
from typing import Any, Literal, Protocol

from exai_components.serve import handover
from exai_components.serve.connections import Connections
from exai_components.serve.control import Control
from exai_components.serve.failure import Failure
from exai_components.serve.gate import Application, Gate
from exai_components.serve.listener import Listener, bind_tcp, listen_tcp, listen_unix
from exai_components.serve.options import Options

# How long an idle connection may live on in a draining process. With a successor it costs nothing
# and lets keep-alive clients change over with their next request; without one nobody gains by it.
GRACE = 5.0
GRACE_ALONE = 0.5
_TICK = 0.02
_FREEING = 2.0
_LOOK = 0.5


class Health(Protocol):
    """Whether what the server needs beside its model is there."""

    @property
    def trouble(self) -> str:
        """What isn't, as far as is known."""

    async def alive(self) -> bool:
        """Ask, unless somebody just did."""


class Server:
    """One process's server. `run` returns when it has drained."""

    def __init__(
        self,
        app: Application,
        gate: Gate,
        options: Options,
        digest: str,
        health: Health | None = None,
    ) -> None:
        self._health = health
        self._options = options
        self._digest = digest
        self._gate = gate
        self._state: Literal["loaded", "serving", "draining"] = "loaded"
        self._tcp = Connections(gate)
        self._controls = Connections(Control(app, self))
        self._listener: Listener | None = None
        self._succeeded = False
        self._predecessor: socket.socket | None = None
        self._changing = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def look(self) -> None:
        """Ask whether what is needed is there; a store that takes its time is told of later."""
        if self._health is not None:
            asked = asyncio.ensure_future(self._health.alive())
            await asyncio.wait([asked], timeout=_LOOK)

    def state(self) -> dict[str, Any]:
        """What `/exai/state` answers."""
        serving = self._state == "serving" and self._listener is not None
        return {
            "pid": os.getpid(),
            "model_name": self._options.model_name,
            "digest": self._digest,
            "port": self._listener.port if serving and self._listener else None,
            "state": self._state,
            "trouble": self._health.trouble if self._health is not None else "",
        }

    def ready(self) -> bool:
        """Whether the service is: a process that drains for its successor is no reason to worry."""
        return self._state != "draining" or self._succeeded

    async def run(self, bound: socket.socket | None, ready: Callable[[], None]) -> None:
        """Serve on the bound socket, or wait for a hand-over; returns after a drain."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.drain)
        with contextlib.ExitStack() as sockets:
            serving = asyncio.create_task(self._tcp.run())
            controlled = asyncio.create_task(self._controls.run())
            await self._tcp.started()
            await self._controls.started()
            if bound is not None:
                listen_tcp(bound, self._options.host)
                self._serve_on(bound)
            if self._options.control is not None:
                path = self._options.control
                sockets.enter_context(_listening(handover.fd_path(path), self._hand_over_soon))
                sockets.enter_context(_listening(path, self._controls.serve))
            ready()
            await serving
            self._controls.end()  # last, so that the state can be asked until the end
            await controlled

    async def take_over(self, predecessor: Path | None, port: int) -> None:
        """Serve on `port`: with the predecessor's socket, or a new one if it is none or dead."""
        async with self._changing:
            if self._state == "draining":
                raise Failure("draining", "this server is about to end", "Start another")
            if self._listener is not None:
                if self._listener.port == port:
                    return
                raise Failure(
                    "serving",
                    f"this server serves on port {self._listener.port}",
                    "Apply again; a new server takes the port over",
                )
            listening, link = await self._obtain(predecessor, port)
            if self.state()["state"] == "draining":  # it was told to end meanwhile
                listening.close()
                if link is not None:
                    link.close()
                raise Failure("draining", "this server is about to end", "Start another")
            self._predecessor = link
            self._serve_on(listening)

    def drain(self) -> None:
        """Stop accepting, answer what is in flight, exit; once begun it goes its way."""
        if self._state != "draining":
            self._state = "draining"
            self._start(self._drain(None))

    async def _obtain(
        self, predecessor: Path | None, port: int
    ) -> tuple[socket.socket, socket.socket | None]:
        """A listening socket; and the link to the predecessor, when it is the predecessor's."""
        if predecessor is None:
            return await self._bind(port, time.monotonic()), None
        try:
            handed = await asyncio.to_thread(handover.ask_for, predecessor, port)
        except handover.Gone:
            return await self._bind(port, time.monotonic() + _FREEING), None
        except handover.Stuck as error:
            hint = "Try again, or end that process first"
            raise Failure("predecessor-stuck", str(error), hint, status=504) from None
        return handed.listening, handed.link

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
        self._listener = Listener(listening, self._tcp.serve)
        self._listener.start()
        self._state = "serving"

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
                if not await self._offer(link, listener):
                    return
            await self._drain(link)

    async def _offer(self, link: socket.socket, listener: Listener) -> bool:
        """Whether the successor took the socket; if not, this server goes on as before."""
        ready = False
        listener.pause()
        with contextlib.suppress(OSError, TimeoutError):
            handover.give(link, listener.socket, listener.port)
            async with asyncio.timeout(handover.PATIENCE):
                word = await asyncio.get_running_loop().sock_recv(link, 64)
            ready = word == handover.READY
        if self._state != "serving":  # it was told to end meanwhile
            return False
        with contextlib.suppress(OSError):
            link.send(handover.YOURS if ready else handover.KEPT)
        if ready:
            self._state, self._succeeded = "draining", True
        else:
            listener.start()
        return ready

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
            if watch is not None and watch.done():
                if watch.result() == b"":
                    return self._go_on()
                if self._listener is not None:
                    self._listener.close()
                watch = None
            if not self._tcp.count() or time.monotonic() > deadline:
                break
        if watch is not None:
            watch.cancel()
        self._tcp.end()
        return None

    def _go_on(self) -> None:
        assert self._listener is not None  # noqa: S101 - it was handed over, so it is there
        self._gate.closing = False
        self._state, self._succeeded = "serving", False
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
