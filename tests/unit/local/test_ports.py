"""Ports of the loopback address."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from exai_runtime.local.ports import LOOPBACK, free_port, listener_of, taken


def test_a_listener_is_found_with_its_process() -> None:
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        port = server.getsockname()[1]
        assert taken(port)
        found = listener_of(port)
        assert found is not None
        assert found[0] == os.getpid()
    assert not taken(port)
    assert listener_of(port) is None


def test_a_free_port_is_free() -> None:
    assert not taken(free_port())


def test_a_free_port_is_none_that_the_system_gives_away() -> None:
    table = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
    lowest = int(table.split()[0])
    assert all(20000 <= free_port() < max(21000, lowest) for _ in range(20))
