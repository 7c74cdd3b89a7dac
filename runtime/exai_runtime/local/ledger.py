"""What the control plane holds, and how its one SQLite file is read.

In: the file's path. Out: a `Ledger`, or what a question of the caller's finds there. Opens the file
read-only and never creates it, nor anything beside it: that is why the journal mode is the rollback
one, for readers of a WAL would have to create files.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import quote

from exai_compiler.build import Live
from exai_compiler.changes import ObjectId
from exai_runtime.local.features.records import Records, records_of
from exai_runtime.local.process import Process
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json, freeze
from exai_specs.identity import Ref
from exai_specs.values import field, frozen

Answer = TypeVar("Answer")
_PATIENCE = 1.0  # seconds that a reader waits for a writer, whose transactions take milliseconds


@frozen
class Served:
    """The process behind a service. `digest` is its model's; `form` a hash of all that the process
    was started with.
    """

    name: str
    process: Process
    port: int
    socket: str
    digest: str
    form: str


@frozen
class Entry:
    """A line of the journal. `result` is `started` until the change has ended."""

    apply: int
    seq: int
    verb: str
    subject: str
    at: float
    result: str
    detail: str


@frozen
class Ledger:
    """All that the control plane holds, read in one go."""

    objects: Mapping[ObjectId, Live]
    services: Mapping[str, Served]
    journal: tuple[Entry, ...]
    online: Records = field(default_factory=Records)


_EMPTY = Ledger(MappingProxyType({}), MappingProxyType({}), ())


def read(path: Path) -> Ledger:
    """What the file says; an empty ledger when there is none. Fails as `look` does."""
    return look(path, ledger_of, _EMPTY)


def look(path: Path, question: Callable[[sqlite3.Connection], Answer], nothing: Answer) -> Answer:
    """What the file answers; `nothing` when there is no file. Writes nothing beside it.

    Raises TargetError: `damaged-state` when it can't be read, `state-locked` when it is locked.
    """
    if not path.exists():
        return nothing
    with as_problems(path):
        try:
            with contextlib.closing(connect(path, "ro", _PATIENCE)) as connection:
                return question(connection)
        except sqlite3.OperationalError as error:
            if _busy(error):
                raise
        # A killed apply left a transaction half-written, and mending it would write: it
        # is mended in a copy.
        with tempfile.TemporaryDirectory(prefix="exai-") as folder:
            for file in (path, path.with_name(path.name + "-journal")):
                if file.exists():
                    shutil.copy2(file, folder)
            with contextlib.closing(connect(Path(folder) / path.name, "rw", 0.0)) as connection:
                return question(connection)


def connect(path: Path, mode: str, patience: float) -> sqlite3.Connection:
    """The file, opened in one of SQLite's modes."""
    uri = f"file:{quote(str(path))}?mode={mode}"
    return sqlite3.connect(
        uri, uri=True, timeout=patience, isolation_level=None, check_same_thread=False
    )


@contextlib.contextmanager
def as_problems(path: Path) -> Iterator[None]:
    """What SQLite, or a body that isn't JSON, has against the file: as a TargetError."""
    try:
        yield
    except (sqlite3.Error, ValueError, TypeError) as error:
        if isinstance(error, sqlite3.Error) and _busy(error):
            problem = Diagnostic(
                "state-locked",
                f"another program has the control plane locked: {path}",
                Span("exai.yaml"),
                hint="end that program, or wait until it is done",
            )
        else:
            problem = Diagnostic(
                "damaged-state",
                f"the control plane can't be read: {path}: {error}",
                Span("exai.yaml"),
                hint="move that file away and apply: runs, models and servers are found again; "
                "or `exai destroy --purge` after that, to start afresh",
            )
        raise TargetError(problem) from None


def _busy(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def ledger_of(db: sqlite3.Connection) -> Ledger:
    """All of it, in one transaction."""
    db.execute("BEGIN")
    try:
        tables = {
            row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        if not {"objects", "services", "journal"} <= tables:
            return _EMPTY
        objects = {
            ObjectId(api, kind, name): Live(_json(body), Ref(origin_kind, origin_name), sequence)
            for api, kind, name, origin_kind, origin_name, body, sequence in db.execute(
                "SELECT api, kind, name, origin_kind, origin_name, body, sequence"
                " FROM objects ORDER BY sequence"
            )
        }
        services = {
            name: Served(name, Process(pid, started, boot), port, socket, digest, form)
            for name, pid, started, boot, port, socket, digest, form in db.execute(
                "SELECT name, pid, started, boot, port, socket, digest, form"
                " FROM services ORDER BY name"
            )
        }
        newest = db.execute(
            "SELECT apply, seq, verb, subject, at, result, detail"
            " FROM journal ORDER BY line DESC LIMIT 200"
        ).fetchall()
        return Ledger(
            MappingProxyType(objects),
            MappingProxyType(services),
            tuple(Entry(*row) for row in reversed(newest)),
            records_of(db, tables),
        )
    finally:
        db.execute("ROLLBACK")


def _json(text: str) -> Json:
    value: Any = json.loads(text)
    return freeze(value)
