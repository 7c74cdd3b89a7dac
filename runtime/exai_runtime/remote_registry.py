"""The MLflow registry that an environment's `tracking.uri` names: read, never written.

In: that URI; credentials come from MLflow's own variables (`MLFLOW_TRACKING_USERNAME`, ...). Out:
models with versions and aliases. Opens a socket, for the commands whose whole purpose it is. Never:
a store of MLflow's in this process (it would make or migrate a database); more of an address in a
message than its scheme and host.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator, Mapping
from socket import create_connection
from time import sleep
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from exai_runtime.patience import within
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.regexes import regex
from exai_specs.texts import is_http

if TYPE_CHECKING:
    from exai_compiler.facts import ModelFacts

# A server that is silent is told within a minute, since a loaded one needs its time; one that isn't
# there in a few seconds, by `_connect`. MLflow tries for minutes, and as long as a server asks.
_TRIES, _SECONDS = "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT"
_PATIENCE = {
    _TRIES: "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    _SECONDS: "15",
    "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",
}
_LONGEST_WAIT = 60.0
_CONNECT = 3.0  # seconds, for a connection
_PAUSE = 0.5  # seconds, before the second try
_LONGEST = 300
_LONGEST_READ = 10_000  # characters of what is said, however much a server sends
_SYSTEM = regex(r"\[Errno -?\d+\] ([^'\")\\]+)")
# The scheme is bounded: a pattern that tries all of a long word from each of its letters on holds
# the interpreter for minutes.
_ADDRESS = regex(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s'\"<>]+")
_TARGET = regex(r" with url: \S+")
_STATUS = regex(r"(?:error code|too many) (\d{3})\b")
_DENIED = regex(r"PERMISSION_DENIED|UNAUTHENTICATED|CUSTOMER_UNAUTHORIZED")
_SILENT = regex(r"[Tt]imed out")
_NO_JSON = "not in a valid JSON format"
_AS_MLFLOW = (
    "say who asks as MLflow's own clients do: MLFLOW_TRACKING_USERNAME and "
    "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
)
_SEE = "see that the tracking server runs, and that `uri` is its address"
_BY_HAND = "write the pin into exai.lock by hand, or name a tracking server, uri: https://..."


def read_models_at(uri: str, at: Span, patience: float = _LONGEST_WAIT) -> Mapping[str, ModelFacts]:
    """Every registered model. Raises TargetError `registry-unreachable`, at this place, and after
    so many seconds at the latest."""
    scheme, _, rest = uri.partition("://")
    if not is_http(f"{scheme.lower()}://{rest}"):
        message = f"only a tracking server is asked, over http or https, and this is `{scheme}`"
        raise _unreachable(message, at, _BY_HAND)
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    try:
        within(2 * _CONNECT + _PAUSE + 1, lambda: _connect(uri))
    except _NoName as error:
        message = f"the registry of models at {_shown(uri)} can't be read: {error}"
        raise _unreachable(message, at, _SEE) from None
    except OSError as error:
        silent = isinstance(error, TimeoutError)
        said = "it doesn't answer in time" if silent else error.strerror or str(error)
        message = f"the registry of models at {_shown(uri)} can't be read: {said}, tried twice"
        raise _unreachable(message, at, _SEE) from None
    from exai_runtime.mlflow_client import client_of, import_mlflow, stored_in
    from exai_runtime.registered import models_of

    try:
        import_mlflow()
        from google.protobuf.json_format import Error as NoMessage
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        message = f"MLflow's client can't be loaded: {_said(str(error), uri)}"
        raise _unreachable(message, at, "install exai with all that it needs") from None
    try:
        with _quiet():
            return models_of(within(patience, lambda: stored_in(client_of(uri, 0))))
    except (MlflowException, NoMessage, OSError, ValueError, RecursionError) as error:
        said, hint = _told(_NO_JSON if isinstance(error, RecursionError) else str(error), uri)
        message = f"the registry of models at {_shown(uri)} can't be read: {said}"
        raise _unreachable(message, at, hint) from None


class _NoName(Exception):
    """A host that no question to a name server can hold."""


def _connect(uri: str) -> None:
    """Raises _NoName, and OSError where nothing is there, before MLflow, whose import takes
    seconds, finds that out; through a proxy only that would tell."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return  # MLflow says what is wrong with it
    by_proxy = not {parts.scheme.lower(), "all"}.isdisjoint(getproxies())
    if not host or (by_proxy and not proxy_bypass(host)):
        return
    try:
        create_connection((host, port), _CONNECT).close()
    except UnicodeError:
        raise _NoName("its host is no name that can be looked up") from None
    except OSError:
        sleep(_PAUSE)
        create_connection((host, port), _CONNECT).close()


def _unreachable(message: str, at: Span, hint: str) -> TargetError:
    return TargetError(Diagnostic("registry-unreachable", message, at, hint=hint))


def _shown(address: str) -> str:
    """Its scheme and host: what else there is may be a token."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return "an address"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _told(text: str, uri: str) -> tuple[str, str]:
    """What people can use of it, and what next."""
    text = text[:_LONGEST_READ]
    status = _STATUS.search(text)
    if status is not None:
        denied = status[1] in ("401", "403", "407")
        return f"it answers with HTTP status {status[1]}", _AS_MLFLOW if denied else _SEE
    if _SILENT.search(text):
        tries, seconds = os.environ.get(_TRIES, ""), os.environ.get(_SECONDS, "")
        again = f", then tried {tries} more" if tries.isdigit() and tries != "0" else ""
        return f"it doesn't answer in time ({seconds} s{again})", _SEE
    if _NO_JSON in text:
        return "what answers there is no tracking server of MLflow's", _SEE
    return _said(text, uri), _AS_MLFLOW if _DENIED.search(text) else _SEE


def _said(text: str, uri: str) -> str:
    """The system's own words, where it comes down to them, or the server's without addresses."""
    found = _SYSTEM.search(text)
    if found:
        return found[1].strip()
    told = _TARGET.sub("", _ADDRESS.sub(lambda address: _shown(address[0]), text))
    parts = urlsplit(uri)
    for secret in (parts.password, parts.username, parts.query, parts.fragment):
        told = told.replace(secret, "***") if secret else told
    return " ".join(told.split())[:_LONGEST]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what MLflow and urllib3 log of every try: it quotes addresses."""
    loggers = [logging.getLogger(name) for name in ("mlflow", "urllib3")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
