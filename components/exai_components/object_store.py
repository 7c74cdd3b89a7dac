"""Folders in object stores: s3:// and gs://, through Arrow's own file systems.

In: URIs, credentials where those stores' own clients look for them (AWS_ACCESS_KEY_ID,
AWS_ENDPOINT_URL, an account of the pod, ...). Out: bytes and files, or a failure of the step
that says what to do. Never: a bucket, or a file removed.
"""

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from exai_components.outcome import StepFailure

SCHEMES = ("s3", "gs")
_PATIENCE = timedelta(minutes=1)
_GOOGLE = "GOOGLE_APPLICATION_CREDENTIALS"
# How Arrow words what AWS' and Google's clients say (arrow/filesystem/s3_internal.h, gcsfs.cc).
_NOBODY = re.compile(r"OAuth2 access token|Could not.*credentials")
_DENIED = re.compile(
    r"ACCESS_DENIED|INVALID_ACCESS_KEY_ID|INVALID_CLIENT_TOKEN_ID|INVALID_SIGNATURE|"
    r"SIGNATURE_DOES_NOT_MATCH|MISSING_AUTHENTICATION_TOKEN|UNRECOGNIZED_CLIENT|"
    r"REQUEST_EXPIRED|ExpiredToken|HTTP status 40[013]|PERMISSION_DENIED|UNAUTHENTICATED"
)
_ELSEWHERE = re.compile(r"HTTP status 301|PermanentRedirect|AuthorizationHeaderMalformed")
_UNREACHED = re.compile(r"CURL error|curlCode|UNAVAILABLE")
_CALLED = (
    re.compile(r"curlCode: \d+, ([^;\n]+)"),
    re.compile(r"CURL error \[\d+\]=([A-Za-z' ]+?)(?: error_info|$)"),
    re.compile(r"(HTTP status \d+)"),
    re.compile(r"AWS Error ([A-Z_]+)"),
    re.compile(r"Status\(([A-Z_]+):"),
)


def is_remote(uri: str) -> bool:
    """Whether this names a place in an object store."""
    return urlsplit(uri).scheme in SCHEMES


def upload(folder: Path, names: Iterable[str], uri: str) -> None:
    """Put files into a folder of a store, one after the other: the last one says that all are."""
    with _reached(uri):
        store, base = _opened(uri)
        for name in names:
            path = f"{base}/{name}"
            with (folder / name).open("rb") as source, store.open_output_stream(path) as to:
                shutil.copyfileobj(source, to, 1 << 20)


def read(uri: str, name: str) -> bytes | None:
    """A file of a folder; None where it isn't there."""
    with _reached(uri), suppress(FileNotFoundError):
        store, base = _opened(uri)
        with store.open_input_stream(f"{base}/{name}") as stream:
            return bytes(stream.read())
    return None


def missing(uri: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that the folder doesn't have."""
    from pyarrow.fs import FileType

    with _reached(uri):
        store, base = _opened(uri)
        paths = {f"{base}/{name}": name for name in names}
        found = store.get_file_info(list(paths)) if paths else []
    return tuple(paths[each.path] for each in found if each.type != FileType.File)


def bring(uri: str, place: Path, but: Container[Path] = ()) -> bool:
    """A file, or a folder with its own files, under `place`; False where there is none. A folder
    in a folder comes without what is in it, and the files `but` stay as they are."""
    with _reached(uri):
        return _brought(uri, place, but)


def _brought(uri: str, place: Path, but: Container[Path]) -> bool:
    from pyarrow.fs import FileSelector, FileType

    store, base = _opened(uri)
    found = store.get_file_info(base)
    if found.type == FileType.File:
        place.parent.mkdir(parents=True, exist_ok=True)
        _copy(store, base, place)
    elif found.type == FileType.Directory:
        place.mkdir(parents=True, exist_ok=True)
        for each in store.get_file_info(FileSelector(base)):
            if each.type == FileType.Directory:
                (place / each.base_name).mkdir(exist_ok=True)
            elif each.base_name and place / each.base_name not in but:
                _copy(store, each.path, place / each.base_name)
    return bool(found.type in (FileType.File, FileType.Directory))


def _copy(store: Any, path: str, place: Path) -> None:
    with store.open_input_stream(path) as source, place.open("wb") as to:
        shutil.copyfileobj(source, to, 1 << 20)


def scratch() -> Path:
    """A folder of this machine that is gone when the process is."""
    folder = Path(tempfile.mkdtemp(prefix="exai-store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _opened(uri: str) -> tuple[Any, str]:
    """Arrow's file system, and the path in it. AWS is asked for a bucket's region, which needn't be
    the one that a pod's environment names; other makers' stores, at an endpoint, have none. By
    itself Google's client tries for a quarter of an hour."""
    from pyarrow import fs

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    parts = urlsplit(uri)
    path = f"{parts.netloc}{parts.path}".rstrip("/")
    if parts.scheme == "gs":
        return fs.GcsFileSystem(retry_time_limit=_PATIENCE), path
    if parts.scheme != "s3" or not endpoint:
        store, base = fs.FileSystem.from_uri(uri)
        return store, base.rstrip("/")
    place = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
    made = fs.S3FileSystem(region=_region(), endpoint_override=place.netloc, scheme=place.scheme)
    return made, path


@contextmanager
def _reached(uri: str) -> Iterator[None]:
    """What a store has against it as a failure of the step, which says what to do."""
    try:
        yield
    except (OSError, ValueError) as error:  # Arrow takes a refused login for a wrong argument
        # Google's words, or without a number of the system's: else a disk's of this machine.
        if getattr(error, "errno", 0) is not None and "google::cloud" not in str(error):
            raise
        raise _failure(uri, error) from None


def _failure(uri: str, error: Exception) -> StepFailure:
    said, bucket = str(error), urlsplit(uri).netloc
    scheme = urlsplit(uri).scheme
    keys = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" if scheme == "s3" else _GOOGLE
    if _NOBODY.search(said):
        return StepFailure(
            "store-denied",
            f"There are no credentials for {uri}{_word(said)}",
            f"Give the step a serviceAccount that has some, or {keys} in its `env`",
            final=not _UNREACHED.search(said),
        )
    if _DENIED.search(said):
        return StepFailure(
            "store-denied",
            f"The store refuses this step's account: {uri}{_word(said)}",
            f"Let that account read and write there: its serviceAccount, or {keys}",
        )
    if "NO_SUCH_BUCKET" in said or isinstance(error, FileNotFoundError):
        return StepFailure(
            "no-bucket",
            f"There is no bucket {bucket} ({uri})",
            "Make it, or see that the environment's `data.root` and `models.store` name it",
        )
    if _ELSEWHERE.search(said):
        return StepFailure(
            "store-region",
            f"The bucket {bucket} is in another region than {_region()}",
            "Name it as AWS_REGION in the step's `env`",
        )
    return StepFailure(
        "store-unreachable",
        f"The store of {uri} doesn't answer{_word(said)}",
        "See that its address can be reached from there: DNS, network, AWS_ENDPOINT_URL",
        final=False,
    )


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def _word(said: str) -> str:
    """How the store or the network called it, without what else a client tells."""
    found = next((found for each in _CALLED if (found := each.search(said))), None)
    return f" ({found[1]})" if found else ""
