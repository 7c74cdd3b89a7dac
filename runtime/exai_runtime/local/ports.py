"""Ports of the loopback address: a free one, and who has one that isn't free."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from pathlib import Path

from exai_runtime.local.process import command_of

LOOPBACK = "127.0.0.1"
_LOWEST = 20000


def free_port() -> int:
    """A port that nobody has at this moment, and that the system gives to nobody by itself.

    A service keeps its port while it is down. One out of the system's own range could then be the
    near end of any connection that somebody makes. Raises OSError when none is free.
    """
    below = _first_of_the_system()
    count = below - _LOWEST
    start = int.from_bytes(os.urandom(4), "big")
    for step in range(count):
        port = _LOWEST + (start + step) % count
        if not taken(port):
            return port
    raise OSError(errno.EADDRINUSE, f"no port from {_LOWEST} to {below - 1} is free")


def _first_of_the_system() -> int:
    """Where the range begins from which the system takes ports for outgoing connections (ip(7))."""
    with contextlib.suppress(OSError, ValueError):
        table = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
        return max(_LOWEST + 1000, int(table.split()[0]))
    return 32768


def taken(port: int) -> bool:
    """Whether somebody listens there already. Asked by binding, as the server will."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return error.errno in (errno.EADDRINUSE, errno.EACCES)
    return False


def listener_of(port: int) -> tuple[int, str] | None:
    """The pid and the name of the process that listens on this port, if /proc shows it."""
    inodes = {f"socket:[{inode}]" for inode in _listening(port)}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            for link in (folder / "fd").iterdir():
                if str(link.readlink()) in inodes:
                    return int(folder.name), command_of(int(folder.name))
    return None


def _listening(port: int) -> set[str]:
    """Inodes of the sockets in state LISTEN (0A) on this port, of every address (proc(5),
    /proc/net/tcp).
    """
    found = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            lines = (Path("/proc/net") / table).read_text(encoding="ascii").splitlines()[1:]
            for fields in map(str.split, lines):
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(fields[9])
    return found
