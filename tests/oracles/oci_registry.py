"""A registry of images of this process, as far as a tag is asked for: OCI's distribution protocol,
with the tokens of distribution.github.io/distribution/spec/auth/token.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

INDEX = "application/vnd.oci.image.index.v1+json"
TOKEN = "hunter22t"  # noqa: S105 - of nobody


@dataclass
class Registry:
    """`tags` maps `repository:tag` to a manifest. With `private` a token is asked for, by
    `challenges` if there are any; `token` is another answer than one. `leads_to` is where whoever
    shows the token is sent, `meets` what whoever asks for a tag waits for, and `fault` a status to
    refuse with, or a word that the handler knows.
    `asked` is what it was asked, `shown` each Authorization that came with it."""

    host: str = ""
    tags: dict[str, bytes] = field(default_factory=dict)
    private: bool = False
    fault: int | str | None = None
    challenges: tuple[str, ...] = ()
    token: bytes = json.dumps({"token": TOKEN}).encode()
    leads_to: str = ""
    meets: threading.Barrier | None = None
    asked: list[str] = field(default_factory=list)
    flooded: int = 0
    shown: list[str | None] = field(default_factory=list)

    def push(self, name: str, content: str) -> str:
        """The digest of what is pushed."""
        manifest = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "of": content}).encode()
        self.tags[name] = manifest
        return digest_of(manifest)


def digest_of(manifest: bytes) -> str:
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


class _Handler(BaseHTTPRequestHandler):
    state: Registry
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        if self.state.meets is not None:
            self.state.meets.wait(30)
        self.answered()

    def do_GET(self) -> None:
        self.answered()

    def answered(self) -> None:
        state, url = self.state, urlsplit(self.path)
        state.asked.append(f"{self.command} {self.path}")
        state.shown.append(self.headers.get("Authorization"))
        if url.path == "/token":
            query = parse_qs(url.query)
            known = query["service"] == ["registry.test"] and "scope" in query
            self.say(200 if known else 400, state.token)
            return
        if url.path == "/flood":
            self.flood()
            return
        if isinstance(state.fault, int):
            self.say(state.fault, b"not now")
            return
        if state.fault in ("elsewhere", "plain"):
            where = (
                "https://127.0.0.1:1" if state.fault == "elsewhere" else "http://nowhere.invalid"
            )
            self.say(307, b"", {"Location": where + self.path})
            return
        if state.fault == "drip":
            self.send_response(200)
            self.send_header("Content-Length", "9999")
            self.end_headers()
            while state.fault == "drip":
                time.sleep(0.02)
            return
        repository, _, tag = url.path.removeprefix("/v2/").partition("/manifests/")
        if state.private and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            told = f'realm="http://{state.host}/token",service="registry.test"'
            scope = f'scope="repository:{repository}:pull"'
            challenge = "Basic realm=x" if state.fault == "basic" else f"Bearer {told},{scope}"
            asks = (*state.challenges, challenge)
            self.say(401, b"{}", *({"WWW-Authenticate": each} for each in asks))
            return
        if state.leads_to:
            self.say(307, b"", {"Location": state.leads_to})
            return
        manifest = state.tags.get(f"{repository}:{tag}")
        if manifest is None or INDEX not in self.headers.get("Accept", ""):
            self.say(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')
            return
        if state.fault == "get" and self.command == "HEAD":
            self.say(405, b"")
            return
        told = {"docker-content-digest": digest_of(manifest), "Content-Type": INDEX}
        if state.fault in ("silent", "get"):
            del told["docker-content-digest"]
        if state.fault == "odd":
            told["docker-content-digest"] = "sha512:0"
        self.say(200, manifest, told)

    def flood(self) -> None:
        """Leads to itself, with more than anybody wants to read; `flooded` if it was read."""
        self.send_response(307)
        self.send_header("Location", self.path)
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):
            for _ in range(64):
                self.wfile.write(b"x" * (1 << 20))
            self.state.flooded += 1

    def say(self, status: int, body: bytes, *headers: dict[str, str]) -> None:
        self.send_response(status)
        for each in ({"Content-Length": str(len(body))}, *headers):
            for name, value in each.items():
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def registry() -> Iterator[Registry]:
    """Over http, on loopback."""
    state = Registry()
    handler = type("Handler", (_Handler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        state.host = f"127.0.0.1:{server.server_port}"
        try:
            yield state
        finally:
            state.fault = None
            server.shutdown()
            thread.join()
