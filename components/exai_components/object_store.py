"""Folders in object stores: s3:// and gs://, through Arrow's own file systems.

In: URIs, credentials where those stores' own clients look for them (AWS_ACCESS_KEY_ID,
AWS_ENDPOINT_URL, an account of the pod, ...). Out: bytes and files. Never: a bucket, or a file
removed.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SCHEMES = ("s3", "gs")


def is_remote(uri: str) -> bool:
    """Whether this names a place in an object store."""
    return urlsplit(uri).scheme in SCHEMES


def upload(folder: Path, names: Iterable[str], uri: str) -> None:
    """Put files into a folder of a store, one after the other: the last one says that all are."""
    store, base = _opened(uri)
    if store.type_name == "local":
        store.create_dir(base)
    for name in names:
        with (folder / name).open("rb") as source, store.open_output_stream(f"{base}/{name}") as to:
            shutil.copyfileobj(source, to, 1 << 20)


def read(uri: str, name: str) -> bytes | None:
    """A file of a folder; None where it isn't there."""
    store, base = _opened(uri)
    try:
        with store.open_input_stream(f"{base}/{name}") as stream:
            return bytes(stream.read())
    except FileNotFoundError:
        return None


def missing(uri: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that the folder doesn't have."""
    from pyarrow.fs import FileType

    store, base = _opened(uri)
    paths = {f"{base}/{name}": name for name in names}
    found = store.get_file_info(list(paths)) if paths else []
    return tuple(paths[each.path] for each in found if each.type != FileType.File)


def bring(uri: str, place: Path) -> None:
    """A file, or a folder with its own files, under `place`; nothing where there is none. A folder
    in a folder comes without what is in it."""
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
            elif each.base_name:
                _copy(store, each.path, place / each.base_name)


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
    the one that a pod's environment names; other makers' stores, at an endpoint, have none."""
    from pyarrow import fs

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not endpoint:
        store, base = fs.FileSystem.from_uri(uri)
        return store, base.rstrip("/")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    place = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
    made = fs.S3FileSystem(region=region, endpoint_override=place.netloc, scheme=place.scheme)
    return made, f"{parts.netloc}{parts.path}".rstrip("/")
