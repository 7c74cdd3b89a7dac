"""A tracking server of this process: what MLflow's REST API answers when a registry is read.

`tests/local/test_mlflow_server.py` holds its answers against a real `mlflow server`. It can also be
ill: `fault` is a status to refuse with, or a word that `_faulty` knows.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

VERSIONS = "/api/2.0/mlflow/model-versions/search"
MODELS = "/api/2.0/mlflow/registered-models/search"
WHEN = 1795732472251


@dataclass
class Tracking:
    """`versions` maps a model to the source and tags of its versions, the first is version 1;
    `page` bounds what one answer holds; `asked` is every request's path and Authorization."""

    uri: str = ""
    versions: dict[str, list[tuple[str, Mapping[str, str]]]] = field(default_factory=dict)
    aliases: dict[str, dict[str, int]] = field(default_factory=dict)
    page: int = 10_000
    fault: int | str | None = None
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def has(
        self,
        model: str,
        uris: Sequence[str],
        aliases: Mapping[str, int],
        digest: str = "",
        metrics: Mapping[str, float] | None = None,
    ) -> None:
        """Versions as `register-model` makes them, one a place."""
        self.versions[model] = [
            (
                uri,
                {
                    "exai.uri": uri,
                    "exai.digest": digest,
                    "exai.run_key": f"{number}e5",
                    "exai.metrics": json.dumps({"metrics": dict(metrics or {})}),
                },
            )
            for number, uri in enumerate(uris, 1)
        ]
        self.aliases[model] = dict(aliases)

    def model_versions(self) -> list[dict[str, Any]]:
        return [
            _version(model, number, source, tags)
            for model, versions in sorted(self.versions.items())
            for number, (source, tags) in reversed(list(enumerate(versions, 1)))
        ]

    def registered_models(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for model, versions in sorted(self.versions.items()):
            more = {
                "latest_versions": [
                    _version(model, len(versions), *versions[-1]) for _ in versions[:1]
                ],
                "aliases": [
                    {"alias": alias, "version": str(number)}
                    for alias, number in sorted(self.aliases.get(model, {}).items())
                ],
            }
            about = {"name": model, "creation_timestamp": WHEN, "last_updated_timestamp": WHEN}
            # A message of protobuf has no empty list.
            found.append(about | {key: each for key, each in more.items() if each})
        return found


def _version(model: str, number: int, source: str, tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": model,
        "version": str(number),
        "creation_timestamp": WHEN,
        "last_updated_timestamp": WHEN,
        "current_stage": "None",
        "description": "",
        "source": source,
        "run_id": "",
        "status": "READY",
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
        "run_link": "",
    }


class _Handler(BaseHTTPRequestHandler):
    state: Tracking

    def do_GET(self) -> None:
        self.state.asked.append((self.path, self.headers.get("Authorization")))
        if self.state.fault is not None:
            self._faulty(self.state.fault)
            return
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if url.path == VERSIONS:
            key, items = "model_versions", self.state.model_versions()
        elif url.path == MODELS:
            key, items = "registered_models", self.state.registered_models()
        else:
            self._say(404, b"")
            return
        start = int(query.get("page_token", ["0"])[0])
        end = start + min(int(query["max_results"][0]), self.state.page)
        found: dict[str, Any] = {key: items[start:end]} if items[start:end] else {}
        if end < len(items):
            found["next_page_token"] = str(end)
        self._say(200, json.dumps(found).encode())

    def _faulty(self, fault: int | str) -> None:
        match fault:
            case int():
                said = {"error_code": "PERMISSION_DENIED", "message": "Permission denied"}
                self._say(fault, json.dumps(said).encode() if fault == 403 else b"not for you")
            case "page":  # the same again and again
                self._say(200, b'{"next_page_token": "1"}')
            case "drip":  # never longer silent than a client waits, and never at its end
                self._head(200, 1 << 20)
                with suppress(OSError):
                    while self.state.fault == "drip":
                        self.wfile.write(b" ")
                        time.sleep(0.05)
            case "silent":
                while self.state.fault == "silent":
                    time.sleep(0.05)
            case "cut":
                self._head(200, 1 << 20)
                self.wfile.write(b'{"model_versions": [')
            case _:
                self._say(200, fault.encode())

    def _head(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _say(self, status: int, body: bytes) -> None:
        self._head(status, len(body))
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def tracking() -> Iterator[Tracking]:
    """The server, on a free port of this machine."""
    state = Tracking()
    handler = type("Handler", (_Handler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        state.uri = f"http://127.0.0.1:{server.server_port}"
        try:
            yield state
        finally:
            state.fault = None
            server.shutdown()
            thread.join()
