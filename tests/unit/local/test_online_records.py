"""What the control plane remembers of the online store: begun, finished, pushed, forgotten."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from exai_compiler.facts import Materialized
from exai_runtime.local.control import Control
from exai_runtime.local.features.records import Begun, Recorded, Records
from exai_runtime.local.features.redis_marks import marked_views
from exai_runtime.local.ledger import read


def fact(view: str, meaning: str = "m") -> Materialized:
    return Materialized(view, "k", meaning, "d", "2026-01-01T00:00:00+00:00", 1.0, 3)


def begun(view: str, snapshot: str) -> Begun:
    return Begun(view, "m", "table", snapshot, "s")


def remembered(path: Path) -> Records:
    return read(path).online


def test_what_was_begun_stays_until_something_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    writer = Control(path)
    for one in (begun("a", "1"), begun("a", "1"), begun("a", "2"), begun("b", "1")):
        writer.online.begin(one)
        assert one in remembered(path).begun  # a kill now would leave it
    assert remembered(path).begun == (begun("a", "1"), begun("a", "2"), begun("b", "1"))
    done = Recorded(fact("a"), "table", "3", "s")
    with writer.ending(writer.begin("materialize", "FeatureView/a"), "succeeded") as store:
        store.online.finish(done, anew=False)
        assert remembered(path).begun[0].view == "a"  # not before the journal's line is written
    writer.close()
    assert remembered(path).begun == (begun("b", "1"),)
    assert dict(remembered(path).materialized) == {"a": done}


def test_pushes_add_up_until_the_view_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    writer = Control(path)
    writer.online.push("a", 2, "2026-01-03T00:00:00+00:00")
    writer.online.push("a", 1, "2026-01-02T00:00:00+00:00")
    writer.online.push("b", 5, "2026-01-02T00:00:00+00:00")
    writer.online.finish(Recorded(fact("a"), "table", "1", "s"), anew=False)
    found = remembered(path).pushes
    assert (found["a"].rows, found["a"].newest) == (3, "2026-01-03T00:00:00+00:00")
    writer.online.finish(Recorded(fact("a", "other"), "table", "1", "s"), anew=True)
    assert list(remembered(path).pushes) == ["b"]
    writer.close()


def test_a_view_that_is_gone_is_forgotten_whole(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    writer = Control(path)
    for view in ("a", "b"):
        writer.online.finish(Recorded(fact(view), "table", "1", "s"), anew=False)
        writer.online.begin(begun(view, "2"))
        writer.online.push(view, 1, "2026-01-02T00:00:00+00:00")
    writer.online.keep(("b",))
    found = remembered(path)
    assert (list(found.materialized), found.begun, list(found.pushes)) == (
        *(["b"], (begun("b", "2"),), ["b"]),
    )
    writer.online.keep(())
    writer.close()
    assert remembered(path) == Records()


def test_a_file_of_an_older_exai_has_fewer_tables(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    writer = Control(path)
    writer.online.finish(Recorded(fact("a"), "table", "", "s"), anew=False)
    writer.close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DROP TABLE materializing")
        database.execute("DROP TABLE pushes")
    found = remembered(path)
    assert (list(found.materialized), found.begun, dict(found.pushes)) == (["a"], (), {})


@pytest.mark.parametrize(
    ("online", "said"),
    [
        ({"type": "sqlite", "path": "../online.db"}, None),
        ({"type": "redis", "connection_string": "127.0.0.1:1,db=2"}, "it doesn't answer"),
        ({"type": "redis", "connection_string": "${EXAI_FEATURES_X}"}, "it doesn't answer"),
        (
            {"type": "redis", "connection_string": "127.0.0.1:1,no_such_option=2"},
            "its connection_string isn't host:port with options",
        ),
        (
            {"type": "redis", "connection_string": "127.0.0.1:port"},
            "its connection_string isn't host:port with options",
        ),
    ],
)
def test_a_store_that_cant_be_asked(online: dict[str, str], said: str | None) -> None:
    """Port 1 of this machine has nobody; a password is never part of what is said."""
    body = {"spec": {"store": {"project": "clinic", "online_store": online}}}
    assert marked_views(body, {"EXAI_FEATURES_X": "127.0.0.1:1,password=pw-4711"}) == said
