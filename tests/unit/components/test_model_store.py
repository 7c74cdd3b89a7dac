"""The model store: written once, whole or not at all."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from exai_components import object_store
from exai_components.evaluate_model.champion import Champion
from exai_components.model_file import (
    MODEL_FILE,
    ModelFile,
    digest_of,
    render_model_file,
    verify,
)
from exai_components.outcome import StepFailure
from exai_components.register_model.component import run_id
from exai_components.register_model.store import put


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXAI_MODEL_STORE", str(tmp_path / "ein Lager"))
    return tmp_path / "ein Lager"


def trained(folder: Path, mojo: bytes = b"mojo") -> Path:
    folder.mkdir()
    (folder / "model.zip").write_bytes(mojo)
    model = ModelFile(
        task="regression",
        target="y",
        columns=(),
        files={"model.zip": hashlib.sha256(mojo).hexdigest()},
    )
    (folder / MODEL_FILE).write_bytes(render_model_file(model))
    return folder


def test_a_model_is_copied_once(store: Path, tmp_path: Path) -> None:
    source = trained(tmp_path / "model")
    stored = put(source, "m", "k")
    assert stored.uri == (store / "m" / "k").as_uri()
    assert stored.digest == digest_of(source)
    assert sorted(path.name for path in (store / "m" / "k").iterdir()) == [MODEL_FILE, "model.zip"]
    assert put(source, "m", "k") == stored
    assert [path.name for path in (store / "m").iterdir()] == ["k"]


def test_an_earlier_attempt_stays(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = put(trained(tmp_path / "first"), "m", "k")
    second = put(trained(tmp_path / "second", b"other"), "m", "k")
    assert second == first
    assert (store / "m" / "k" / "model.zip").read_bytes() == b"mojo"
    assert "earlier attempt" in capsys.readouterr().err


def test_half_a_copy_of_a_killed_attempt_is_cleared(store: Path, tmp_path: Path) -> None:
    half = store / "m" / ".k.12345.new"
    half.mkdir(parents=True)
    (half / "model.zip").write_bytes(b"mo")
    put(trained(tmp_path / "model"), "m", "k")
    assert [path.name for path in (store / "m").iterdir()] == ["k"]


def test_a_broken_store_is_said(store: Path, tmp_path: Path) -> None:
    put(trained(tmp_path / "model"), "m", "k")
    (store / "m" / "k" / "model.zip").write_bytes(b"rot")
    with pytest.raises(StepFailure) as caught:
        put(tmp_path / "model", "m", "k")
    assert caught.value.outcome.code == "broken-store"


@pytest.mark.parametrize(("model", "key"), [("../m", "k"), ("m", ".."), ("m", "a/b"), ("m", "")])
def test_names_that_are_no_folders(store: Path, tmp_path: Path, model: str, key: str) -> None:
    with pytest.raises(StepFailure) as caught:
        put(trained(tmp_path / "model"), model, key)
    assert caught.value.outcome.code == "unsafe-name"
    assert not store.exists()


@pytest.mark.parametrize(
    ("value", "code"), [("", "no-model-store"), ("hdfs://acme/models", "model-store-unsupported")]
)
def test_stores_that_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, code: str
) -> None:
    monkeypatch.setenv("EXAI_MODEL_STORE", value)
    with pytest.raises(StepFailure) as caught:
        put(trained(tmp_path / "model"), "m", "k")
    assert caught.value.outcome.code == code


def test_a_store_may_be_a_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAI_MODEL_STORE", (tmp_path / "grün").as_uri())
    assert put(trained(tmp_path / "model"), "m", "k").folder == tmp_path / "grün" / "m" / "k"
    assert [path.name for path in (tmp_path / "grün").iterdir()] == ["m"]


@pytest.fixture
def objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store that Arrow reads and writes, with files for objects."""
    monkeypatch.setattr(object_store, "SCHEMES", ("file",))
    monkeypatch.setenv("EXAI_MODEL_STORE", (tmp_path / "lager").as_uri())
    return tmp_path / "lager/m/k"


def test_an_object_store_has_the_signature_last(
    objects: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    upload = object_store.upload

    def told(folder: Path, some: tuple[str, ...], uri: str) -> None:
        names.extend(some)
        upload(folder, some, uri)

    monkeypatch.setattr(object_store, "upload", told)
    source = trained(tmp_path / "model")
    stored = put(source, "m", "k")
    assert names == ["model.zip", MODEL_FILE]
    assert (stored.uri, stored.digest) == (objects.as_uri(), digest_of(source))
    assert (objects / "model.zip").read_bytes() == b"mojo"
    assert stored.model.files == {"model.zip": hashlib.sha256(b"mojo").hexdigest()}
    assert (stored.folder / MODEL_FILE).read_bytes() == (source / MODEL_FILE).read_bytes()
    again = put(source, "m", "k")
    assert (again.uri, again.digest) == (stored.uri, stored.digest)
    assert names == ["model.zip", MODEL_FILE], "nothing is written twice"


def test_what_an_earlier_attempt_stored_as_objects_stays(
    objects: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = put(trained(tmp_path / "first"), "m", "k")
    second = put(trained(tmp_path / "second", b"other"), "m", "k")
    assert second.digest == first.digest
    assert second.model == first.model
    assert (objects / "model.zip").read_bytes() == b"mojo"
    assert "earlier attempt" in capsys.readouterr().err


def test_objects_without_a_signature_are_of_a_killed_attempt(objects: Path, tmp_path: Path) -> None:
    objects.mkdir(parents=True)
    (objects / "model.zip").write_bytes(b"mo")
    put(trained(tmp_path / "model"), "m", "k")
    assert (objects / "model.zip").read_bytes() == b"mojo"


def test_a_signature_without_its_objects_is_said(objects: Path, tmp_path: Path) -> None:
    put(trained(tmp_path / "model"), "m", "k")
    (objects / "model.zip").unlink()
    with pytest.raises(StepFailure) as caught:
        put(tmp_path / "model", "m", "k")
    assert caught.value.outcome.code == "broken-store"


def test_a_champion_is_brought_from_an_object_store(objects: Path, tmp_path: Path) -> None:
    stored = put(trained(tmp_path / "model"), "m", "k")
    champion = Champion("m", 3, stored.uri, stored.digest)
    folder = champion.folder()
    assert verify(folder, stored.digest) == stored.model
    assert champion.folder() == folder, "it is brought once"
    (objects / "model.zip").unlink()
    with pytest.raises(StepFailure) as caught:
        Champion("m", 4, stored.uri, stored.digest).folder()
    assert caught.value.outcome.code == "champion-unreadable"


class Bucket(BaseHTTPRequestHandler):
    """As much of S3's protocol as a folder needs: put, get, head, list, several parts."""

    objects: ClassVar[dict[str, bytes]] = {}
    parts: ClassVar[dict[str, bytes]] = {}
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        url = urlsplit(self.path)
        body = self.sent()
        if "partNumber" in url.query:
            number = int(parse_qs(url.query)["partNumber"][0])
            self.parts[f"{url.path}#{number:05d}"] = body
        else:
            self.objects[url.path] = body
        self.answer(200)

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if url.query.startswith("uploads"):
            self.answer(
                200,
                b"<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                b"</InitiateMultipartUploadResult>",
            )
            return
        mine = sorted(key for key in self.parts if key.startswith(f"{url.path}#"))
        self.objects[url.path] = b"".join(self.parts.pop(key) for key in mine)
        self.answer(
            200, b"<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>"
        )

    def do_HEAD(self) -> None:
        found = self.objects.get(urlsplit(self.path).path)
        self.answer(404 if found is None else 200, found or b"", body=False)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if "list-type" in url.query:
            self.answer(200, b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")
            return
        found = self.objects.get(url.path)
        if found is None:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        self.answer(206, found[int(first) : int(last) + 1 if last else None])

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

    def answer(self, status: int, data: bytes = b"", body: bool = True) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", '"e"')
        self.send_header("Last-Modified", "Fri, 20 Nov 2026 10:00:00 GMT")
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


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


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """An S3 server of this process, as the variables of AWS' clients name one."""
    Bucket.objects.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "you")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter22x")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("EXAI_MODEL_STORE", "s3://acme-ml/models/")
        yield Bucket.objects
        server.shutdown()


def test_a_model_goes_to_s3_and_comes_back(bucket: dict[str, bytes], tmp_path: Path) -> None:
    stored = put(trained(tmp_path / "model"), "m", "k")
    assert stored.uri == "s3://acme-ml/models/m/k"
    assert sorted(bucket) == [f"/acme-ml/models/m/k/{name}" for name in (MODEL_FILE, "model.zip")]
    assert put(trained(tmp_path / "other", b"other"), "m", "k").digest == stored.digest
    folder = Champion("m", 1, stored.uri, stored.digest).folder()
    assert verify(folder, stored.digest) == stored.model
    del bucket["/acme-ml/models/m/k/model.zip"]
    with pytest.raises(StepFailure) as caught:
        put(tmp_path / "model", "m", "k")
    assert caught.value.outcome.code == "broken-store"


def test_the_run_s_own_id() -> None:
    uuid = "0f8c2a9e-1111-4222-8333-444455556666"
    other = "ffffffff-0000-4000-8000-000000000000"
    cluster = f"minio://mlpipeline/v2/artifacts/iris-training/{uuid}/evaluate/{other}/metrics"
    assert run_id(cluster) == uuid
    assert run_id("/root/iris-training-2026-11-20-10-00-00/evaluate/metrics") == (
        "iris-training-2026-11-20-10-00-00"
    )
