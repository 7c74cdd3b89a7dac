"""Models in object stores: a folder of files, whole once its exai-model.json is there.

In: a folder of this machine, or a URI. Out: the folder's URI, or its files here. What an earlier
attempt of the same run stored stays, and counts; a server checks every digest before it loads.
"""

import hashlib
from pathlib import Path

from exai_components import object_store
from exai_components.model_file import MODEL_FILE, BadModel, ModelFile, read_model_file


def put_once(source: Path, names: tuple[str, ...], uri: str) -> tuple[str, bool]:
    """Store these files and the signature, unless a whole model is there. The digest of what is
    there now, and whether it was before. Raises `BadModel` for one that lacks files."""
    before = object_store.read(uri, MODEL_FILE)
    if before is None:
        object_store.upload(source, (*names, MODEL_FILE), uri)
        before, earlier = object_store.read(uri, MODEL_FILE), False
        if before is None:
            raise BadModel(f"{uri}/{MODEL_FILE} isn't there, and was just written")
    else:
        earlier = True
    signature = _read(before)
    if lacking := object_store.missing(uri, signature.files):
        raise BadModel(f"{uri} lacks {', '.join(lacking)}")
    return hashlib.sha256(before).hexdigest(), earlier


def fetched(uri: str, more: tuple[str, ...] = (), whole: bool = True) -> Path:
    """The model's files in a folder of this machine, with `more` where there are any; only the
    signature and those unless it is to be `whole`. Raises `BadModel` for one that lacks files."""
    data = object_store.read(uri, MODEL_FILE)
    if data is None:
        raise BadModel(f"{uri} has no {MODEL_FILE}")
    folder = object_store.scratch()
    (folder / MODEL_FILE).write_bytes(data)
    files = tuple(read_model_file(folder).files) if whole else ()
    for name in (*files, *more):
        found = object_store.read(uri, name)
        if found is not None:
            (folder / name).write_bytes(found)
        elif name in files:
            raise BadModel(f"{uri} has no {name}")
    return folder


def _read(data: bytes) -> ModelFile:
    folder = object_store.scratch()
    (folder / MODEL_FILE).write_bytes(data)
    return read_model_file(folder)
