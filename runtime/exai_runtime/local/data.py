"""Versions of data: what a run key is made of, so that one changed byte makes one run and a touched
file none.

In: a project's datasets, an environment, someone who answers questions about data. Out: a version
for each, or Unknown with the reason. Opens files to hash them; what takes a server or a look at
rows is asked for in one go, and only when a dataset's `version` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import assert_never

from exai_compiler.inlined import READER, fields_of
from exai_compiler.maybe import Known, Maybe, Unknown
from exai_compiler.project import Project
from exai_runtime.local.answers import Answers
from exai_runtime.local.content import ContentCache
from exai_runtime.local.questions import Failure, Question
from exai_specs.diagnostics import Diagnostic
from exai_specs.frozen import digest
from exai_specs.identity import Ref
from exai_specs.kinds.connections import Postgresql, Sqlite
from exai_specs.kinds.dataset import DatasetSpec, Fixed, Query
from exai_specs.kinds.environment import Environment
from exai_specs.kinds.sources import CsvSource, HttpSource, JsonSource, ParquetSource, SqlSource
from exai_specs.parse import Spec
from exai_specs.values import frozen

NOT_WATCHED = "not watched"


@frozen
class DataVersions:
    """`failures` says, by dataset, why its data couldn't be looked at; a file that isn't there is
    no failure, only Unknown.
    """

    versions: Mapping[str, Maybe[str]]
    failures: Mapping[str, Diagnostic]


def data_versions(
    project: Project, environment: Environment, root: Path, cache: ContentCache, answers: Answers
) -> DataVersions:
    """The version of each dataset, by name. `root` is where relative paths start."""
    versions: dict[str, Maybe[str]] = {}
    questions: dict[str, tuple[Question, str]] = {}
    specs: dict[str, Spec] = {}
    for spec, body in project.bodies(DatasetSpec):
        name = spec.ref.name
        found = _version(spec.ref, body, environment, root, cache)
        if isinstance(found, Question):
            # What a file says stays true as long as the file is the same.
            content = _source_content(spec.ref, body, environment, root, cache)
            kept = content.value if isinstance(content, Known) else ""
            questions[name] = (found, "" if kept == NOT_WATCHED else kept)
            specs[name] = spec
        else:
            versions[name] = found
    failures: dict[str, Diagnostic] = {}
    for name, answer in answers.of(questions).items():
        if isinstance(answer, Failure):
            failures[name] = _diagnostic(specs[name], answer)
            first = answer.message.splitlines()[0]
            versions[name] = Unknown(specs[name].ref, first.rstrip(":"))
        else:
            versions[name] = Known(str(answer.value))
    cache.save()
    return DataVersions(MappingProxyType(versions), MappingProxyType(failures))


def data_files(path: Path) -> tuple[Path, ...]:
    """The files of a source: itself, or those of a folder whose names don't begin with `_` or `.`.

    Raises OSError when it can't be read, FileNotFoundError when nothing is there.
    """
    if not path.is_dir():
        return (path,)
    inside = (item for item in path.iterdir() if not item.name.startswith(("_", ".")))
    return tuple(sorted((item for item in inside if item.is_file()), key=lambda item: item.name))


def content_digest(path: Path, cache: ContentCache) -> str:
    """SHA-256 of a file; of a folder over the names and digests of its files. Raises OSError."""
    if not path.is_dir():
        return cache.digest(path)
    return digest(tuple((file.name, cache.digest(file)) for file in data_files(path)))


def _version(
    ref: Ref, dataset: DatasetSpec, environment: Environment, root: Path, cache: ContentCache
) -> Maybe[str] | Question:
    match dataset.version:
        case Fixed(fixed=text):
            return Known(f"fixed:{text}")
        case "none":
            return Known("none")
        case Query(query=text):
            return _question(ref, dataset, environment, text)
        case "snapshot":
            return _question(ref, dataset, environment)
        case None | "content":
            return _source_content(ref, dataset, environment, root, cache)
    assert_never(dataset.version)


def _question(
    ref: Ref, dataset: DatasetSpec, environment: Environment, query: str = ""
) -> Question | Unknown:
    """What a query tells; without one, a digest of the rows."""
    source = dataset.source
    connection = source.connection if isinstance(source, SqlSource) else ""
    if connection and connection not in environment.connections:
        return Unknown(ref, f"the environment has no connection `{connection}`")
    struct = fields_of(ref.name, dataset, READER)
    if query:
        return Question(ref.name, "query", struct, connection, MappingProxyType({"query": query}))
    return Question(ref.name, "snapshot", struct, connection)


def _source_content(
    ref: Ref, dataset: DatasetSpec, environment: Environment, root: Path, cache: ContentCache
) -> Maybe[str]:
    match dataset.source:
        case CsvSource(path=path) | JsonSource(path=path) | ParquetSource(path=path):
            if "://" in path:  # steps bring it; looking at a store takes more than a plan may
                return Known(NOT_WATCHED)
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


def _content(ref: Ref, places: tuple[Path, ...], cache: ContentCache) -> Maybe[str]:
    try:
        digests = tuple(content_digest(place, cache) for place in places)
    except FileNotFoundError as error:
        return Unknown(ref, f"{error.filename} isn't there")
    except OSError as error:
        return Unknown(ref, f"{error.filename} can't be read: {error.strerror}")
    return Known(digests[0] if len(digests) == 1 else digest(digests))


def _diagnostic(spec: Spec, failure: Failure) -> Diagnostic:
    """At the version where one is asked for that the data can't give, else at the source."""
    place = "version" if failure.code == "data-version-failed" else "source"
    message = f"{spec.ref}: {failure.message}"
    return Diagnostic(failure.code, message, spec.at("spec", place), hint=failure.hint)
