"""The gate in front of the TCP port: foreign hosts, large bodies, draining."""

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from exai_components.serve.gate import Gate
from exai_components.serve.metrics import Meter
from exai_components.serve.options import Options

METER = Meter("unit")


async def _app(_: Any, __: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"fine"})


def ask(gate: Gate, *headers: tuple[bytes, bytes]) -> tuple[int, list[tuple[bytes, bytes]]]:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("the gate reads no body")

    scope = {"type": "http", "path": "/v1/models/unit:predict", "headers": list(headers)}
    asyncio.run(gate(scope, receive, send))
    return sent[0]["status"], sent[0]["headers"]


def gate(**changes: Any) -> Gate:
    return Gate(_app, Options("unit", Path(), **changes), METER)


@pytest.mark.parametrize(
    "host", [b"localhost", b"127.0.0.1:8080", b"[::1]:8080", b"LOCALHOST:1", b"[::1]"]
)
def test_this_machines_names_are_served(host: bytes) -> None:
    assert ask(gate(), (b"host", host))[0] == 200


@pytest.mark.parametrize(
    "host", [b"evil.example", b"localhost.evil.example:80", b"127.0.0.1.evil", b"", b"\xff", b"[x"]
)
def test_foreign_names_are_not(host: bytes) -> None:
    assert ask(gate(), (b"host", host))[0] == 421


def test_a_request_needs_one_host() -> None:
    assert ask(gate())[0] == 400
    assert ask(gate(), (b"host", b"localhost"), (b"host", b"localhost"))[0] == 400
    assert ask(gate(), (b"host", b"localhost"), (b"host", b"evil.example"))[0] == 421


def test_more_names_can_be_allowed() -> None:
    assert ask(gate(allowed_hosts=("my.laptop",)), (b"host", b"my.laptop:80"))[0] == 200


def test_on_a_cluster_every_name_is_served() -> None:
    assert ask(gate(host="0.0.0.0"), (b"host", b"iris.team.example"))[0] == 200  # noqa: S104
    assert ask(gate(host="0.0.0.0"))[0] == 200  # noqa: S104


def test_a_large_body_is_refused_unread() -> None:
    small = gate(max_body_bytes=10)
    assert ask(small, (b"host", b"localhost"), (b"content-length", b"10"))[0] == 200
    assert ask(small, (b"host", b"localhost"), (b"content-length", b"11"))[0] == 413


def test_while_draining_every_answer_closes_its_connection() -> None:
    draining = gate()
    draining.closing = True
    assert (b"connection", b"close") in ask(draining, (b"host", b"localhost"))[1]
    assert (b"connection", b"close") in ask(draining, (b"host", b"evil.example"))[1]


def test_labels_are_bounded() -> None:
    assert METER.series("/v1/models/unit:predict") == ("unit", "v1")
    assert METER.series("/v2/models/unit/infer") == ("unit", "v2")
    assert METER.series("/v1/models/other:predict") == ("", "v1")
    assert METER.series("/v2/models/other/infer") == ("", "v2")
    assert METER.series("/v2/health/ready") is None
