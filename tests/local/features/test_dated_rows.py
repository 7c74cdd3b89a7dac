"""A view whose dataset tells days, not moments: a day's row is true from its first moment on."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from features import made

from exai_components.feature_store.actions import answer
from exai_components.load_features.asked import read_asked
from exai_components.load_features.join import join_features

pytestmark = pytest.mark.slow
BODY = {**made.BODY, "seen_at": "date"}
HEAD = "patient_id,seen_at,bmi,visits,ward\n"
CSV = {"csv": {"path": "body.csv"}}


class Dated:
    """An applied repository whose view `body` is fed from days."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.kept = folder, folder / "pushed" / "body.parquet"
        self.kept.parent.mkdir()
        self.repository = made.repository(folder)
        self.ask("apply")

    def ask(self, action: str, **request: Any) -> dict[str, Any]:
        found = answer({"action": action, "repository": str(self.repository), **request})
        assert "result" in found, found
        return dict(found["result"])

    def taken(self, rows: str) -> str:
        """A snapshot of the dataset with these rows, and what was pushed."""
        (self.folder / "body.csv").write_text(HEAD + rows)
        folder = self.folder / "taken"
        request = {"dataset": made.inlined("body", CSV), "folder": str(folder), "version": ""}
        return str(folder / self.ask("snapshot", pushed=str(self.kept), **request)["file"])

    def push(self, day: str, data: str) -> dict[str, Any]:
        rows = [{"patient_id": 1, "seen_at": day, "bmi": 9.0, "visits": 1, "ward": "a"}]
        file = self.folder / "rows.json"
        file.write_text(json.dumps(rows))
        request = {"view": "body", "file": str(file), "kinds": BODY, "data": data}
        return self.ask("push", offline=str(self.kept), **request)

    def found(self) -> tuple[Any, Any]:
        answered = self.ask("get", name="body", entities=[{"patient_id": 1}])
        feature = answered["rows"][0]["features"]["bmi"]
        return feature["value"], feature["time"]


@pytest.fixture
def dated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dated:
    monkeypatch.setitem(made.SCHEMAS, "body", BODY)
    monkeypatch.setenv("EXAI_DATA_ROOT", str(tmp_path))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    return Dated(tmp_path)


def test_days_are_brought_online_compared_and_pushed(dated: Dated) -> None:
    first = dated.taken("1,2026-01-01,20,1,a\n1,2026-01-03,21,2,a\n2,2026-01-02,30,1,b\n")
    done = dated.ask("materialize", view="body", rows=first)
    assert (done["written"], done["newest"]) == (2, "2026-01-03T00:00:00+00:00")
    assert dated.found() == (21.0, "2026-01-03T00:00:00+00:00")
    second = dated.taken("1,2026-01-01,20,1,a\n1,2026-01-03,21.5,2,a\n2,2026-01-02,30,1,b\n")
    assert dated.ask("materialize", view="body", rows=second, before=first)["written"] == 1
    assert dated.push("2026-01-04", second)["newest"] == "2026-01-04T00:00:00+00:00"
    dated.push("2026-01-04", second)
    assert dated.found() == (9.0, "2026-01-04T00:00:00+00:00")
    assert len(pq.read_table(dated.kept)) == 1
    third = dated.taken("1,2026-01-03,21.5,2,a\n")
    assert len(pq.read_table(third)) == 2
    assert dated.ask("materialize", view="body", rows=third, before=second)["rows"] == 1
    assert dated.found() == (9.0, "2026-01-04T00:00:00+00:00")


def test_days_are_joined_to_days_and_to_moments(
    dated: Dated, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = dated.taken("1,2026-01-01,20,1,a\n1,2026-01-03,21.5,2,a\n2,2026-01-02,30,1,b\n")
    dated.push("2026-01-04", data)
    monkeypatch.setenv("EXAI_PUSHED_ROWS", str(dated.kept.parent))
    (dated.folder / "blood.csv").write_text("patient_id,drawn_at,written_at,tc,hdl\n")
    asked = read_asked(made.asked({"body": CSV, "blood": {"csv": {"path": "blood.csv"}}}), "at")
    days = [date(2026, 1, 2), date(2026, 1, 3), date(2026, 1, 5), date(2026, 1, 1)]
    for kind in (pa.date32(), pa.timestamp("us", tz="UTC")):
        moments = days if pa.types.is_date(kind) else [_late(day) for day in days]
        spine = pa.table(
            {
                "patient_id": [1, 1, 1, 2],
                "at": pa.array(moments, kind),
                "factor": [1.0] * 4,
            }
        )
        scratch = dated.folder / f"scratch-{kind.id}"
        scratch.mkdir()
        table = join_features(asked, spine, scratch).table
        assert table.column("bmi").to_pylist() == [20.0, 21.5, 9.0, None]


def _late(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
