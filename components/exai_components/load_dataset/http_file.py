"""A file behind an HTTP or HTTPS address, taken only if its SHA-256 is the one in the spec.

In: url, sha256, format. Out: the downloaded file as an open source. The download goes to a file of
exai's own cache, named by its digest, so that a second run doesn't fetch it again; it is never
parsed before its digest is seen to be right. Never follows a redirect to anything but http and
https, never shows the query of an address: signed addresses have their key there.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from exai_components.load_dataset.source import OpenSource
from exai_components.outcome import StepFailure

_PIECE = 1 << 20
_PATIENCE = 30.0  # seconds without a byte
_LARGEST = 64 << 30  # bytes: an answer without an end must not fill the disk
_ALWAYS_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})  # what a minute may mend


@contextmanager
def open_http(http: Mapping[str, Any], guess: bool = False) -> Iterator[OpenSource]:
    """The file as a source of its format."""
    url, digest = str(http["url"]), str(http["sha256"])
    shown = shown_url(url)
    path = fetched(url, digest)
    with _opened(path, shown, http.get("format", "csv"), guess) as source:
        yield source


def _opened(path: Path, shown: str, form: str, guess: bool) -> AbstractContextManager[OpenSource]:
    match form:
        case "parquet":
            from exai_components.load_dataset.parquet_files import open_parquet

            return open_parquet(path, shown)
        case "json":
            from exai_components.load_dataset.json_file import open_json

            return open_json(path, shown)
    from exai_components.load_dataset.csv_file import open_csv

    return open_csv(path, shown, guess)


def fetched(url: str, digest: str) -> Path:
    """The file of this digest: from the cache, or downloaded and looked at first."""
    folder = downloads()
    kept = folder / digest
    with suppress(OSError):
        if kept.is_file() and _digest(kept) == digest:
            return kept
    part = folder / f".{digest}.{os.urandom(8).hex()}"
    try:
        found, size = _download(url, part)
        if found != digest:
            raise StepFailure(
                "checksum-mismatch",
                f"{shown_url(url)} isn't the file that the Dataset names: the spec has sha256 "
                f"{digest}, the {size} bytes there have {found}",
                "If the new file is meant, write its sha256 into the Dataset",
            )
        part.replace(kept)
    finally:
        part.unlink(missing_ok=True)
    return kept


def downloads() -> Path:
    """The folder that downloads are kept in, made if need be: below the user's cache folder, else
    the temporary one.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(base) if base.startswith("/") else Path(os.path.expanduser("~")) / ".cache"  # noqa: PTH111 - Path.home() raises without a home
    for place in (home / "exai", Path(tempfile.gettempdir()) / f"exai-downloads-{os.geteuid()}"):
        folder = place / "downloads"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK) and folder.stat().st_uid == os.geteuid():
            return folder
    raise StepFailure(
        "no-room",
        "There is no folder that a download could go to",
        "Set XDG_CACHE_HOME to one that can be written to",
    )


def shown_url(url: str) -> str:
    """The address without what may be secret: user, password, query, fragment."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def _download(url: str, target: Path) -> tuple[str, int]:
    """SHA-256 and size of what came. A failure that a retry may mend isn't final."""
    shown = shown_url(url)
    if urlsplit(url).scheme not in ("http", "https"):
        raise StepFailure(
            "unsupported-address", f"{shown} is neither http nor https", "Write another address"
        )
    digest, size = hashlib.sha256(), 0
    request = Request(url, headers={"User-Agent": "exai", "Accept-Encoding": "identity"})  # noqa: S310 - http and https alone
    try:
        with _opener().open(request, timeout=_PATIENCE) as answer, target.open("wb") as stream:
            announced = answer.headers.get("Content-Length", "")
            while piece := answer.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                if size > _LARGEST:
                    raise StepFailure(
                        "download-failed",
                        f"{shown} is larger than {_LARGEST >> 30} GiB",
                        "Put the file below the data root, and name its path",
                    )
                stream.write(piece)
    except HTTPError as error:
        error.close()
        astray = 300 <= error.code < 400
        raise StepFailure(
            "download-failed",
            f"{shown} redirects in a circle, or to what is neither http nor https"
            if astray
            else f"{shown} answered {error.code} {error.reason}",
            "See that the address is right, and open to this machine",
            final=error.code not in _ALWAYS_LATER,
        ) from None
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        words = getattr(reason, "strerror", None) or str(reason) or type(error).__name__
        raise StepFailure(
            "download-failed",
            f"{shown} can't be fetched: {words}",
            "See that the address is right, and that this machine can reach it",
            final=False,
        ) from None
    if announced.isdigit() and int(announced) != size:
        raise StepFailure(
            "download-failed",
            f"{shown} broke off after {size} of {announced} bytes",
            "Try again",
            final=False,
        )
    print(f"{shown}: {size} bytes")
    return digest.hexdigest(), size


def _opener() -> OpenerDirector:
    """urllib's handlers for http and https; without those for files, FTP and data URLs a redirect
    can't lead there.
    """

    class Redirects(HTTPRedirectHandler):
        max_redirections = 5

        def redirect_request(
            self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
        ) -> Request | None:
            if urlsplit(newurl).scheme not in ("http", "https"):
                raise HTTPError(newurl, code, "a redirect to no http address", headers, fp)
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    director = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPDefaultErrorHandler(),
        Redirects(),
        HTTPErrorProcessor(),
    ):
        director.add_handler(handler)
    return director


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
