"""Where the feature store of an environment keeps things. In: the state folder. Out: paths.

Working out a path creates nothing. `repository/data/<dataset>.parquet` is a link to a file in
`snapshots/<dataset>/` that is never changed; switching it is one rename.
"""

from __future__ import annotations

import glob
import os
import shutil
from pathlib import Path

from exai_specs.values import frozen

_KEPT = 3  # snapshots of a dataset beside those that something refers to


@frozen
class FeaturePaths:
    """`folder` is `.exai/<environment>/features`."""

    folder: Path

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def log(self) -> Path:
        return self.folder / "feature-store.log"

    @property
    def pushed(self) -> Path:
        """Rows that were pushed to the offline store, by dataset: each new snapshot takes them."""
        return self.folder / "pushed"

    def pushed_to(self, dataset: str) -> Path:
        return self.pushed / f"{dataset}.parquet"

    def snapshots(self, dataset: str) -> Path:
        return self.folder / "snapshots" / dataset

    def link(self, dataset: str) -> Path:
        return self.repository / "data" / f"{dataset}.parquet"


def feature_paths(state: Path) -> FeaturePaths:
    """Those of the environment whose state folder this is."""
    return FeaturePaths(state / "features")


def switch(paths: FeaturePaths, dataset: str, file: str) -> None:
    """Let the repository's link lead to this snapshot, at once."""
    link = paths.link(dataset)
    link.parent.mkdir(parents=True, exist_ok=True)
    target = os.path.relpath(paths.snapshots(dataset) / file, link.parent)
    fresh = link.with_name(f".{link.name}.{os.urandom(8).hex()}.new")
    try:
        fresh.symlink_to(target)
        fresh.replace(link)
    finally:
        fresh.unlink(missing_ok=True)


def prune(paths: FeaturePaths, dataset: str, needed: frozenset[str]) -> None:
    """Snapshots go, but for the newest few and what is `needed`; so does what a kill left."""
    folder = paths.snapshots(dataset)
    if not folder.is_dir():
        return
    files = sorted(folder.iterdir(), key=lambda file: -file.stat().st_mtime_ns)
    for file in [file for file in files if file.suffix != ".parquet"]:
        file.unlink(missing_ok=True)
    linked = paths.link(dataset)
    for left in linked.parent.glob(f".{glob.escape(linked.name)}.*.new"):
        left.unlink(missing_ok=True)
    current = os.path.realpath(linked) if linked.is_symlink() else ""
    snapshots = [file for file in files if file.suffix == ".parquet"]
    for file in snapshots[_KEPT:]:
        if file.name not in needed and os.path.realpath(file) != current:
            file.unlink(missing_ok=True)


def clear(paths: FeaturePaths) -> None:
    """All of it goes but the rows that were pushed and kept, which are nowhere else."""
    if not paths.folder.is_dir():
        return
    for entry in paths.folder.iterdir():
        if entry == paths.pushed:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    if not any(paths.folder.iterdir()):
        paths.folder.rmdir()
