"""Where sources are, and the failures of those that aren't there.

In: paths as written, EXAI_DATA_ROOT. Out: paths below the data root, or below a folder of this
process to which an object store's files are brought: those of a root there, and those that are
named by a whole URI. Never a path outside it.
"""

import os
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from exai_components.object_store import bring, is_remote, scratch
from exai_components.outcome import StepFailure, did_you_mean


def data_root() -> Path:
    """EXAI_DATA_ROOT as a folder; the working folder when it isn't set."""
    root = os.environ.get("EXAI_DATA_ROOT") or "."
    if is_remote(root):
        return _mirror(root).resolve()
    if "://" in root:
        parts = urlsplit(root)
        if parts.scheme != "file":
            raise StepFailure(
                "data-root-unsupported",
                f"The data root {root} is not a folder",
                "Set the environment's data.root to an s3:// or gs:// URI, or to a folder",
            )
        root = unquote(parts.path)
    return Path(root).resolve()


def inside_data_root(path: str) -> Path:
    """`path` below the data root, links followed; a final failure when it leaves it. Of a whole URI
    the bucket is the root."""
    uri = os.environ.get("EXAI_DATA_ROOT", "")
    if is_remote(path):
        scheme, _, rest = path.partition("://")
        bucket, _, path = rest.partition("/")
        uri = f"{scheme}://{bucket}"
    root = _mirror(uri).resolve() if is_remote(uri) else data_root()
    found = (root / path).resolve()
    if not found.is_relative_to(root):
        raise StepFailure(
            "path-leaves-data-root",
            f"{path} leads out of the data root {root}",
            "Write a path relative to the data root",
        )
    if is_remote(uri) and not _is_whole(found):
        below = found.relative_to(root).as_posix()
        there = uri.rstrip("/") if found == root else f"{uri.rstrip('/')}/{below}"
        if not bring(there, found, but=_whole()):
            raise StepFailure(
                "missing-file",
                f"There is no file {path} ({uri.rstrip('/')}/{below})",
                "See that it is there, and that this step's account may read it",
            )
        _whole().add(found)
    return found


def _is_whole(place: Path) -> bool:
    """Whether all of it was brought: that it is there says nothing, for a folder is when one file
    of it is, and one in a folder that was brought is empty."""
    return place in _whole() or (place.parent in _whole() and place.is_file())


@cache
def _whole() -> set[Path]:
    """The files and folders that this process has brought."""
    return set()


@cache
def _mirror(uri: str) -> Path:
    del uri  # one folder for each root
    return scratch() / "root"  # which isn't there until something is brought


def empty_data(where: str, why: str) -> StepFailure:
    """The failure for a source that holds no row."""
    return StepFailure(
        "empty-data",
        f"{where} is empty: {why}",
        "Put rows there, or see that it is the right place",
    )


def missing_file(path: Path, written: str) -> StepFailure:
    """The failure for a file that isn't there, with the nearest name in its folder."""
    folder = path.parent
    names = sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []
    hint = did_you_mean(path.name, names) if names else f"There is no folder {folder} either"
    return StepFailure("missing-file", f"There is no file {written} ({path})", hint)
