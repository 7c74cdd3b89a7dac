"""The model store: one folder for each model and run, written once, by rename; in an object store
with its signature last.

In: EXAI_MODEL_STORE, a model folder. Out: the URI of its copy, which never changes again.
Never overwrites: what an earlier attempt of the same run stored stays, and counts.
"""

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from exai_components.half_written import half_written
from exai_components.model_file import (
    LEADERBOARD,
    MODEL_FILE,
    BadModel,
    ModelFile,
    digest_of,
    read_model_file,
    verify,
)
from exai_components.object_store import is_remote
from exai_components.outcome import StepFailure
from exai_components.remote_models import fetched, put_once

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Stored:
    """A model in the store; `folder` has its small files here: signature, leaderboard."""

    uri: str
    digest: str
    model: ModelFile
    folder: Path


def store_root() -> Path:
    """EXAI_MODEL_STORE as a folder; a final failure for a store that isn't one."""
    store = os.environ.get("EXAI_MODEL_STORE", "")
    if not store:
        raise StepFailure(
            "no-model-store", "This environment has no model store", "Set EXAI_MODEL_STORE"
        )
    if "://" not in store:
        return Path(store).absolute()
    parts = urlsplit(store)
    if parts.scheme != "file":
        raise StepFailure(
            "model-store-unsupported",
            f"register-model can't write to {store}",
            "Set the environment's models.store to an s3:// or gs:// URI, a path, or a file:// URI",
        )
    return Path(unquote(parts.path))


def put(source: Path, model: str, run_key: str, digest: str | None = None) -> Stored:
    """Copy the model's files; the folder of this model and run holds all of them or isn't there.

    `digest` is what the step that made the model says of it, if it does.
    """
    for what, name in (("model name", model), ("run key", run_key)):
        if not _SAFE.fullmatch(name):
            raise StepFailure(
                "unsafe-name",
                f"The {what} {name!r} can't be a folder's name",
                "Give it a name of letters, digits, `_` and `-`",
            )
    try:
        signature = verify(source, digest)
    except BadModel as error:
        raise StepFailure(
            "broken-model", f"The model can't be used: {error}", "Train it again"
        ) from None
    store = os.environ.get("EXAI_MODEL_STORE", "").rstrip("/")
    if is_remote(store):
        return _put_remote(source, signature, f"{store}/{model}/{run_key}")
    shelf = store_root() / model
    folder = shelf / run_key
    if not folder.exists():
        _copy(source, signature, shelf, folder)
    return _stored(folder, digest_of(source))


def _put_remote(source: Path, signature: ModelFile, uri: str) -> Stored:
    try:
        digest, earlier = put_once(source, tuple(signature.files), uri)
        folder = fetched(uri, (LEADERBOARD,), whole=False)
        model = read_model_file(folder)
    except BadModel as error:
        raise StepFailure(
            "broken-store",
            f"What an earlier attempt stored can't be used: {error}",
            f"Remove {uri} if no version points to it, then run again",
        ) from None
    if earlier and digest != digest_of(source):
        print(f"exai: {uri} is of an earlier attempt of this run, and stays", file=sys.stderr)
    return Stored(uri, digest, model, folder)


def _copy(source: Path, signature: ModelFile, shelf: Path, folder: Path) -> None:
    shelf.mkdir(parents=True, exist_ok=True)
    with half_written(shelf, folder=True) as new:
        for name in (*signature.files, MODEL_FILE):
            shutil.copyfile(source / name, new / name)
            _flush(new / name)
        _flush(new)
        try:
            new.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another attempt was faster, and its files count
                raise
    _flush(shelf)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _stored(folder: Path, wanted: str) -> Stored:
    try:
        model = verify(folder, None)
    except BadModel as error:
        raise StepFailure(
            "broken-store",
            f"What an earlier attempt stored can't be used: {error}",
            f"Remove {folder} if no version points to it, then run again",
        ) from None
    digest = digest_of(folder)
    if digest != wanted:
        print(f"exai: {folder} is of an earlier attempt of this run, and stays", file=sys.stderr)
    return Stored(folder.absolute().as_uri(), digest, model, folder)
