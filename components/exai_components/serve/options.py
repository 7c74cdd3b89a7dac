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
    """`port` None: no TCP port until a hand-over. `control` None: no control socket.

    `features` is the text of EXAI_FEATURES and `repository` the folder of EXAI_FEATURE_REPOSITORY,
    where the server looks features up. With a `predictor` it is a transformer: it has no model.
    """

    model_name: str
    model_dir: Path | None
    host: str = "127.0.0.1"
    port: int | None = 8080
    control: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    max_body_bytes: int = _BODY_LIMIT
    digest: str | None = None
    features: str | None = None
    repository: Path | None = None
    predictor: "Predictor | None" = None

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect; then the Host header is checked."""
        return self.host in LOOPBACK


@dataclass(frozen=True, slots=True)
class Predictor:
    """The server behind a transformer; `timeout` in seconds."""

    url: str
    timeout: float = 60.0


def parse_options(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Options:
    """The options, or an exit with status 2 and a usage line."""
    parser = argparse.ArgumentParser(
        prog="python3 -m exai_components.serve",
        description="Serve one model, or what makes its rows, over KServe's V1 and V2 protocols.",
        epilog="EXAI_MODEL_DIGEST, when set, must be the digest of the model in --model_dir; a "
        "pickle is loaded by its digest alone. With EXAI_FEATURES, features are looked up in "
        "EXAI_FEATURE_REPOSITORY and requests hold entity keys.",
        allow_abbrev=False,
    )
    parser.add_argument("--model_name", required=True, help="the name in the URL")
    parser.add_argument("--model_dir", type=Path, help="holds exai-model.json")
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
    _transformer_options(parser)
    given = parser.parse_args(arguments)
    if given.no_listen and given.control is None:
        parser.error("--no_listen needs --control")
    if given.transformer == (given.model_dir is not None):
        parser.error("--model_dir is needed" if given.model_dir is None else _NO_MODEL)
    if given.transformer and not given.predictor_host:
        parser.error("--transformer needs --predictor_host")
    if given.transformer and not environment.get("EXAI_FEATURES"):
        parser.error("--transformer needs EXAI_FEATURES")
    if environment.get("EXAI_FEATURES") and not environment.get("EXAI_FEATURE_REPOSITORY"):
        parser.error("EXAI_FEATURES needs EXAI_FEATURE_REPOSITORY")
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
        features=environment.get("EXAI_FEATURES") or None,
        repository=Path(environment.get("EXAI_FEATURE_REPOSITORY", "")).absolute()
        if environment.get("EXAI_FEATURES")
        else None,
        predictor=_predictor(given) if given.transformer else None,
    )


_NO_MODEL = "a --transformer has no --model_dir: the model is its predictor's"


def _transformer_options(parser: argparse.ArgumentParser) -> None:
    """KServe gives a transformer these (kserve/model_server.py)."""
    group = parser.add_argument_group("transformer", "look features up, then ask a predictor")
    group.add_argument("--transformer", action="store_true")
    group.add_argument("--predictor_host", help="HOST or HOST:PORT of the predictor")
    group.add_argument("--predictor_protocol", choices=("v1", "v2"), help="the request's is used")
    group.add_argument("--predictor_use_ssl", type=_truth, default=False)
    group.add_argument("--predictor_request_timeout_seconds", type=float, default=60.0)


def _truth(text: str) -> bool:
    return text.lower() in ("true", "1", "yes")


def _predictor(given: argparse.Namespace) -> Predictor:
    scheme = "https" if given.predictor_use_ssl else "http"
    host = given.predictor_host
    url = host if "://" in host else f"{scheme}://{host}"
    return Predictor(url.rstrip("/"), given.predictor_request_timeout_seconds)
