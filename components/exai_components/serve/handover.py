"""Passes a listening TCP socket from one server process to the next.

The successor connects to the predecessor's `CONTROL.fd` socket (this user only) and asks for a
port. The predecessor stops accepting, then sends the socket itself (SCM_RIGHTS): who connects in
between waits in the socket's queue and is refused by nobody. The successor says that it is ready;
from the predecessor's answer on the port is the successor's, and it accepts. Never do both accept:
a successor that takes too long is told that the port was kept.

    successor -> {"port": 8080}\\n
    predecessor -> {"port": 8080}\\n and the socket, or {"refused": "not-serving"}\\n
    successor -> ready\\n
    predecessor -> yours\\n, or kept\\n
    successor -> leaving\\n, only if it is told to stop while the predecessor drains

The link stays open while the predecessor drains. One that breaks before, or without `leaving`,
means that the successor died: the predecessor goes on as if nothing had been. One that breaks once
the socket was sent, without `kept`, means that the predecessor died: the port is the successor's.
"""

import contextlib
import json
import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from exai_components.serve.failure import Failure

READY = b"ready\n"
YOURS = b"yours\n"
KEPT = b"kept\n"
LEAVING = b"leaving\n"
PATIENCE = 10.0
_LIMIT = 4096
_SUFFIX = ".fd"
# The system's limit for a Unix socket, less the suffix and the final zero.
LONGEST_PATH = 107 - len(_SUFFIX)


@dataclass(frozen=True, slots=True)
class Handed:
    """The listening socket, and the link on which the successor reports."""

    listening: socket.socket
    link: socket.socket


class Gone(Exception):
    """The predecessor is dead, or doesn't serve that port: the port is free or somebody else's."""


class Stuck(Exception):
    """The predecessor lives and keeps the port: it doesn't answer, or grew tired of waiting."""


def fd_path(control: Path) -> Path:
    """Where a process with this control socket hands its port over."""
    return control.with_name(control.name + _SUFFIX)


def check_control_path(control: Path) -> None:
    """`Failure` when the system can't make sockets with a path that long."""
    length = len(os.fsencode(control))
    if length > LONGEST_PATH:
        raise Failure(
            "control-path-too-long",
            f"the control socket {control} has a path of {length} bytes, at most "
            f"{LONGEST_PATH} work",
            "Choose a shorter folder for it",
        )


def ask_for(control: Path, port: int) -> Handed:
    """Ask the process at `control` for its port. Blocks, for twice PATIENCE at most."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.settimeout(PATIENCE)
        link.connect(str(fd_path(control)))
        link.sendall(json.dumps({"port": port}).encode() + b"\n")
        data, descriptors, _, _ = socket.recv_fds(link, _LIMIT, 1)
    except TimeoutError:
        link.close()
        raise Stuck(f"the server at {control} doesn't hand its port over") from None
    except OSError as error:
        link.close()
        raise Gone(str(error)) from None
    if not descriptors:
        link.close()
        raise Gone(data.decode(errors="replace").strip() or "it ended")
    listening = socket.socket(fileno=descriptors[0])
    try:
        _settle(link)
    except Stuck:
        listening.close()
        link.close()
        raise
    link.setblocking(False)
    return Handed(listening, link)


def _settle(link: socket.socket) -> None:
    """Say ready and hear the predecessor's word; its silence for good means that it died."""
    word = b""
    try:
        with contextlib.suppress(BrokenPipeError):
            link.sendall(READY)
        word = link.recv(_LIMIT)
    except TimeoutError:
        word = KEPT
    except OSError:
        pass
    if word == KEPT:
        raise Stuck("the server before kept the port: the hand-over took too long")


def wanted_port(request: bytes) -> int | None:
    """The port that a successor asks for; None when the request makes no sense."""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return int(json.loads(request)["port"])
    return None


def give(link: socket.socket, listening: socket.socket, port: int) -> None:
    """Send the listening socket; the caller has stopped accepting on it."""
    socket.send_fds(link, [json.dumps({"port": port}).encode() + b"\n"], [listening.fileno()])


def refuse(link: socket.socket, reason: str) -> None:
    """Tell the successor that it gets nothing."""
    with contextlib.suppress(OSError):
        link.send(json.dumps({"refused": reason}).encode() + b"\n")


def same_user(link: socket.socket) -> bool:
    """Whether the process at the other end runs as this user (where the system can tell)."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    credentials = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return bool(struct.unpack("3i", credentials)[1] == os.getuid())
