"""Checks of the network on this machine: the loopback address, ports, proxies that catch it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

from exai_runtime.doctor.place import Place
from exai_runtime.results import Finding

_LOOPBACK = "127.0.0.1"
_NAMES = ("localhost", _LOOPBACK)
_PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FEW = 1000


def loopback(place: Place) -> Iterator[Finding]:
    """Whether a server can listen there and be reached, as services and H2O do."""
    del place
    try:
        with socket.socket() as server:
            server.bind((_LOOPBACK, 0))
            server.listen(1)
            port = server.getsockname()[1]
            with socket.create_connection((_LOOPBACK, port), timeout=2):
                pass
    except OSError as error:
        hint = "services and H2O listen there: a firewall or a sandbox forbids it"
        yield Finding("loopback", "problem", f"nothing can listen on {_LOOPBACK}: {error}", hint)
        return
    try:
        first, last = map(int, _RANGE.read_text("ascii").split())
        many = last - first + 1
    except (OSError, ValueError):
        many = _FEW
    detail = f"{_LOOPBACK} takes servers, and a port was free"
    if many < _FEW:
        hint = "widen net.ipv4.ip_local_port_range"
        yield Finding("loopback", "warning", f"{detail}; the system has {many} of them", hint)
    else:
        yield Finding("loopback", "ok", detail)


def proxy(place: Place) -> Iterator[Finding]:
    """A proxy that would be asked for the loopback address. What it is isn't shown: it may hold a
    password."""
    del place
    named = [name for name in _PROXIES if os.environ.get(name)]
    if not named:
        yield Finding("proxy", "ok", "none is set")
        return
    said = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    past = {part.strip().lower() for part in said.split(",")}
    missing = [] if "*" in past else [name for name in _NAMES if name not in past]
    detail = f"{', '.join(named)} is set"
    if missing:
        hint = f"export NO_PROXY={','.join(filter(None, (said, *missing)))}"
        detail = f"{detail}, and NO_PROXY leaves out {', '.join(missing)}"
        yield Finding("proxy", "problem", detail, f"{hint} (and no_proxy)")
    else:
        yield Finding("proxy", "ok", f"{detail}; the loopback address goes past it")
