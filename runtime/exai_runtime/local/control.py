"""The control plane: one SQLite file with what the target holds, which process serves it, and a
journal of applies.

A `Ledger` is what a plan reads; it opens the file read-only and never creates it. A `Control` is
what an apply writes with: an object, its process and the journal's line change in one transaction,
so a kill leaves either all or nothing. The journal mode is the rollback one: readers of a WAL would
have to create files beside it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import quote

from exai_compiler.build import Live
from exai_compiler.changes import ObjectId
from exai_compiler.facts import Materialized, Verdict
from exai_runtime.git_head import Head
from exai_runtime.local.process import Process
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json, canonical, empty, freeze
from exai_specs.identity import Ref

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
  api TEXT, kind TEXT, name TEXT, origin_kind TEXT NOT NULL, origin_name TEXT NOT NULL,
  body TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (api, kind, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS services (
  name TEXT PRIMARY KEY, pid INTEGER NOT NULL, started INTEGER NOT NULL, boot TEXT NOT NULL,
  port INTEGER NOT NULL, socket TEXT NOT NULL, digest TEXT NOT NULL, form TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
  line INTEGER PRIMARY KEY, apply INTEGER NOT NULL, seq INTEGER NOT NULL, verb TEXT NOT NULL,
  subject TEXT NOT NULL, at REAL NOT NULL, result TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS applies (
  apply INTEGER PRIMARY KEY, at REAL NOT NULL, git_commit TEXT NOT NULL, branch TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS model_events (
  line INTEGER PRIMARY KEY, model TEXT NOT NULL, version INTEGER NOT NULL, alias TEXT NOT NULL,
  was INTEGER, verdict TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS materialized (
  view TEXT PRIMARY KEY, key TEXT NOT NULL, meaning TEXT NOT NULL, data TEXT NOT NULL,
  newest TEXT NOT NULL, at REAL NOT NULL, rows INTEGER NOT NULL, dataset TEXT NOT NULL,
  snapshot TEXT NOT NULL, store TEXT NOT NULL) WITHOUT ROWID;
"""
# 2 added `applies`, `model_events` and `materialized`. Version 1 neither reads nor minds them, and
# what it writes is read here: a line without an apply's row is of an unknown commit.
_VERSION = 2
Answer = TypeVar("Answer")
_PATIENCE = 1.0  # seconds that a reader waits for a writer, whose transactions take milliseconds


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the journal. `result` is `started` until the change has ended."""

    apply: int
    seq: int
    verb: str
    subject: str
    at: float
    result: str
    detail: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is online of a view: the file of the dataset's snapshot that it came from ("" for a live
    table), and a hash of where the online store is.
    """

    fact: Materialized
    dataset: str
    snapshot: str
    store: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that the control plane holds, read in one go."""

    objects: Mapping[ObjectId, Live]
    services: Mapping[str, Served]
    journal: tuple[Entry, ...]
    materialized: Mapping[str, Recorded] = field(default_factory=empty)


def read(path: Path) -> Ledger:
    """What the file says; an empty ledger when there is none. Fails as `look` does."""
    return look(path, _ledger, _EMPTY)


def look(path: Path, question: Callable[[sqlite3.Connection], Answer], nothing: Answer) -> Answer:
    """What the file answers; `nothing` when there is no file. Writes nothing beside it.

    Raises TargetError: `damaged-state` when it can't be read, `state-locked` when it is locked.
    """
    if not path.exists():
        return nothing
    with _readable(path):
        try:
            with contextlib.closing(_open(path, "ro", _PATIENCE)) as connection:
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
            with contextlib.closing(_open(Path(folder) / path.name, "rw", 0.0)) as connection:
                return question(connection)


class Control:
    """The writer. Opened by an apply that holds the lock. Raises TargetError as `read` does.

    `at` is the commit that the project's folder stands at, for the journal.
    """

    def __init__(self, path: Path, at: Head | None = None) -> None:
        self._path = path
        self._at = at or Head("")
        with _readable(path):
            self._db = _open(path, "rwc", 10.0)
            try:
                self._db.executescript(_SCHEMA)
                self._db.execute(f"PRAGMA user_version = {_VERSION}")
                last = self._db.execute("SELECT coalesce(max(apply), 0) FROM journal").fetchone()
            except BaseException:
                self._db.close()
                raise
        self._apply = int(last[0]) + 1
        self._seq = 0

    def close(self) -> None:
        self._db.close()

    def ledger(self) -> Ledger:
        with _readable(self._path):
            return _ledger(self._db)

    def begin(self, verb: str, subject: str) -> int:
        """A journal line that says `started`; its number."""
        self._seq += 1
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            if self._seq == 1:
                self._db.execute(
                    "INSERT OR REPLACE INTO applies VALUES (?, ?, ?, ?)",
                    (self._apply, time.time(), self._at.commit, self._at.branch),
                )
            cursor = self._db.execute(
                "INSERT INTO journal (apply, seq, verb, subject, at, result, detail)"
                " VALUES (?, ?, ?, ?, ?, 'started', '')",
                (self._apply, self._seq, verb, subject, time.time()),
            )
        return int(cursor.lastrowid or 0)

    @contextlib.contextmanager
    def ending(self, line: int, result: str, detail: str = "") -> Iterator[Control]:
        """One transaction around the line's end and whatever is stored inside the block."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield self
            self._db.execute(
                "UPDATE journal SET result = ?, detail = ? WHERE line = ?", (result, detail, line)
            )

    def store(self, which: ObjectId, origin: Ref, body: Json) -> None:
        """Create or replace an object; its sequence stays."""
        self._db.execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?,"
            " (SELECT coalesce(max(sequence), 0) + 1 FROM objects))"
            " ON CONFLICT DO UPDATE SET origin_kind = excluded.origin_kind,"
            " origin_name = excluded.origin_name, body = excluded.body",
            (which.api, which.kind, which.name, origin.kind, origin.name, canonical(body).decode()),
        )

    def remove(self, which: ObjectId) -> None:
        self._db.execute(
            "DELETE FROM objects WHERE api = ? AND kind = ? AND name = ?",
            (which.api, which.kind, which.name),
        )

    def store_verdict(self, line: int, verdict: Verdict) -> None:
        """What a line of the journal found about a version of a model."""
        self._db.execute(
            "INSERT OR REPLACE INTO model_events VALUES (?, ?, ?, '', NULL, ?)",
            (line, verdict.model, verdict.version, json.dumps(asdict(verdict), sort_keys=True)),
        )

    def store_move(self, line: int, model: str, alias: str, was: int | None, to: int) -> None:
        """Where a line of the journal moved an alias from (None: it wasn't there), and to."""
        self._db.execute(
            "INSERT OR REPLACE INTO model_events VALUES (?, ?, ?, ?, ?, '')",
            (line, model, to, alias, was),
        )

    def store_service(self, served: Served) -> None:
        process = served.process
        self._db.execute(
            "INSERT OR REPLACE INTO services VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                served.name,
                process.pid,
                process.started,
                process.boot,
                served.port,
                served.socket,
                served.digest,
                served.form,
            ),
        )

    def store_materialized(self, recorded: Recorded) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO materialized VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*astuple(recorded.fact), recorded.dataset, recorded.snapshot, recorded.store),
        )

    def keep_materialized(self, views: Iterable[str]) -> None:
        """Forget what is online of every other view."""
        kept = tuple(views)
        marks = ", ".join("?" * len(kept))
        self._db.execute(
            f"DELETE FROM materialized WHERE view NOT IN ({marks})",  # noqa: S608 - only marks
            kept,
        )

    def remove_service(self, name: str) -> None:
        self._db.execute("DELETE FROM services WHERE name = ?", (name,))


_EMPTY = Ledger(MappingProxyType({}), MappingProxyType({}), ())


def _open(path: Path, mode: str, patience: float) -> sqlite3.Connection:
    uri = f"file:{quote(str(path))}?mode={mode}"
    return sqlite3.connect(
        uri, uri=True, timeout=patience, isolation_level=None, check_same_thread=False
    )


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
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


def _ledger(db: sqlite3.Connection) -> Ledger:
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
            MappingProxyType(_materialized(db) if "materialized" in tables else {}),
        )
    finally:
        db.execute("ROLLBACK")


def _materialized(db: sqlite3.Connection) -> dict[str, Recorded]:
    rows = db.execute(
        "SELECT view, key, meaning, data, newest, at, rows, dataset, snapshot, store"
        " FROM materialized ORDER BY view"
    )
    return {row[0]: Recorded(Materialized(*row[:7]), *row[7:]) for row in rows}


def _json(text: str) -> Json:
    value: Any = json.loads(text)
    return freeze(value)
