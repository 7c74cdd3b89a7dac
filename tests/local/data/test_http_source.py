"""A real HTTP server on loopback: files by checksum, and all that a server can do instead."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from exai_components.load_dataset.http_file import downloads, shown_url
from exai_components.outcome import Outcome, StepFailure

Load = Callable[..., Any]
CSV = b"id,name\n2,b\n1,a\n"
SCHEMA = {"id": "int64", "name": "string"}


@dataclass
class Site:
    """`asked` are the paths that came; `redirects` says where a path leads."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cut: int = 0  # bytes that an answer announces and doesn't send


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            path = self.path.partition("?")[0]
            if path in found.redirects:
                self.send_response(302)
                self.send_header("Location", found.redirects[path])
                self.end_headers()
            elif path == "/busy":
                self.send_error(503)
            elif path not in found.files:
                self.send_error(404)
            else:
                content = found.files[path]
                self.send_response(200)
                self.send_header("Content-Length", str(len(content) + found.cut))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def source(site: Site, path: str, content: bytes, form: str = "csv") -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    return {"http": {"url": site.url + path, "sha256": digest, "format": form}}


def refused(load: Load, asked: dict[str, Any]) -> Outcome:
    with pytest.raises(StepFailure) as caught:
        load(asked, SCHEMA)
    return caught.value.outcome


def test_a_file_is_downloaded_once(load: Load, site: Site) -> None:
    site.files["/x.csv"] = CSV
    asked = source(site, "/x.csv", CSV)
    rows = load(asked, SCHEMA, ("id",)).to_pylist()
    assert rows == [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
    assert load(asked, SCHEMA, ("id",)).to_pylist() == rows
    assert site.asked == ["/x.csv"]
    (kept,) = downloads().iterdir()
    kept.write_bytes(b"somebody wrote here")
    assert load(asked, SCHEMA, ("id",)).to_pylist() == rows
    assert site.asked == ["/x.csv"] * 2, "what was kept is held against its digest"


def test_parquet_comes_as_well(load: Load, site: Site) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table({"id": [1], "name": ["a"]}), buffer)
    site.files["/x"] = buffer.getvalue()
    got = load(source(site, "/x", buffer.getvalue(), "parquet"), SCHEMA)
    assert got.to_pylist() == [{"id": 1, "name": "a"}]


def test_json_comes_as_well(load: Load, site: Site) -> None:
    content = site.files["/x"] = b'{"id": 1, "name": "a"}'
    assert load(source(site, "/x", content, "json"), SCHEMA).to_pylist() == [{"id": 1, "name": "a"}]


def test_another_file_is_refused_before_it_is_parsed(load: Load, site: Site) -> None:
    site.files["/x.csv"] = b'not,"csv at all'
    outcome = refused(load, source(site, "/x.csv", CSV))
    assert (outcome.code, outcome.final) == ("checksum-mismatch", True)
    assert hashlib.sha256(CSV).hexdigest() in outcome.message
    assert hashlib.sha256(site.files["/x.csv"]).hexdigest() in outcome.message
    assert list(downloads().iterdir()) == []


@pytest.mark.parametrize(
    ("path", "words", "final"),
    [("/gone.csv", "answered 404", True), ("/busy", "answered 503", False)],
)
def test_what_a_server_answers_instead(
    load: Load, site: Site, path: str, words: str, final: bool
) -> None:
    outcome = refused(load, source(site, path, CSV))
    assert (outcome.code, outcome.final) == ("download-failed", final)
    assert words in outcome.message


def test_a_truncated_answer_is_no_file(load: Load, site: Site) -> None:
    site.files["/x.csv"] = CSV
    site.cut = 10
    outcome = refused(load, source(site, "/x.csv", CSV))
    assert (outcome.code, outcome.final) == ("download-failed", False)
    assert f"broke off after {len(CSV)} of {len(CSV) + 10} bytes" in outcome.message
    assert list(downloads().iterdir()) == []


def test_nobody_listens(load: Load, site: Site) -> None:
    site.url = "http://127.0.0.1:1"
    outcome = refused(load, source(site, "/x.csv", CSV))
    assert (outcome.code, outcome.final) == ("download-failed", False)
    assert "Connection refused" in outcome.message


def test_redirects_lead_to_http_only_and_not_for_ever(load: Load, site: Site) -> None:
    site.files["/x.csv"] = CSV
    site.redirects |= {
        "/moved": "/x.csv",
        "/file": "file:///etc/passwd",
        "/ftp": "ftp://127.0.0.1/x",
        "/data": "data:text/plain,hello",
        "/round": "/round",
    }
    for path in ("/file", "/ftp", "/data"):
        outcome = refused(load, source(site, path, CSV))
        assert "neither http nor https" in outcome.message
        assert "passwd" not in outcome.message
        assert outcome.final
    assert "in a circle" in refused(load, source(site, "/round", CSV)).message
    assert load(source(site, "/moved", CSV), SCHEMA).num_rows == 2


def test_the_query_of_an_address_is_never_shown(load: Load, site: Site) -> None:
    outcome = refused(load, source(site, "/x.csv?signature=4711", CSV))
    assert "4711" not in str(outcome)
    assert shown_url("https://a:b@example.com:8080/x?c=d#e") == "https://example.com:8080/x"


@pytest.mark.slow
def test_a_run_and_a_preview_take_the_same_file(project: Any, site: Site) -> None:
    content = b"order_id,amount,customer\n1,2.5,Anna\n2,3,Bob\n"
    site.files["/orders.csv"] = content
    digest = hashlib.sha256(content).hexdigest()
    project.write(f"{{http: {{url: '{site.url}/orders.csv', sha256: '{digest}'}}}}")
    project.exai("apply", "--yes")
    assert project.json("data", "preview", "orders")["result"]["rows"] == 2
    assert project.json("plan")["result"]["changes"] == []
    assert site.asked == ["/orders.csv"]
    project.write(f"{{http: {{url: '{site.url}/orders.csv', sha256: '{'0' * 64}'}}}}")
    told = project.exai("apply", "--yes", code=1)
    assert "step load" in told
    assert digest in told
    assert "0" * 64 in told
