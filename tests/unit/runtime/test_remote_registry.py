"""Which registries are asked, and what is told of one that doesn't answer."""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from mlflow_rest import tracking

from exai_runtime.registered import Stored, StoredVersion, models_of
from exai_runtime.remote_registry import _told, read_models_at
from exai_runtime.target import TargetError
from exai_runtime.views.human.diagnostics import blocks
from exai_runtime.views.human.paint import PLAIN
from exai_specs.diagnostics import Diagnostic, Span

AT = Span("exai.yaml", 7, 3)


def refused(uri: str) -> Diagnostic:
    with pytest.raises(TargetError) as found:
        read_models_at(uri, AT)
    assert (found.value.diagnostic.code, found.value.diagnostic.at) == ("registry-unreachable", AT)
    return found.value.diagnostic


@pytest.mark.parametrize(
    "uri",
    [
        "foo://bar",
        "file:///x",
        "uc",
        "databricks",
        "mysql://you:hunter22x@h/db",
        "postgresql://127.0.0.1:1/hunter22x",
        "https://",
        "http://[::1/hunter22x",
    ],
)
def test_only_tracking_servers_are_asked(uri: str) -> None:
    found = refused(uri)
    assert f"`{uri.partition('://')[0]}`" in found.message
    assert "hunter22x" not in found.message
    assert "exai.lock" in found.hint


def test_the_line_with_the_address_is_not_shown() -> None:
    found = refused("mysql://you:hunter22x@h/db")
    text = "\n" * (AT.line - 1) + "  uri: mysql://you:hunter22x@h/db\n"
    shown = "\n".join(blocks([found], {AT.path: text}, PLAIN))
    assert "exai.yaml:7:3" in shown
    assert "hunter22x" not in shown


def test_no_database_is_made(tmp_path: Path) -> None:
    refused(f"sqlite:///{tmp_path}/none.db")
    assert list(tmp_path.iterdir()) == []


class _Junk(BaseHTTPRequestHandler):
    """A server that is no MLflow's: the path says how."""

    def _answer(self) -> None:
        kind = self.path.split("/")[1].partition("?")[0]
        bodies = {"list": b"[1]", "odd": b'{"model_versions": 3}', "deep": b"[" * 100_000}
        body = bodies.get(kind, self.path.encode())
        self.send_response(200 if kind in bodies else 403)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), _Junk) as serving:
        thread = Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield serving.server_port
        serving.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["list", "odd", "deep", "no", "no?token=hunter22x"])
def test_a_server_that_is_no_mlflow_is_told(
    server: int, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    found = refused(f"http://hunter22y@127.0.0.1:{server}/{path}")
    assert f" at http://127.0.0.1:{server} can't be read: " in found.message
    assert "hunter22" not in found.message
    assert "hunter22" not in "".join(capfd.readouterr())


def test_what_is_said_is_read_in_one_go_however_long_it_is() -> None:
    """Nothing ends a pattern that goes back and forth: this one wouldn't be done today."""
    told, _ = _told("a" * 1_000_000, "https://example.com")
    assert told == "a" * 300
    told, _ = _told(f"{'a' * 9_000}://you:hunter22@example.com/{'b' * 1_000_000}", "https://h")
    assert "hunter22" not in told


def test_a_server_that_never_comes_to_an_end_is_given_up() -> None:
    """It sends a byte now and then, which no timeout of a socket ends."""
    with tracking() as server:
        server.fault = "drip"
        with pytest.raises(TargetError) as found:
            read_models_at(server.uri, AT, patience=0.2)
    assert "come to an end in 0.2 seconds" in found.value.diagnostic.message


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("http://127.0.0.1:1", "Connection refused, tried twice"),
        ("HTTPS://127.0.0.1:1/a", "Connection refused, tried twice"),
        ("http://nowhere.invalid", ", tried twice"),
        (f"http://{'a' * 64}.example", "its host is no name that can be looked up"),
        ("http://.example", "its host is no name that can be looked up"),
    ],
)
def test_where_nothing_is_is_told_without_mlflow(
    uri: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its import alone takes seconds."""
    for variable in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(variable)
    monkeypatch.setitem(sys.modules, "exai_runtime.mlflow_client", None)
    found = refused(uri)
    assert found.message.endswith(said)
    assert "tracking server runs" in found.hint


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
def test_behind_a_proxy_only_mlflow_can_tell(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tracking() as server:
        monkeypatch.setenv(variable, server.uri)
        monkeypatch.setenv("no_proxy", "")
        assert read_models_at("http://mlflow.invalid", AT) == {}
        assert server.asked


def test_a_server_that_is_silent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with tracking() as server:
        server.fault = "silent"
        assert "it doesn't answer in time" in refused(server.uri).message


def test_who_asks_is_said_as_mlflow_s_clients_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "you")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter22x")
    with tracking() as server:
        assert read_models_at(server.uri, AT) == {}
        said = "Basic " + b64encode(b"you:hunter22x").decode()
        assert {who for _, who in server.asked} == {said}


@pytest.mark.parametrize(
    "text",
    [
        '{"metrics": {"accuracy": "0.9"}, "champion": 3}',
        '{"metrics": {"accuracy": null, "auc": true, "loss": [1]}, "champion": {"version": "x"}}',
        '{"metrics": [0.9], "champion": {"version": 1e999}}',
        '{"metrics": {"accuracy": 1' + "0" * 400 + '}, "champion": {}}',
        '{"metrics": 0.9}',
        "[" * 100_000,
        "no json",
        "[]",
    ],
)
def test_tags_that_exai_never_wrote_count_as_absent(text: str) -> None:
    tags = dict.fromkeys(("exai.metrics", "exai.verdict", "exai.features"), text)
    stored = Stored((StoredVersion("m", 1, "s3://b/1", tags),), {"m": {"champion": 1}})
    version = models_of(stored)["m"].version(1)
    assert version is not None
    assert (version.uri, version.metrics, version.champion, version.verdict) == (
        "s3://b/1",
        {},
        None,
        None,
    )


def test_what_is_a_number_of_a_tag_counts() -> None:
    text = '{"metrics": {"accuracy": 0.9, "trees": 50, "name": "gbm"}}'
    stored = Stored((StoredVersion("m", 1, None, {"exai.metrics": text}),), {"m": {}})
    version = models_of(stored)["m"].version(1)
    assert version is not None
    assert version.metrics == {"accuracy": 0.9, "trees": 50.0}


def test_a_server_that_is_not_there_is_told_without_its_token(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    found = refused("http://hunter22x@127.0.0.1:1/?password=hunter22y")
    assert " at http://127.0.0.1:1 can't be read: Connection refused" in found.message
    assert "".join(capfd.readouterr()) == ""
