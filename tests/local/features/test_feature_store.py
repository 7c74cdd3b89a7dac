"""Bringing values online, looking them up and pushing rows, over the SQLite online store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from features import made

from exai_components.feature_store.actions import answer
from exai_components.feature_store.repository import open_store
from exai_components.serve.definitions import Registry

pytestmark = pytest.mark.slow


class Store:
    """An applied repository, and what was brought online of it last."""

    def __init__(self, folder: Path) -> None:
        self.folder = made.repository(folder)
        self.before: dict[str, str] = {}
        self.count = 0
        assert self.ask("apply")["views"] == ["blood", "body"]

    def ask(self, action: str, **request: Any) -> dict[str, Any]:
        found = answer({"action": action, "repository": str(self.folder), **request})
        assert "result" in found, found
        return dict(found["result"])

    def refused(self, action: str, **request: Any) -> dict[str, Any]:
        return dict(answer({"action": action, "repository": str(self.folder), **request})["error"])

    def begin(self, view: str, rows: Sequence[made.Row]) -> str:
        """Bring rows online as one who is killed before it is recorded. The file of the rows."""
        self.count += 1
        file = str(made.put(self.folder, view, rows, str(self.count)))
        self.ask("materialize", view=view, before=self.before.get(view))
        return file

    def bring(self, view: str, rows: Sequence[made.Row], **more: Any) -> dict[str, Any]:
        self.count += 1
        file = made.put(self.folder, view, rows, str(self.count))
        found = self.ask("materialize", view=view, before=self.before.get(view), **more)
        self.before[view] = str(file)
        return found

    def bmi(self, *patients: int) -> list[Any]:
        """(value, status) of each patient's bmi."""
        found = self.ask("get", name="body", entities=[{"patient_id": p} for p in patients])
        values = [row["features"]["bmi"] for row in found["rows"]]
        return [(value["value"], value["status"]) for value in values]

    def push(self, rows: Any, name: str = "rows.json", **more: Any) -> dict[str, Any]:
        return self.ask("push", view="body", file=self.file(rows, name), kinds=made.BODY, **more)

    def file(self, rows: Any, name: str = "rows.json") -> str:
        file = self.folder.parent / name
        file.write_text(rows if isinstance(rows, str) else json.dumps(rows, default=str))
        return str(file)

    def rows_online(self) -> int:
        with sqlite3.connect(self.folder.parent / "online.db") as database:
            return int(
                database.execute(
                    "SELECT count(DISTINCT entity_key) FROM clinic_body WHERE value <> x''"
                ).fetchone()[0]
            )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_the_newest_values_up_to_the_newest_time(store: Store) -> None:
    found = store.bring(
        "body", [made.body(1, 0, 20.0), made.body(1, 5, 21.0), made.body(2, 3, None)]
    )
    assert found == {
        "rows": 2,
        "written": 2,
        "older": 0,
        "newest": "2026-01-01T05:00:00+00:00",
        "lost": False,
    }
    assert store.bmi(1, 2, 3) == [(21.0, "present"), (None, "null"), (None, "not found")]


def test_only_what_is_new_is_written_late_rows_too(store: Store) -> None:
    rows = [made.body(patient, 10, float(patient)) for patient in range(1, 6)]
    assert store.bring("body", rows)["written"] == 5
    assert store.bring("body", rows)["written"] == 0
    late = [*rows, made.body(9, -50, 9.0), made.body(1, -1, 99.0), made.body(2, 11, 22.0)]
    found = store.bring("body", late)
    assert (found["rows"], found["written"]) == (6, 3)
    assert store.bmi(1, 2, 3, 9) == [
        *((1.0, "present"), (22.0, "present"), (3.0, "present"), (9.0, "present"))
    ]


def test_a_corrected_row_and_one_that_is_gone(store: Store) -> None:
    store.bring("body", [made.body(1, 0, 1.0), made.body(1, 5, 2.0), made.body(2, 5, 3.0)])
    store.bring("body", [made.body(1, 0, 1.0), made.body(1, 5, 2.5), made.body(2, 5, 3.0)])
    assert store.bmi(1) == [(2.5, "present")]
    store.bring("body", [made.body(1, 0, 1.0)])
    assert store.bmi(1, 2) == [(1.0, "present"), (None, "null")]
    assert store.bring("body", [])["newest"] == ""
    assert store.bmi(1, 2) == [(None, "null"), (None, "null")]


def test_days_are_times(store: Store) -> None:
    """A timestamp of type `date` is midnight, UTC, whoever brings it."""
    import pyarrow as pa

    def bring(*rows: made.Row) -> int:
        file = made.put(store.folder, "body", rows, f"day-{len(rows)}")
        table = pq.read_table(file)
        at = table.schema.get_field_index("seen_at")
        pq.write_table(table.set_column(at, "seen_at", table.column(at).cast(pa.date32())), file)
        before, store.before["body"] = store.before.get("body"), str(file)
        return int(store.ask("materialize", view="body", before=before)["written"])

    assert bring(made.body(1, 0, 20.0)) == 1
    assert bring(made.body(1, 0, 20.0), made.body(1, 24, 21.0)) == 1
    assert bring(made.body(1, 0, 20.0), made.body(1, 24, 21.0)) == 0
    assert store.bmi(1) == [(21.0, "present")]

    def pushed(day: str, bmi: float) -> dict[str, Any]:
        file = store.file([{**made.body(1, 0, bmi), "seen_at": day}])
        kinds = {**made.BODY, "seen_at": "date"}
        kept = str(store.folder.parent / "pushed.parquet")
        more = {"data": store.before["body"], "offline": kept}
        return answer(
            {"action": "push", "repository": str(store.folder), "view": "body", "file": file}
            | {"kinds": kinds, **more}
        )

    assert pushed("2026-01-02", 22.0)["error"]["code"] == "pushed-conflict"
    assert pushed("2026-01-02", 21.0)["result"]["newest"] == "2026-01-02T00:00:00+00:00"
    assert pushed("2026-01-03", 23.0)["result"]["written"] == 1
    assert pushed("2026-01-03", 24.0)["result"]["written"] == 1
    assert store.bmi(1) == [(24.0, "present")]


def test_a_view_that_means_something_else_is_written_anew(store: Store) -> None:
    rows = [made.body(1, 0, 1.0), made.body(2, 0, 2.0)]
    store.bring("body", rows)
    store.push([dict(made.body(1, 50, 50.0))])
    assert store.bring("body", rows, changed=True)["written"] == 2
    assert store.bmi(1, 2) == [(1.0, "present"), (2.0, "present")]


def test_repeating_what_was_killed_writes_the_same(store: Store) -> None:
    rows = [made.body(patient, 1, 1.0) for patient in range(1, 4)]
    store.bring("body", rows)
    more = [*rows, *(made.body(patient, 2, 2.0) for patient in range(2, 8))]
    made.put(store.folder, "body", more, "killed")
    request = {"view": "body", "before": store.before["body"]}
    first = store.ask("materialize", **request)  # and nobody records it
    assert store.ask("materialize", **request) == first
    assert store.rows_online() == 7


def test_what_only_an_interrupted_run_had_goes_when_other_data_comes(store: Store) -> None:
    """A is online, B was begun and killed, C comes: nothing of B stays, and all of C is there."""
    first = [made.body(1, 5, 1.0), made.body(2, 5, 2.0), made.body(3, 5, 3.0)]
    store.bring("body", first)
    begun = store.begin(
        "body",
        [made.body(1, 9, 1.9), made.body(2, 5, 2.9), made.body(3, 5, 3.0), made.body(4, 9, 4.9)],
    )
    assert store.bmi(1, 2, 4) == [(1.9, "present"), (2.9, "present"), (4.9, "present")]
    store.bring("body", [*first, made.body(5, 5, 5.0)], begun=[begun])
    assert store.bmi(1, 2, 3, 4, 5) == [
        *((1.0, "present"), (2.0, "present"), (3.0, "present"), (None, "null"), (5.0, "present"))
    ]


def test_a_first_run_that_was_killed_leaves_nothing_behind(store: Store) -> None:
    begun = store.begin("body", [made.body(1, 5, 1.0), made.body(2, 5, 2.0)])
    more = made.put(store.folder, "body", [made.body(7, 5, 7.0)], "never")
    left = [begun, str(more)]  # of the second one nothing had been written
    store.bring("body", [made.body(2, 4, 2.4), made.body(3, 5, 3.0)], begun=left)
    assert store.bmi(1, 2, 3) == [(None, "null"), (2.4, "present"), (3.0, "present")]
    assert store.bmi(7) == [(None, "not found")]


def test_a_view_with_other_columns_empties_whom_the_data_lost(store: Store) -> None:
    old = store.folder.parent / "old.parquet"
    rows = made.table("body", [made.body(1, 5, 1.0), made.body(2, 5, 2.0)])
    store.bring("body", rows.to_pylist())
    pq.write_table(rows.drop_columns(["ward"]), old)
    store.before["body"] = str(old)
    store.bring("body", [made.body(1, 5, 1.0)], changed=True)
    assert store.bmi(1, 2) == [(1.0, "present"), (None, "null")]


def test_everything_is_written_when_a_person_asks_for_it(store: Store) -> None:
    rows = [made.body(1, 0, 1.0), made.body(2, 0, 2.0)]
    store.bring("body", rows)
    with sqlite3.connect(store.folder.parent / "online.db") as database:
        database.execute("DELETE FROM clinic_body")
    assert store.bring("body", rows)["written"] == 0
    assert store.bring("body", rows, everything=True)["written"] == 2
    assert store.bmi(1, 2) == [(1.0, "present"), (2.0, "present")]
    found = store.bring("body", rows, everything=True)
    assert (found["rows"], found["written"]) == (2, 0)
    with sqlite3.connect(store.folder.parent / "online.db") as database:
        database.execute("DELETE FROM clinic_body WHERE feature_name = 'ward'")
    assert store.bring("body", rows, everything=True)["written"] == 2


STREAM = """body_stream = KafkaSource(
    name="body_stream",
    timestamp_field="seen_at",
    message_format=JsonFormat(schema_json="patient_id bigint"),
    kafka_bootstrap_servers="broker:9092",
    topic="body",
    batch_source=body,
)
body_view = StreamFeatureView("""


def test_a_view_with_a_stream_is_as_any_other(tmp_path: Path) -> None:
    """Feast keeps it in a table of its own; whoever reads or writes views finds it all the same."""
    store = Store(tmp_path)
    store.bring("body", [made.body(1, 0, 1.0)])
    file = store.folder / "definitions.py"
    plain = file.read_text()
    text = plain.replace("body_view = FeatureView(", STREAM)
    text = text.replace("source=body_push", "source=body_stream")
    imports = (
        "from feast import KafkaSource\n"
        "from feast.data_format import JsonFormat\n"
        "from feast.stream_feature_view import StreamFeatureView\n"
    )
    file.write_text(imports + text.replace("ttl=None,\n", "", 1))
    assert store.ask("apply")["views"] == ["blood", "body"]
    assert store.bmi(1) == [(1.0, "present")], "what is online stays there"
    store.bring("body", [made.body(1, 0, 1.0), made.body(2, 0, 2.0)])
    store.push([dict(made.body(2, 5, 2.5))])
    assert store.bmi(1, 2, 3) == [(1.0, "present"), (2.5, "present"), (None, "not found")]
    registry = Registry(open_store(store.folder))
    assert ("body", "bmi") in registry.offered("everything")
    assert set(registry.views) == {"body", "blood"}
    file.write_text(plain)
    store.ask("apply")
    assert store.bmi(2) == [(2.5, "present")]


def test_two_rows_of_one_entity_and_time(store: Store) -> None:
    made.put(store.folder, "body", [made.body(4, 1, 1.0), made.body(4, 1, 2.0)])
    found = store.refused("materialize", view="body")
    assert found["code"] == "duplicate-timestamp"
    assert found["rows"] == [{"patient_id": 4, "seen_at": "2026-01-01T01:00:00+00:00"}]
    store.bring("blood", [made.blood(4, 1, 8.0, written=2), made.blood(4, 1, 7.0, written=1)])
    request = {"name": "blood", "entities": [{"patient_id": 4}], "now": made.at(2).isoformat()}
    found = store.ask("get", **request)["rows"][0]["features"]["tc"]
    assert (found["value"], found["age"]) == (8.0, 3600.0)


def test_past_its_ttl_a_value_is_shown_and_not_used(store: Store) -> None:
    store.bring("blood", [made.blood(1, 0, 8.0)])
    store.bring("body", [made.body(1, 0, 20.0)])
    entity = {"patient_id": 1, "factor": 0.5}

    def at(hours: float) -> dict[str, Any]:
        request = {"entities": [entity], "now": made.at(hours).isoformat()}
        found = store.ask("get", name="everything", **request)
        return dict(found["rows"][0]["features"])

    assert (at(24)["tc"]["status"], at(24)["tc_to_hdl"]["value"]) == ("present", 2.0)
    stale = at(24.5)
    assert (stale["tc"]["value"], stale["tc"]["status"]) == (8.0, "outside ttl")
    assert (stale["tc_to_hdl"]["value"], stale["tc_to_hdl"]["status"]) == (None, "null")
    assert stale["bmi"]["status"] == "present"


def test_keys_are_typed(store: Store) -> None:
    store.bring("body", [made.body(1, 0, 20.0)])
    assert store.ask("get", name="body", entities=[{"patient_id": "1"}])["rows"][0]["entity"] == {
        "patient_id": 1
    }
    found = store.refused("get", name="body", entities=[{"patient_id": "one"}])
    assert found["message"] == "patient_id 'one' is no int64"
    found = store.refused("get", name="body", entities=[{"patient": 1}])
    assert found["hint"] == 'Did you mean "patient_id"?'


def test_pushed_rows_are_online_unless_older(store: Store) -> None:
    store.bring("body", [made.body(1, 10, 1.0), made.body(2, 10, 2.0)])
    rows = [dict(made.body(1, 20, 11.0)), dict(made.body(2, 5, 22.0)), dict(made.body(3, 1, 3.0))]
    newest = "2026-01-01T20:00:00+00:00"
    assert store.push(rows) == {"rows": 3, "written": 2, "older": 1, "newest": newest}
    assert store.bmi(1, 2, 3) == [(11.0, "present"), (2.0, "present"), (3.0, "present")]
    # What is pushed stays until the data is newer.
    found = store.bring("body", [made.body(1, 15, 1.5), made.body(2, 10, 2.0)])
    assert (found["written"], found["older"]) == (0, 1)
    store.bring("body", [made.body(1, 25, 1.6), made.body(2, 10, 2.0)])
    assert store.bmi(1) == [(1.6, "present")]


def test_pushing_csv_and_parquet(store: Store) -> None:
    csv = "patient_id,seen_at,bmi,visits,ward\n5,2026-01-03T00:00:00Z,1.5,,w\n"
    assert store.push(csv, "rows.csv")["written"] == 1
    file = store.folder.parent / "rows.parquet"
    pq.write_table(made.table("body", [made.body(6, 1, 6.5)]), file)
    store.ask("push", view="body", file=str(file), kinds=made.BODY)
    assert store.bmi(5, 6) == [(1.5, "present"), (6.5, "present")]


def test_a_pushed_row_that_the_data_has_with_other_values(store: Store) -> None:
    kept = store.folder.parent / "pushed.parquet"
    data = made.put(store.folder, "body", [made.body(1, 5, 1.0)], "data")
    file = store.file([dict(made.body(1, 5, 9.9))])
    request = {"view": "body", "kinds": made.BODY, "offline": str(kept)}
    found = store.refused("push", file=file, data=str(data), **request)
    assert found["code"] == "pushed-conflict"
    row = "patient_id 1, seen_at 2026-01-01T05:00:00+00:00"
    assert found["message"] == f"body: the data has {row} with other values"
    assert store.bmi(1) == [(None, "not found")] and not kept.exists()
    # The data has the row, with other values, only since it was pushed.
    store.ask("push", file=file, **request)
    both = [made.body(1, 5, 1.0), made.body(1, 5, 9.9)]
    made.put(store.folder, "body", both, "both")
    found = store.refused("materialize", view="body", pushed=str(kept))
    assert found["message"] == f"body: {row} was pushed with other values than the data has"
    assert found["rows"] == [{"patient_id": 1, "seen_at": "2026-01-01T05:00:00+00:00"}]
    # The way out that the hint names: what is pushed again holds instead.
    store.ask("push", file=store.file([dict(made.body(1, 5, 1.0))]), data=str(data), **request)
    assert pq.read_table(kept).to_pylist() == [made.body(1, 5, 1.0)]
    # What the data has anyway needs no keeping.
    kept.unlink()
    store.ask("push", file=store.file([dict(made.body(1, 5, 1.0))]), data=str(data), **request)
    assert not kept.exists()


def test_a_pushed_row_that_the_data_has_by_now_is_there_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAI_DATA_ROOT", str(tmp_path))
    kept = tmp_path / "pushed.parquet"
    rows = [made.body(1, 5, 1.0), made.body(2, 5, None, None)]
    store.push([dict(row) for row in rows], offline=str(kept))
    pq.write_table(made.table("body", rows), tmp_path / "source.parquet")
    source = made.inlined("body", {"parquet": {"path": "source.parquet"}})
    request = {"dataset": source, "folder": str(tmp_path / "taken"), "pushed": str(kept)}
    assert store.ask("snapshot", version="", **request)["rows"] == 2


@pytest.mark.parametrize(("newest", "refused"), [("", True), (made.at(100).isoformat(), False)])
def test_a_push_from_the_future(store: Store, newest: str, refused: bool) -> None:
    """As far as the data itself goes is never the future; five minutes are clocks that differ."""
    request = {
        "view": "body",
        "file": store.file([dict(made.body(1, 9, 1.0)), dict(made.body(2, 10.1, 2.0))]),
        "kinds": made.BODY,
        "now": made.at(10).isoformat(),
        "newest": newest,
    }
    if not refused:
        assert store.ask("push", **request)["written"] == 2
        return
    found = store.refused("push", **request)
    assert found["code"] == "future-timestamp"
    assert found["message"] == (
        'rows.json, row 2, column "seen_at": 2026-01-01T10:06:00+00:00 is in the future'
    )
    assert store.bmi(1, 2) == [(None, "not found"), (None, "not found")]
    request["now"] = made.at(10.05).isoformat()
    assert store.ask("push", **request)["written"] == 2


GOOD = {**made.body(1, 1, 1.0)}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({**GOOD, "visits": "7"}, "row 2, column \"visits\": '7' is no int64"),
        ({**GOOD, "visits": 7.5}, 'row 2, column "visits": 7.5 is no int64'),
        ({**GOOD, "visits": True}, 'row 2, column "visits": True is no int64'),
        ({**GOOD, "bmi": "high"}, "row 2, column \"bmi\": 'high' is no float64"),
        ({**GOOD, "ward": 5}, 'row 2, column "ward": 5 is no string'),
        ({**GOOD, "seen_at": "soon"}, "row 2, column \"seen_at\": 'soon' is no timestamp"),
        ({**GOOD, "seen_at": 20260101}, 'row 2, column "seen_at": 20260101 is no timestamp'),
        ({**GOOD, "patient_id": None}, 'row 2, column "patient_id": is missing'),
        ({**GOOD, "bim": 1.0}, 'row 2: there is no column "bim"'),
        ({"patient_id": 1}, 'row 2: the column "seen_at" is missing'),
    ],
)
def test_a_push_of_the_wrong_type_changes_nothing(
    store: Store, wrong: dict[str, Any], said: str
) -> None:
    file = store.file([dict(made.body(8, 1, 8.0)), wrong])
    found = store.refused("push", view="body", file=file, kinds=made.BODY)
    assert said in found["message"]
    assert store.bmi(8) == [(None, "not found")]


def test_rows_pushed_offline_come_with_the_next_snapshot(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAI_DATA_ROOT", str(tmp_path))
    kept = tmp_path / "pushed.parquet"
    pq.write_table(made.table("body", [made.body(1, 1, 1.0)]), tmp_path / "source.parquet")
    source = made.inlined("body", {"parquet": {"path": "source.parquet"}})
    request = {"dataset": source, "folder": str(tmp_path / "taken"), "pushed": str(kept)}
    first = store.ask("snapshot", version="a" * 64, **request)
    assert first == {"file": f"{'a' * 64}.parquet", "rows": 1}
    store.push([dict(made.body(2, 9, 2.0))], offline=str(kept))
    store.push([dict(made.body(3, 9, 3.0))], offline=str(kept))
    second = store.ask("snapshot", version="a" * 64, **request)
    assert second["rows"] == 3 and second["file"] != first["file"]
    taken = pq.read_table(tmp_path / "taken" / second["file"])
    assert taken.column("patient_id").to_pylist() == [1, 2, 3]


def test_a_definition_that_is_gone_leaves_the_registry(store: Store) -> None:
    definitions = store.folder / "definitions.py"
    text = definitions.read_text()
    definitions.write_text(text[: text.index("asked = RequestSource")])
    assert store.ask("apply") == {"views": ["blood", "body"], "transforms": [], "services": []}
    assert store.refused("get", name="everything", entities=[{}])["code"] == "unknown-view"
