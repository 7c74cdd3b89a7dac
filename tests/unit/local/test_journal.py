"""The journal's history of a model: from this exai's files, and from those of the one before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from exai_compiler.facts import GateResult, Verdict
from exai_runtime.git_head import Head
from exai_runtime.local import journal, ledger
from exai_runtime.local.control import Control
from exai_runtime.run_results import Judged, Moved

COMMIT = Head("a" * 40, "main")
VERDICT = Verdict("m", 3, "g", False, (GateResult("accuracy", "min", False, 0.8, 0.9),))
# The tables of version 1, as it made them.
OLD = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE objects (
  api TEXT, kind TEXT, name TEXT, origin_kind TEXT NOT NULL, origin_name TEXT NOT NULL,
  body TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (api, kind, name)) WITHOUT ROWID;
CREATE TABLE services (
  name TEXT PRIMARY KEY, pid INTEGER NOT NULL, started INTEGER NOT NULL, boot TEXT NOT NULL,
  port INTEGER NOT NULL, socket TEXT NOT NULL, digest TEXT NOT NULL, form TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE journal (
  line INTEGER PRIMARY KEY, apply INTEGER NOT NULL, seq INTEGER NOT NULL, verb TEXT NOT NULL,
  subject TEXT NOT NULL, at REAL NOT NULL, result TEXT NOT NULL, detail TEXT NOT NULL);
PRAGMA user_version = 1;
"""
INSERT = (
    "INSERT INTO journal (apply, seq, verb, subject, at, result, detail)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def old_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(OLD)
        for number, (verb, subject, result, detail) in enumerate(
            [
                ("judge", "Model/m", "succeeded", "version 1 passed its gates"),
                ("move", "Model/m@champion", "moved", "to version 1"),
                ("move", "Model/m@champion", "failed", "to version 2"),
                ("move", "Model/mm@champion", "moved", "to version 9"),
                ("move", "Model/m@champion", "moved", "to version 2"),
            ]
        ):
            database.execute(INSERT, (1, number, verb, subject, 100.0 + number, result, detail))


def write(path: Path, at: Head | None) -> None:
    writer = Control(path, at)
    line = writer.begin("judge", "Model/m")
    with writer.ending(line, "succeeded", "version 3 missed accuracy") as store:
        store.store_verdict(line, VERDICT)
    line = writer.begin("move", "Model/m@champion")
    with writer.ending(line, "moved", "to version 3") as store:
        store.store_move(line, "m", "champion", 7, 3)
    writer.close()


def test_verdicts_and_moves_with_their_commit(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    assert journal.events(path, "m") == ()
    write(path, COMMIT)
    judged, moved = journal.events(path, "m")
    assert isinstance(judged, Judged)
    assert judged.verdict == VERDICT
    assert (judged.version, judged.apply.commit, judged.apply.branch) == (3, "a" * 40, "main")
    assert isinstance(moved, Moved)
    assert (moved.alias, moved.was, moved.to) == ("champion", 7, 3)
    assert moved.apply.at <= judged.at <= moved.at
    assert journal.events(path, "other") == ()


def test_more_than_a_ledger_reads(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    write(path, None)
    writer = Control(path)
    for _ in range(250):
        with writer.ending(writer.begin("create", "Pipeline/p"), "created"):
            pass
    writer.close()
    assert len(ledger.read(path).journal) == 200
    assert len(journal.events(path, "m")) == 2


def test_a_file_of_version_1_is_read_and_goes_on_working(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    old_file(path)
    before = path.read_bytes()
    judged, first, second = journal.events(path, "m")
    assert path.read_bytes() == before
    assert isinstance(judged, Judged)
    assert (judged.version, judged.verdict, judged.apply.commit) == (1, None, "")
    assert isinstance(first, Moved)
    assert isinstance(second, Moved)
    assert [(one.was, one.to) for one in (first, second)] == [(None, 1), (1, 2)]
    write(path, COMMIT)
    assert len(journal.events(path, "m")) == 5
    assert journal.events(path, "m")[-1].apply.commit == "a" * 40
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (2,)


def test_version_1_works_on_a_file_of_version_2(tmp_path: Path) -> None:
    """What that exai does to a file: make what lacks, set its version, read, add lines."""
    path = tmp_path / "control.db"
    write(path, COMMIT)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(OLD.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
        (last,) = database.execute("SELECT coalesce(max(apply), 0) FROM journal").fetchone()
        database.execute(
            INSERT, (last + 1, 1, "move", "Model/m@champion", 1.0, "moved", "to version 4")
        )
        database.execute("INSERT OR REPLACE INTO services VALUES ('s', 1, 2, 'b', 3, '', '', '')")
        database.execute("INSERT INTO objects VALUES ('a', 'K', 'n', 'K', 'n', '{}', 1)")
    *_, moved = journal.events(path, "m")
    assert isinstance(moved, Moved)
    assert (moved.to, moved.apply.commit) == (4, "")
    assert len(ledger.read(path).objects) == 1
    write(path, COMMIT)
    assert journal.events(path, "m")[-1].apply.number == 3
