"""What the control plane remembers of the online store.

In: the control plane's connection, inside a transaction of its own or of the caller's. Out: for
each view what is online, what was begun and never finished, and what was pushed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from types import MappingProxyType

from exai_compiler.facts import Materialized
from exai_specs.frozen import empty
from exai_specs.values import field, frozen

SCHEMA = """
CREATE TABLE IF NOT EXISTS materialized (
  view TEXT PRIMARY KEY, key TEXT NOT NULL, meaning TEXT NOT NULL, data TEXT NOT NULL,
  newest TEXT NOT NULL, at REAL NOT NULL, rows INTEGER NOT NULL, dataset TEXT NOT NULL,
  snapshot TEXT NOT NULL, store TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS materializing (
  view TEXT, meaning TEXT, dataset TEXT, snapshot TEXT, store TEXT,
  PRIMARY KEY (view, meaning, dataset, snapshot, store)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pushes (
  view TEXT PRIMARY KEY, rows INTEGER NOT NULL, newest TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
"""


@frozen
class Recorded:
    """What is online of a view: the file of the rows that it came from (of an older exai "" for a
    live table), and a hash of where the online store is.
    """

    fact: Materialized
    dataset: str
    snapshot: str
    store: str


@frozen
class Begun:
    """What was to be brought online of a view, and may be there in part."""

    view: str
    meaning: str
    dataset: str
    snapshot: str
    store: str


@frozen
class Pushes:
    """The rows that were pushed to a view since it was last written anew: how many, the newest
    timestamp among them (RFC 3339, UTC), and when that was last (seconds since the epoch).
    """

    rows: int
    newest: str
    at: float


@frozen
class Records:
    """All of it, by view."""

    materialized: Mapping[str, Recorded] = field(default_factory=empty)
    begun: tuple[Begun, ...] = ()
    pushes: Mapping[str, Pushes] = field(default_factory=empty)


def records_of(db: sqlite3.Connection, tables: Iterable[str]) -> Records:
    """What the file says; an older one has fewer tables."""
    there = set(tables)
    done = {
        row[0]: Recorded(Materialized(*row[:7]), *row[7:])
        for row in (
            db.execute(
                "SELECT view, key, meaning, data, newest, at, rows, dataset, snapshot, store"
                " FROM materialized ORDER BY view"
            )
            if "materialized" in there
            else ()
        )
    }
    begun = (
        db.execute(
            "SELECT view, meaning, dataset, snapshot, store FROM materializing"
            " ORDER BY view, snapshot, meaning, dataset, store"
        )
        if "materializing" in there
        else ()
    )
    pushes = (
        db.execute("SELECT view, rows, newest, at FROM pushes ORDER BY view")
        if "pushes" in there
        else ()
    )
    return Records(
        MappingProxyType(done),
        tuple(Begun(*row) for row in begun),
        MappingProxyType({row[0]: Pushes(*row[1:]) for row in pushes}),
    )


@frozen
class OnlineRecords:
    """The writer."""

    db: sqlite3.Connection

    def begin(self, begun: Begun) -> None:
        """Before the first row is written: from now on a kill leaves a trace."""
        self.db.execute(
            "INSERT OR REPLACE INTO materializing VALUES (?, ?, ?, ?, ?)", astuple(begun)
        )

    def finish(self, recorded: Recorded, *, anew: bool) -> None:
        """All of it is online; if it was written `anew`, nothing that was pushed is."""
        fact = recorded.fact
        self.db.execute("DELETE FROM materializing WHERE view = ?", (fact.view,))
        if anew:
            self.db.execute("DELETE FROM pushes WHERE view = ?", (fact.view,))
        self.db.execute(
            "INSERT OR REPLACE INTO materialized VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*astuple(fact), recorded.dataset, recorded.snapshot, recorded.store),
        )

    def push(self, view: str, rows: int, newest: str) -> None:
        """So many rows more; `newest` in UTC, so that text sorts by time."""
        self.db.execute(
            "INSERT INTO pushes VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " rows = rows + excluded.rows, newest = max(newest, excluded.newest),"
            " at = excluded.at",
            (view, rows, newest, time.time()),
        )

    def keep(self, views: Iterable[str]) -> None:
        """Forget every other view."""
        kept = tuple(views)
        marks = ", ".join("?" * len(kept))
        for table in ("materialized", "materializing", "pushes"):
            self.db.execute(
                f"DELETE FROM {table} WHERE view NOT IN ({marks})",  # noqa: S608 - only marks
                kept,
            )
