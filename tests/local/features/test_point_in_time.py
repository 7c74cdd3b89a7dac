"""The training set against a join that is worked out by hand, row by row; and against what the
online store answers for the same entity and time.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from features import made

from exai_components.feature_store.actions import answer
from exai_components.load_features.asked import read_asked
from exai_components.load_features.join import Joined, join_features
from exai_components.outcome import StepFailure

pytestmark = pytest.mark.slow
COLUMNS = ("bmi", "visits", "ward", "tc", "tc_to_hdl")
Rows = Sequence[made.Row]


@pytest.fixture(autouse=True)
def data_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("EXAI_DATA_ROOT", str(tmp_path))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    yield tmp_path


def by_hand(rows: Rows, time: str, patient: Any, when: datetime, ttl: timedelta | None) -> Any:
    """The row that held: the newest that isn't later, nor too old; of two the one written last."""
    held = [
        row
        for row in rows
        if row["patient_id"] == patient
        and row[time] <= when
        and (ttl is None or row[time] >= when - ttl)
    ]
    return max(held, key=lambda row: (row[time], row.get("written_at") or row[time]), default={})


def expected(bodies: Rows, bloods: Rows, row: made.Row) -> dict[str, Any]:
    body = by_hand(bodies, "seen_at", row["patient_id"], row["happened"], None)
    blood = by_hand(bloods, "drawn_at", row["patient_id"], row["happened"], made.TTL)
    tc, hdl, factor = blood.get("tc"), blood.get("hdl"), row["factor"]
    return {
        "bmi": body.get("bmi"),
        "visits": body.get("visits"),
        "ward": body.get("ward"),
        "tc": tc,
        "tc_to_hdl": None if tc is None else tc / hdl * factor,
    }


def spine_of(rows: Rows) -> Any:
    schema = pa.schema(
        [
            ("patient_id", pa.int64()),
            ("happened", pa.timestamp("us", tz="UTC")),
            ("factor", pa.float64()),
            ("progression", pa.float64()),
        ]
    )
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def joined(folder: Path, bodies: Rows, bloods: Rows, spine: Rows) -> Joined:
    sources = {}
    for name, rows in (("body", bodies), ("blood", bloods)):
        pq.write_table(made.table(name, rows), folder / f"{name}.parquet")
        sources[name] = {"parquet": {"path": f"{name}.parquet"}}
    scratch = folder / "scratch"
    scratch.mkdir()
    return join_features(read_asked(made.asked(sources), "happened"), spine_of(spine), scratch)


def features(table: Any) -> list[dict[str, Any]]:
    return list(table.select(list(COLUMNS)).to_pylist())


def random_rows(seed: int) -> tuple[Rows, Rows, Rows]:
    """Times on a grid of half hours, so that many are equal, and equal to ttl; no two rows of one
    entity and time but where `written_at` tells them apart.
    """
    dice = random.Random(seed)  # noqa: S311 - the same rows each time
    patients = range(1, 9)

    def moments(count: int) -> list[tuple[int, float]]:
        found = {(dice.choice(patients), dice.randrange(0, 200) / 2) for _ in range(count)}
        return dice.sample(sorted(found), len(found))

    def maybe(value: Any) -> Any:
        return None if dice.random() < 0.2 else value

    bodies = [
        made.body(who, when, maybe(dice.random()), maybe(dice.randrange(2**53, 2**62)))
        for who, when in moments(60)
    ]
    bloods = [
        made.blood(who, when, maybe(dice.random()), 0.5 + dice.random(), written)
        for who, when in moments(40)
        for written in dice.sample([1.0, 2.0, 90.0], dice.choice([1, 1, 2, 3]))
    ]
    spine = [
        {
            "patient_id": dice.choice([*patients, 77, None]),
            "happened": made.at(dice.randrange(-4, 240) / 2),
            "factor": dice.random(),
            "progression": float(number),
        }
        for number in range(150)
    ]
    return bodies, bloods, [*spine, *dice.sample(spine, 10)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_row_gets_what_held_at_its_time(tmp_path: Path, seed: int) -> None:
    bodies, bloods, spine = random_rows(seed)
    found = joined(tmp_path, bodies, bloods, spine)
    assert found.table.drop_columns(list(COLUMNS)).equals(spine_of(spine))
    wanted = [expected(bodies, bloods, row) for row in spine]
    assert features(found.table) == wanted
    assert any(row["tc"] is None for row in wanted) and any(row["tc"] for row in wanted)


def test_types_are_the_declared_ones_and_numbers_whole(tmp_path: Path) -> None:
    large = 2**60 + 1
    found = joined(
        tmp_path,
        [made.body(1, 0, 20.0, large), made.body(2, 5, None, None)],
        [made.blood(1, 0, 5.0)],
        [row(1, 1), row(2, 1), row(2, 6)],
    )
    schema = found.table.schema
    assert [str(schema.field(name).type) for name in COLUMNS] == [
        *("double", "int64", "string", "double", "double")
    ]
    assert schema.field("visits").metadata == {b"exai.type": b"int64"}
    assert found.table.column("visits").to_pylist() == [large, None, None]
    assert found.table.column("ward").to_pylist() == ["w1", None, "w2"]


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    found = joined(
        tmp_path,
        [made.body(1, 5, 20.0), made.body(2, 5, 21.0)],
        [made.blood(1, 0, 5.0), made.blood(2, 0, 5.0)],
        [row(1, 1), row(2, 9), row(9, 9)],
    )
    assert found.notes == (
        "body: 2 of 3 rows have no features: 1 of entities that it doesn't have, "
        "1 without a value that held at their time",
        "blood: 1 of 3 rows have no features: 1 of entities that it doesn't have",
    )


def test_no_row_is_too_few(tmp_path: Path) -> None:
    found = joined(tmp_path, [], [], [row(1, 1)])
    assert features(found.table) == [dict.fromkeys(COLUMNS)]


def row(patient: int | None, hours: float) -> made.Row:
    return {
        "patient_id": patient,
        "happened": made.at(hours),
        "factor": 1.0,
        "progression": 1.0,
    }


def test_two_rows_of_one_time_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StepFailure) as caught:
        joined(tmp_path, [made.body(7, 1, 1.0), made.body(7, 1, 2.0)], [], [row(7, 1)])
    outcome = caught.value.outcome
    assert outcome.final and outcome.code == "duplicate-timestamp"
    assert "patient_id 7, seen_at 2026-01-01T01:00:00+00:00 comes more than once" in outcome.message
    assert "`created`" in outcome.hint
    assert [dict(each)["patient_id"] for each in outcome.rows] == [7]


def test_a_spine_without_a_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StepFailure) as caught:
        joined(tmp_path, [], [], [{**row(3, 1), "happened": None}])
    assert caught.value.outcome.code == "missing-timestamp"
    assert "1 rows have no happened, first patient_id 3" in caught.value.outcome.message


def test_a_transform_that_raises_is_named(tmp_path: Path) -> None:
    asked = made.asked({})
    broken = made.TRANSFORM.replace('inputs["hdl"]', 'inputs["hdI"]')
    files = {**made.FILES, "transforms/ratios_view.py": broken}
    sources = {}
    for name in ("body", "blood"):
        pq.write_table(made.table(name, []), tmp_path / f"{name}.parquet")
        sources[name] = made.inlined(name, {"parquet": {"path": f"{name}.parquet"}})
    struct = {**asked, "repository": files, "sources": sources}
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(StepFailure, match=r"transform ratios.* raised KeyError: 'hdI'"):
        join_features(read_asked(struct, "happened"), spine_of([row(1, 1)]), scratch)


def test_training_and_serving_see_the_same(tmp_path: Path) -> None:
    """At each time, with what was there by then online: the same value for every entity."""
    bodies, bloods, _ = random_rows(4)
    repository = made.repository(tmp_path)
    made.put(repository, "body", [])
    made.put(repository, "blood", [])
    assert "error" not in answer({"action": "apply", "repository": str(repository)})
    moments = [made.at(hours) for hours in (1, 20.5, 47, 60, 99.5)]
    patients = [*range(1, 9), 77]
    served: dict[datetime, list[Mapping[str, Any]]] = {}
    before: dict[str, str] = {}
    for number, moment in enumerate(moments):
        for name, rows in (("body", bodies), ("blood", bloods)):
            known = [row for row in rows if row[made.TIMES[name]] <= moment]
            file = made.put(repository, name, known, str(number))
            request = {"action": "materialize", "view": name, "before": before.get(name)}
            found = answer({**request, "repository": str(repository)})
            assert "error" not in found, found
            before[name] = str(file)
        request = {
            "action": "get",
            "name": "everything",
            "repository": str(repository),
            "entities": [{"patient_id": patient, "factor": 0.5} for patient in patients],
            "now": moment.isoformat(),
        }
        served[moment] = [each["features"] for each in answer(request)["result"]["rows"]]
    spine = [
        {"patient_id": patient, "happened": moment, "factor": 0.5, "progression": 0.0}
        for moment in moments
        for patient in patients
    ]
    trained = features(joined(tmp_path, bodies, bloods, spine).table)
    online = [
        {
            name: value["value"] if value["status"] == "present" else None
            for name, value in each.items()
        }
        for moment in moments
        for each in served[moment]
    ]
    assert online == trained
    statuses = {value["status"] for rows in served.values() for r in rows for value in r.values()}
    assert statuses == {"present", "null", "not found", "outside ttl"}


def test_the_step_as_kfp_starts_it(tmp_path: Path, data_root: Path) -> None:
    """A fresh process: the training set with its notes; then a failure that ends the run."""
    spine = tmp_path / "spine.parquet"
    pq.write_table(spine_of([row(1, 6), row(9, 6)]), spine)
    pq.write_table(made.table("blood", [made.blood(1, 0, 5.0)]), data_root / "blood.parquet")

    def step(bodies: Rows) -> tuple[int, Path]:
        pq.write_table(made.table("body", bodies), data_root / "body.parquet")
        folder = tmp_path / f"step-{len(bodies)}"
        folder.mkdir()
        sources = {name: {"parquet": {"path": f"{name}.parquet"}} for name in ("body", "blood")}
        struct = made.asked(sources)

        def artifact(path: Path) -> dict[str, Any]:
            kind = {"schemaTitle": "system.Dataset"}
            return {"artifacts": [{"name": "data", "uri": str(path), "type": kind}]}

        values = {"features": struct, "timestamp": "happened"}
        given = {
            "inputs": {"parameterValues": values, "artifacts": {"data": artifact(spine)}},
            "outputs": {
                "outputFile": str(folder / "executor_output.json"),
                "artifacts": {"data": artifact(folder / "data")},
            },
        }
        words = ("load-features", "--executor_input", json.dumps(given))
        command = [sys.executable, "-m", "exai_components.step", *words]
        return subprocess.run(command, check=False).returncode, folder

    code, folder = step([made.body(1, 5, 20.0)])
    assert code == 0
    assert pq.read_table(folder / "data").column("bmi").to_pylist() == [20.0, None]
    notes = json.loads((folder / "exai-notes.json").read_text())["notes"]
    assert notes[0].startswith("body: 1 of 2 rows have no features: 1 of entities")
    code, folder = step([made.body(1, 5, 20.0), made.body(1, 5, 21.0)])
    outcome = json.loads((folder / "exai-outcome.json").read_text())
    assert (code, outcome["final"], outcome["code"]) == (1, True, "duplicate-timestamp")
