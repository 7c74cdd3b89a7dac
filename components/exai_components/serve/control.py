"""The control socket's application: all of KServe's, and `/exai/*`.

GET /exai/state, POST /exai/take-over {"from": PATH | null, "port": N}, POST /exai/drain.
In: requests of this user's processes. Out: JSON. These paths exist nowhere else.
"""

import json
from collections.abc import Awaitable, MutableMapping
from pathlib import Path
from typing import Any, Protocol

from exai_components.serve.failure import Failure
from exai_components.serve.gate import Application, Receive, Send, answer

_BODY_LIMIT = 65536


class Controlled(Protocol):
    """What the control socket can ask of the server."""

    def look(self) -> Awaitable[None]:
        """See whether what the server needs is there; takes half a second at most."""

    def state(self) -> dict[str, Any]:
        """Process id, model, digest, port, state and trouble."""

    def take_over(self, predecessor: Path | None, port: int) -> Awaitable[None]:
        """Serve on the port; `Failure` when that can't be."""

    def drain(self) -> None:
        """Finish and exit."""


class Control:
    """Answers `/exai/*`, and passes anything else on."""

    def __init__(self, app: Application, server: Controlled) -> None:
        self._app = app
        self._server = server

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if not scope["path"].startswith("/exai/"):
            await self._app(scope, receive, send)
            return
        try:
            await self._do(scope["method"], scope["path"], receive)
        except Failure as failure:
            await answer(send, failure.status, failure.body())
        else:
            await answer(send, 200, self._server.state())

    async def _do(self, method: str, path: str, receive: Receive) -> None:
        match method, path:
            case "GET", "/exai/state":
                await self._server.look()
            case "POST", "/exai/drain":
                self._server.drain()
            case "POST", "/exai/take-over":
                predecessor, port = _request(await _body(receive))
                await self._server.take_over(predecessor, port)
            case _:
                raise Failure(
                    "not-found",
                    f"there is no {method} {path}",
                    "Ask for what its server has; apply again to have this version's",
                    status=404,
                )


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more and len(body) < _BODY_LIMIT:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _request(body: bytes) -> tuple[Path | None, int]:
    try:
        value = json.loads(body)
        predecessor, port = value["from"], value["port"]
        known = isinstance(predecessor, str | None) and type(port) is int and 0 <= port <= 65535
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        hint = 'Send {"from": "/path/of/the/old/control/socket" or null, "port": 8080}'
        raise Failure("malformed", "the body is no take-over request", hint, status=400)
    return Path(predecessor) if predecessor else None, port
