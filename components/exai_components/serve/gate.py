"""What stands between the TCP port and KServe's application.

In: ASGI requests. Out: a refusal (foreign Host, body too large), or KServe's answer, counted.
While the process drains, every answer closes its connection, so that the client's next one reaches
the successor. Never reads a body.
"""

import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from exai_components.serve.metrics import Meter
from exai_components.serve.options import LOOPBACK, Options
from exai_components.serve.values import shown

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_CLOSE = (b"connection", b"close")


class Gate:
    """The application of the TCP port. `closing` is set when the process starts to drain."""

    def __init__(self, app: Application, options: Options, meter: Meter) -> None:
        self.closing = False
        self._app = app
        self._meter = meter
        self._limit = options.max_body_bytes
        self._limited: Application = RequestBodyLimitMiddleware(app, max_body_size=self._limit)
        # A page in a browser can make its own name resolve to 127.0.0.1, and then send requests
        # here; they carry that name as their Host. Behind a cluster's own gateway names are free.
        names = (*LOOPBACK, *options.allowed_hosts)
        self._hosts = frozenset(names) if options.loopback else None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        status = 500

        def observed(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self.closing:
                    message["headers"] = [*message.get("headers", ()), _CLOSE]
            return send(message)

        refusal, app = self._judge(scope["headers"])
        try:
            if refusal:
                await answer(observed, *refusal)
            else:
                await app(scope, receive, observed)
        finally:
            series = self._meter.series(scope["path"])
            if series is not None:
                self._meter.observe(series, status, time.perf_counter() - started)

    def _judge(
        self, headers: list[tuple[bytes, bytes]]
    ) -> tuple[tuple[int, dict[str, Any]] | None, Application]:
        """The refusal, or who answers."""
        app, hosts = self._app, 0
        for name, value in headers:
            if name == b"host":
                hosts += 1
                if self._hosts is not None and _host(value) not in self._hosts:
                    return _foreign(value), app
            elif name == b"content-length":
                if value.isdigit() and int(value) > self._limit:
                    return self._too_large(), app
            elif name == b"transfer-encoding":
                app = self._limited
        if self._hosts is not None and hosts != 1:
            return (400, {"error": "the request needs one Host header", "code": "no-host"}), app
        return None, app

    def _too_large(self) -> tuple[int, dict[str, Any]]:
        message = f"the body is larger than {self._limit} bytes; send fewer rows at once"
        return 413, {"error": message, "code": "too-large"}


async def answer(send: Send, status: int, body: dict[str, Any]) -> None:
    """Send a JSON answer."""
    content = json.dumps(body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _foreign(value: bytes) -> tuple[int, dict[str, Any]]:
    message = f"the host {shown(value.decode('latin-1'))} is not served here; see --allowed_hosts"
    return 421, {"error": message, "code": "unknown-host"}


def _host(value: bytes) -> str:
    """The name in a Host header, without port and brackets."""
    text = value.decode("latin-1").strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]
