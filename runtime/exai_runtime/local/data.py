"""Versions of data: what a run key is made of, so that one changed byte makes one run and a touched
file none.

In: a project's datasets and an environment. Out: a version for each, or Unknown with the reason.
Opens files to hash them; never connects to a server, never reads a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import assert_never

from exai_compiler.maybe import Known, Maybe, Unknown
from exai_compiler.project import Project
from exai_runtime.local.content import ContentCache
from exai_specs.frozen import digest
from exai_specs.identity import Ref
from exai_specs.kinds.dataset import (
    CsvSource,
    DatasetSpec,
    Fixed,
    HttpSource,
    ParquetSource,
    SqlSource,
)
from exai_specs.kinds.project import Environment, Postgresql, Sqlite

NOT_WATCHED = "not watched"


def data_versions(
    project: Project, environment: Environment, root: Path, cache: ContentCache
) -> Mapping[str, Maybe[str]]:
    """The version of each dataset, by name. `root` is where relative paths start."""
    versions = {
        spec.ref.name: _version(spec.ref, body, environment, root, cache)
        for spec, body in project.bodies(DatasetSpec)
    }
    cache.save()
    return MappingProxyType(versions)


def _version(
    ref: Ref, dataset: DatasetSpec, environment: Environment, root: Path, cache: ContentCache
) -> Maybe[str]:
    if isinstance(dataset.version, Fixed):
        return Known(f"fixed:{dataset.version.fixed}")
    if dataset.version == "none":
        return Known("none")
    match dataset.source:
        case CsvSource(path=path):
            return _content(ref, (root / path,), cache)
        case ParquetSource(path=path):
            return _content(ref, (root / path,), cache)
        case HttpSource(sha256=sha256):
            return Known(sha256)
        case SqlSource(connection=name):
            return _of_connection(ref, name, environment, root, cache)
    assert_never(dataset.source)


def _of_connection(
    ref: Ref, name: str, environment: Environment, root: Path, cache: ContentCache
) -> Maybe[str]:
    connection = environment.connections.get(name)
    match connection:
        case None:
            return Unknown(ref, f"the environment has no connection `{name}`")
        case Postgresql():
            return Known(NOT_WATCHED)
        case Sqlite(path=path):
            file = root / path
            # What was committed and not yet moved into the file stands in the log beside it.
            log = file.with_name(file.name + "-wal")
            logs = (log,) if log.exists() and log.stat().st_size else ()
            return _content(ref, (file, *logs), cache)
    assert_never(connection)


def _content(ref: Ref, files: tuple[Path, ...], cache: ContentCache) -> Maybe[str]:
    try:
        digests = tuple(cache.digest(file) for file in files)
    except FileNotFoundError as error:
        return Unknown(ref, f"{error.filename} isn't there")
    except OSError as error:
        return Unknown(ref, f"{error.filename} can't be read: {error.strerror}")
    return Known(digests[0] if len(digests) == 1 else digest(digests))
