"""`path-leaves-project`, `data-not-reachable`: where the files of Datasets and connections are
(LANGUAGE section 5).

Paths are judged as text: nothing is looked at on any disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import normpath

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import (
    CsvSource,
    DatasetSpec,
    Environment,
    JsonSource,
    ParquetSource,
    Sqlite,
)
from exai_specs.parse import Spec
from exai_specs.regexes import regex
from exai_specs.values import replace

_FILES = {CsvSource: "csv", JsonSource: "json", ParquetSource: "parquet"}
# What steps bring files from (exai_components.object_store).
STORES = ("gs", "s3")
# Not `C://`, which is a drive.
_URI = regex(r"[A-Za-z][A-Za-z0-9+.-]+://")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(DatasetSpec):
        if not isinstance(body.source, CsvSource | JsonSource | ParquetSource):
            continue
        kind = _FILES[type(body.source)]
        path, place = body.source.path, ("spec", "source", kind, "path")
        if _climbs(path) and not _URI.match(path):
            yield _leaves(path, spec.at(*place))
        elif "://" in path:
            yield from _of_a_store(path, kind, spec.at(*place))
        else:
            yield from _reachable(subject, path, spec, place)
    for name, environment in subject.environments.items():
        yield from _store(subject, name, environment)
        yield from _root(subject, name, environment)
        for key, connection in environment.connections.items():
            if not isinstance(connection, Sqlite):
                continue
            where = ("spec", "environments", name, "connections", key, "sqlite", "path")
            if connection.path.startswith("/"):
                continue
            if _climbs(connection.path):
                found = _leaves(connection.path, subject.project.root.at(*where))
                yield replace(found, environments=(name,))
            elif environment.target != "local" and (
                environment.data is None or "://" in environment.data.root
            ):
                yield Diagnostic(
                    "data-not-reachable",
                    f"steps in `{name}` share no folder, so they can't open a SQLite file",
                    subject.project.root.at(*where),
                    "warning",
                    "write a database server: postgresql: {host: ..., database: ...}; or an "
                    "absolute path of a volume that all pods mount",
                    environments=(name,),
                )


def _store(subject: Subject, name: str, environment: Environment) -> Iterator[Diagnostic]:
    """A folder as the place of models, where steps and servers are pods."""
    store = environment.models.store if environment.models is not None else ""
    if environment.target != "local" and store and "://" not in store:
        yield Diagnostic(
            "data-not-reachable",
            f"steps and servers in `{name}` share no folder, so models can't be kept in one",
            subject.project.root.at("spec", "environments", name, "models", "store"),
            hint="write a URI that KServe reads, such as s3://BUCKET/models",
            environments=(name,),
        )


def _root(subject: Subject, name: str, environment: Environment) -> Iterator[Diagnostic]:
    """A data root that no step reads, where something is below it; a local one is a folder, one of
    a cluster never relative."""
    root = environment.data.root if environment.data is not None else ""
    at = subject.project.root.at("spec", "environments", name, "data", "root")
    if environment.target == "local" and "://" in root:
        yield Diagnostic(
            "data-not-reachable",
            f"the data root of `{name}` is no folder of this machine",
            at,
            hint="write a folder; the path of a Dataset may itself be an s3:// or gs:// URI",
            environments=(name,),
        )
        return
    if environment.target != "local" and root and "://" not in root and root[0] != "/":
        yield Diagnostic(
            "data-not-reachable",
            f"pods in `{name}` have no project folder that a data root could be relative to",
            at,
            hint="write an s3:// or gs:// URI, or the absolute path of a volume that all pods "
            "mount",
            environments=(name,),
        )
        return
    scheme, _, where = root.partition("://") if "://" in root else ("file", "", root)
    if scheme in STORES and not where.partition("/")[0]:
        yield replace(_nowhere(f"the data root of `{name}`", scheme, at), environments=(name,))
    sources = (body.source for _, body in subject.project.bodies(DatasetSpec))
    if scheme not in (*STORES, "file") and any(
        isinstance(source, CsvSource | JsonSource | ParquetSource) and "://" not in source.path
        for source in sources
    ):
        found = _unread(f"the data root of `{name}`", scheme, at)
        yield replace(found, environments=(name,))


def _of_a_store(path: str, kind: str, at: Span) -> Iterator[Diagnostic]:
    """A URI that names no file which a step could bring. A folder of Parquet files may be a whole
    bucket."""
    scheme, _, where = path.partition("://")
    bucket, _, key = where.partition("/")
    if scheme not in STORES:
        yield _unread(f"`{path}`", scheme, at)
    elif not bucket:
        yield _nowhere(f"`{path}`", scheme, at)
    elif key.strip("/") and _leaves_its_bucket(key):
        yield Diagnostic(
            "path-leaves-project",
            f"`{path}` leads out of the bucket {bucket}",
            at,
            hint=f"write the file's own key: {scheme}://{bucket}/FOLDER/FILE.{kind}",
        )
    elif kind != "parquet" and normpath(key.strip("/")) == ".":
        yield Diagnostic(
            "data-not-reachable",
            f"`{path}` is a bucket, and names no file in it",
            at,
            hint=f"write the file's key behind it: {scheme}://{bucket}/FOLDER/FILE.{kind}",
        )


def _nowhere(what: str, scheme: str, at: Span) -> Diagnostic:
    return Diagnostic(
        "data-not-reachable", f"{what} names no bucket", at, hint=f"write {scheme}://BUCKET/FOLDER"
    )


def _unread(what: str, scheme: str, at: Span) -> Diagnostic:
    hint = "write an s3:// or gs:// URI"
    if scheme in ("http", "https"):
        hint += ", or {http: {url: ..., sha256: ...}} for a file behind an address"
    return Diagnostic(
        "data-not-reachable", f"no step reads {what}: there is no way to {scheme}://", at, hint=hint
    )


def _climbs(path: str) -> bool:
    """Whether a path is absolute, or climbs above its root.

    A connection's may be absolute: it is one environment's.
    """
    plain = path.replace("\\", "/")
    drive = plain[1:3] == ":/"
    return plain.startswith(("/", "~")) or drive or normpath(plain).split("/")[0] == ".."


def _leaves_its_bucket(key: str) -> bool:
    """As those who bring the file have it: in a key, `~`, a colon and a backslash are letters."""
    return key.startswith("/") or normpath(key).split("/")[0] == ".."


def _leaves(path: str, at: Span) -> Diagnostic:
    return Diagnostic(
        "path-leaves-project",
        f"`{path}` leads out of the data root",
        at,
        hint="write a path below it: locally it is the folder of exai.yaml",
    )


def _reachable(subject: Subject, path: str, spec: Spec, at: Path) -> Iterator[Diagnostic]:
    for name, environment in subject.environments.items():
        if environment.target == "local" or environment.data is not None:
            continue
        place = subject.project.root.key_at("spec", "environments", name)
        yield Diagnostic(
            "data-not-reachable",
            f"steps in `{name}` can't see `{path}`: there is no data root there",
            spec.at(*at),
            hint="set `data: {root: ...}` there, or write a full URI",
            related=((f"environment `{name}`", place),),
            environments=(name,),
        )
