"""Connections, served by uvicorn with the settings of KServe's own REST server.

In: accepted sockets. Out: requests for one application. Never listens, never handles a signal: who
accepts, and when the process ends, is decided elsewhere.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from exai_components.serve.gate import Application

_IN_FLIGHT = 30  # seconds that a request may take to finish once the process ends
_KEEP_ALIVE = 65  # longer than a proxy's, as KServe has it


class Connections:
    """All connections to one application."""

    def __init__(self, app: Application) -> None:
        self._config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_IN_FLIGHT,
        )
        self._server = _Server(self._config)
        self._opening: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Returns when `end` was called, idle connections are closed and busy ones are done."""
        await self._server.serve(sockets=[])

    async def started(self) -> None:
        """Returns when connections can be served."""
        while not self._server.started:
            await asyncio.sleep(0.001)

    def serve(self, connection: socket.socket) -> None:
        """Serve an accepted connection from now on."""
        task = asyncio.get_running_loop().create_task(self._open(connection))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def count(self) -> int:
        """How many there are, idle ones and those accepted this moment too."""
        return len(self._server.server_state.connections) + len(self._opening)

    def end(self) -> None:
        """Make `run` return."""
        self._server.should_exit = True

    async def _open(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if connection.family != socket.AF_UNIX:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            loop = asyncio.get_running_loop()
            await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> Any:
        return self._config.http_protocol_class(
            config=self._config,
            server_state=self._server.server_state,
            app_state=self._server.lifespan.state,
        )


class _Server(uvicorn.Server):  # type: ignore[misc]
    """uvicorn without its signal handlers: this process has its own way to end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
