"""The server's command line.

In: arguments and the environment. Out: frozen `Options`. Usage errors end the process with 2.
The first three options are those of every KServe model server; the others are for a server on one
machine.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_BODY_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """`port` None: no TCP port until a hand-over. `control` None: no control socket."""

    model_name: str
    model_dir: Path
    host: str = "127.0.0.1"
    port: int | None = 8080
    control: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    max_body_bytes: int = _BODY_LIMIT
    digest: str | None = None

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect; then the Host header is checked."""
        return self.host in LOOPBACK


def parse_options(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Options:
    """The options, or an exit with status 2 and a usage line."""
    parser = argparse.ArgumentParser(
        prog="python3 -m exai_components.serve",
        description="Serve one H2O MOJO over KServe's V1 and V2 protocols.",
        epilog="EXAI_MODEL_DIGEST, when set, must be the digest of the model in --model_dir.",
        allow_abbrev=False,
    )
    parser.add_argument("--model_name", required=True, help="the name in the URL")
    parser.add_argument("--model_dir", required=True, type=Path, help="holds exai-model.json")
    parser.add_argument("--http_port", type=int, default=8080, help="0 takes a free port")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 in a container")
    parser.add_argument("--control", type=Path, help="path of the control socket")
    parser.add_argument(
        "--no_listen", action="store_true", help="load and wait for a hand-over; needs --control"
    )
    parser.add_argument(
        "--allowed_hosts", default="", help="more values of the Host header, separated by commas"
    )
    parser.add_argument(
        "--max_body_bytes", type=int, default=_BODY_LIMIT, help="a larger body gets a 413"
    )
    given = parser.parse_args(arguments)
    if given.no_listen and given.control is None:
        parser.error("--no_listen needs --control")
    if not 0 <= given.http_port <= 65535:
        parser.error(f"--http_port {given.http_port} is not a port")
    return Options(
        model_name=given.model_name,
        model_dir=given.model_dir,
        host=given.host,
        port=None if given.no_listen else given.http_port,
        control=given.control,
        allowed_hosts=tuple(name for name in given.allowed_hosts.lower().split(",") if name),
        max_body_bytes=given.max_body_bytes,
        digest=environment.get("EXAI_MODEL_DIGEST") or None,
    )
