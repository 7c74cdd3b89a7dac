"""Object stores of this process, as far as Arrow's clients speak with S3 and with GCS: put, get,
head, list, uploads in parts. `refuse` is a status and S3's code of an error to answer with.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

TOKEN = "hunter22t"  # noqa: S105 - of nobody


@dataclass
class Bucket:
    """`objects` by key, `acme-ml/models/m`, in the order in which they came."""

    objects: dict[str, bytes] = field(default_factory=dict)
    refuse: tuple[int, str] | None = None
    parts: dict[str, bytes] = field(default_factory=dict)
    who: set[str | None] = field(default_factory=set)
    port: int = 0

    def below(self, bucket: str, prefix: str, delimiter: str) -> tuple[list[str], list[str]]:
        """Names in a bucket, and what they begin with up to the delimiter."""
        start = len(bucket) + 1
        names = [key[start:] for key in sorted(self.objects) if key.startswith(f"{bucket}/")]
        files, folders = [], []
        for name in (each for each in names if each.startswith(prefix)):
            rest = name[len(prefix) :]
            if delimiter and delimiter in rest:
                folders.append(prefix + rest.partition(delimiter)[0] + delimiter)
            else:
                files.append(name)
        return files, sorted(set(folders))


class _Handler(BaseHTTPRequestHandler):
    store: Bucket
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        self.url, self.query = urlsplit(""), {}
        super().handle_one_request()

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        self.url = urlsplit(self.path)
        self.query = {
            name: values[0]
            for name, values in parse_qs(self.url.query, keep_blank_values=True).items()
        }
        self.store.who.add(self.headers.get("Authorization"))
        return True

    def sent(self) -> bytes:
        """The body: as it is, in HTTP's chunks, in AWS' own, or both."""
        body = b""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while length := int(self.rfile.readline().partition(b";")[0], 16):
                body += self.rfile.read(length)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            body = unchunked(body)
        return body

    def answer(
        self,
        status: int,
        data: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def part_of(self, data: bytes) -> tuple[int, bytes]:
        asked = self.headers.get("Range")
        first, _, last = (asked or "bytes=0-").removeprefix("bytes=").partition("-")
        return (206 if asked else 200), data[int(first) : int(last) + 1 if last else None]

    def log_message(self, *_: object) -> None:
        pass


class _S3(_Handler):
    STAMP: Mapping[str, str] = {"ETag": '"e"', "Last-Modified": "Fri, 20 Nov 2026 10:00:00 GMT"}

    def refused(self) -> bool:
        if self.store.refuse is None:
            return False
        self.sent()
        status, code = self.store.refuse
        text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"
        self.answer(status, text.encode())
        return True

    def do_PUT(self) -> None:
        if self.refused():
            return
        key, body = self.url.path[1:], self.sent()
        if "partNumber" in self.query:
            self.store.parts[f"{key}#{int(self.query['partNumber']):05d}"] = body
        else:
            self.store.objects[key] = body
        self.answer(200, headers=self.STAMP)

    def do_POST(self) -> None:
        if self.refused():
            return
        self.sent()
        key = self.url.path[1:]
        if "uploads" in self.query:
            made = "InitiateMultipartUploadResult"
            self.answer(200, f"<{made}><UploadId>u</UploadId></{made}>".encode())
            return
        mine = sorted(each for each in self.store.parts if each.startswith(f"{key}#"))
        self.store.objects[key] = b"".join(self.store.parts.pop(each) for each in mine)
        done = "CompleteMultipartUploadResult"
        self.answer(200, f"<{done}><ETag>e</ETag></{done}>".encode())

    def do_HEAD(self) -> None:
        if self.refused():
            return
        bucket, _, key = self.url.path.strip("/").partition("/")
        if not key:
            there = any(each.startswith(f"{bucket}/") for each in self.store.objects)
            self.answer(200 if there else 404)
            return
        found = self.store.objects.get(unquote(self.url.path[1:]))
        self.answer(404 if found is None else 200, found or b"", self.STAMP)

    def do_GET(self) -> None:
        if self.refused():
            return
        if "list-type" in self.query:
            self.answer(200, self.listed().encode())
            return
        found = self.store.objects.get(unquote(self.url.path[1:]))
        if found is None:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self.answer(*self.part_of(found), self.STAMP)

    def listed(self) -> str:
        bucket = self.url.path.strip("/")
        prefix = self.query.get("prefix", "")
        files, folders = self.store.below(bucket, prefix, self.query.get("delimiter", ""))
        contents = "".join(
            f"<Contents><Key>{escape(name)}</Key>"
            f"<Size>{len(self.store.objects[f'{bucket}/{name}'])}</Size>"
            "<LastModified>2026-11-20T10:00:00Z</LastModified></Contents>"
            for name in files
        )
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in folders
        )
        count = len(files) + len(folders)
        return (
            f"<ListBucketResult><Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix>"
            f"<KeyCount>{count}</KeyCount><IsTruncated>false</IsTruncated>{contents}{common}"
            "</ListBucketResult>"
        )


class _GCS(_Handler):
    """https://cloud.google.com/storage/docs/json_api/v1, and the token of a user's account."""

    OBJECTS = "/storage/v1/b/"

    def refused(self) -> bool:
        if self.store.refuse is None:
            return False
        self.sent()
        status, code = self.store.refuse
        self.say({"error": {"code": status, "message": code}}, status)
        return True

    def say(self, value: object, status: int = 200) -> None:
        text = json.dumps(value).encode()
        self.answer(status, text, {"Content-Type": "application/json"})

    def do_POST(self) -> None:
        if self.url.path == "/token":
            self.sent()
            self.say({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        elif self.url.path == "/revoked":
            self.sent()
            self.say({"error": "invalid_grant", "error_description": "Token was revoked."}, 400)
        elif not self.refused():
            self.uploaded()

    def uploaded(self) -> None:
        bucket = self.url.path.removeprefix("/upload" + self.OBJECTS).partition("/")[0]
        body = self.sent()
        if self.query.get("uploadType") == "resumable":
            name = self.query.get("name") or json.loads(body)["name"]
            where = f"http://127.0.0.1:{self.store.port}/put/{bucket}/{name}"
            self.answer(200, b"{}", {"Location": where})
            return
        mark = self.headers["Content-Type"].partition("boundary=")[2].strip('"').encode()
        _, about, content, _ = body.split(b"--" + mark)
        name = self.query.get("name") or json.loads(about.partition(b"\r\n\r\n")[2])["name"]
        self.keep(f"{bucket}/{name}", content.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n"))

    def do_PUT(self) -> None:
        if not self.refused():
            key = unquote(self.url.path.removeprefix("/put/"))
            self.keep(key, self.sent())

    def keep(self, key: str, content: bytes) -> None:
        self.store.objects[key] = content
        self.say(self.about(key))

    def do_GET(self) -> None:
        if self.refused():
            return
        bucket, _, path = self.url.path.rpartition(self.OBJECTS)[2].partition("/o")
        key = f"{bucket}/{unquote(path[1:])}"
        if not path:
            self.listed(bucket)
        elif key not in self.store.objects:
            self.say({"error": {"code": 404, "message": f"No such object: {key}"}}, 404)
        elif self.query.get("alt") == "media":
            status, data = self.part_of(self.store.objects[key])
            self.answer(status, data, {"X-Goog-Generation": "1"})
        else:
            self.say(self.about(key))

    def listed(self, bucket: str) -> None:
        files, folders = self.store.below(
            bucket, self.query.get("prefix", ""), self.query.get("delimiter", "")
        )
        items = [self.about(f"{bucket}/{name}") for name in files]
        self.say({"kind": "storage#objects", "items": items, "prefixes": folders})

    def about(self, key: str) -> dict[str, object]:
        bucket, _, name = key.partition("/")
        return {
            "kind": "storage#object",
            "id": f"{key}/1",
            "name": name,
            "bucket": bucket,
            "generation": "1",
            "metageneration": "1",
            "size": str(len(self.store.objects[key])),
            "timeCreated": "2026-11-20T10:00:00Z",
            "updated": "2026-11-20T10:00:00Z",
        }


def unchunked(body: bytes) -> bytes:
    """What AWS' clients send in pieces, each after its length."""
    found = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        if not length:
            break
        found, body = found + body[:length], body[length + 2 :]
    return found


@contextmanager
def _served(handler: type[_Handler]) -> Iterator[Bucket]:
    store = Bucket()
    made = type("Handler", (handler,), {"store": store})
    with ThreadingHTTPServer(("127.0.0.1", 0), made) as server:
        store.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def s3(environment: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An S3 server, as the variables of AWS' clients name one."""
    with _served(_S3) as store:
        environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{store.port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "you")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "hunter22x")
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield store


@contextmanager
def gcs(environment: pytest.MonkeyPatch, folder: Path) -> Iterator[Bucket]:
    """A GCS server, as the variables of Google's client name one, with a user's credentials."""
    with _served(_GCS) as store:
        place = f"http://127.0.0.1:{store.port}"
        user = {"client_id": "c", "client_secret": "hunter22x", "refresh_token": "hunter22y"}
        told = {"type": "authorized_user", "token_uri": f"{place}/token", **user}
        (folder / "you.json").write_text(json.dumps(told))
        environment.setenv("CLOUD_STORAGE_EMULATOR_ENDPOINT", place)
        environment.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(folder / "you.json"))
        yield store
