"""The control plane's writer: one SQLite file with what the target holds, which process serves it,
and a journal of applies.

An object, its process and the journal's line change in one transaction, so a kill leaves either all
or nothing. What a plan reads of it is `ledger`'s.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from exai_compiler.changes import ObjectId
from exai_compiler.facts import Verdict
from exai_runtime.git_head import Head
from exai_runtime.local.features import records
from exai_runtime.local.features.records import OnlineRecords
from exai_runtime.local.ledger import Ledger, Served, as_problems, connect, ledger_of
from exai_specs.frozen import Json, canonical
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
"""
# 2 added `applies`, `model_events` and what `records` has. Version 1 neither reads nor minds them,
# and what it writes is read here: a line without an apply's row is of an unknown commit.
_VERSION = 2


class Control:
    """The writer. Opened by an apply that holds the lock. Raises TargetError as `ledger.read` does.

    `at` is the commit that the project's folder stands at, for the journal.
    """

    def __init__(self, path: Path, at: Head | None = None) -> None:
        self._path = path
        self._at = at or Head("")
        with as_problems(path):
            self._db = connect(path, "rwc", 10.0)
            try:
                self._db.executescript(_SCHEMA + records.SCHEMA)
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
        with as_problems(self._path):
            return ledger_of(self._db)

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

    @property
    def online(self) -> OnlineRecords:
        """What is written of the online store: within `ending`, or one call by itself."""
        return OnlineRecords(self._db)

    def remove_service(self, name: str) -> None:
        self._db.execute("DELETE FROM services WHERE name = ?", (name,))
