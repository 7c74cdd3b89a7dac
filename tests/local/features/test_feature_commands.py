"""`exai apply`, `status` and `exai features ...`, as a person calls them, on features alone."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from features import made
from features.clinic import Clinic, write_clinic

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """The project, applied once for all tests, which don't undo what they do."""
    found = write_clinic(tmp_path_factory.mktemp("clinic") / "clinic")
    found.exai("apply", "--yes")
    yield found
    found.exai("destroy", "--yes", "--purge")
    assert not (found.root / ".exai").exists()


def features(clinic: Clinic, name: str, *entity: str) -> dict[str, tuple[object, str]]:
    words = [word for cell in entity for word in ("--entity", cell)]
    (row,) = clinic.json("features", "get", name, *words, code=None)["result"]["rows"]
    return {name: (value["value"], value["status"]) for name, value in row["features"].items()}


def problem(clinic: Clinic, *words: str) -> dict[str, str]:
    """The one error of a command."""
    found = clinic.json(*words, code=1)["diagnostics"]
    (error,) = (each for each in found if each["severity"] == "error")
    return dict(error)


def test_what_was_applied_is_online_and_a_second_plan_is_empty(clinic: Clinic) -> None:
    assert features(clinic, "body", "patient_id=1")["bmi"] == (21.0, "present")
    found = features(clinic, "everything", "patient_id=2", "factor=1")
    assert found["bmi"] == (22.0, "present")
    assert found["tc"] == (6.0, "outside ttl")
    assert found["tc_to_hdl"] == (None, "null")
    assert clinic.json("plan")["changes"] == []


def test_for_people(clinic: Clinic) -> None:
    done = clinic.exai("features", "get", "blood", "--entity", "patient_id=1")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["patient_id", "1"]
    assert lines[2][:4] == ["tc", "8", "outside", "ttl"]
    assert "warning[stale-feature] blood: what it has of patient_id 1 is" in done.stderr
    assert "past its ttl: services take it as missing" in done.stderr


def test_an_entity_that_isnt_there(clinic: Clinic) -> None:
    done = clinic.exai("features", "get", "body", "--entity", "patient_id=77", code=1)
    assert "error[unknown-entity] body has nothing of patient_id 77" in done.stderr
    assert "not found" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("get", "bodi", "--entity", "patient_id=1"), "unknown-view", "did you mean `body`?"),
        (("get", "body", "--entity", "patient=1"), "unknown-entity-key", "`patient_id`?"),
        (("get", "everything", "--entity", "patient_id=1"), "missing-entity-key", "factor=..."),
        (("get", "body", "--entity", "patient_id"), "bad-entity", "--entity flower_id=7"),
        (("push", "bodi", "--data", "x.csv"), "unknown-view", "did you mean `body`?"),
        (("push", "ratios", "--data", "x.csv"), "not-pushable", "push to one of its sources"),
        (("push", "blood", "--data", "x.csv"), "not-pushable", "add push: blood_push, then apply"),
        (("materialize", "ratio"), "unknown-view", "there is blood, body"),
        (("materialize", "ratios"), "not-materialized", ""),
    ],
)
def test_what_is_written_wrong(
    clinic: Clinic, words: tuple[str, ...], code: str, said: str
) -> None:
    found = problem(clinic, "features", *words)
    assert found["code"] == code
    assert said in (found["hint"] or "")


def test_a_key_of_another_type(clinic: Clinic) -> None:
    found = problem(clinic, "features", "get", "body", "--entity", "patient_id=one")
    assert (found["code"], found["message"]) == ("ill-typed-value", "patient_id 'one' is no int64")


def test_push(clinic: Clinic, tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    rows = [dict(made.body(31, 1, 3.1)), {**made.body(32, 1, 3.2), "bmi": "x"}]
    file.write_text(json.dumps(rows, default=str))
    found = problem(clinic, "features", "push", "body", "--data", str(file))
    assert found["message"] == "rows.json, row 2, column \"bmi\": 'x' is no float64"
    assert "nothing was pushed" in found["hint"]
    assert found["at"] is None
    file.write_text(json.dumps(rows[:1], default=str))
    pushed = clinic.json("features", "push", "body", "--data", str(file))
    assert pushed == {"view": "body", "rows": 1, "written": 1, "older": 0, "offline": True}
    assert features(clinic, "body", "patient_id=31")["bmi"] == (3.1, "present")
    shown = {each["view"]: each for each in clinic.json("status")["features"]}
    assert [(each["pushed"], each["newestPushed"]) for each in shown.values()] == [
        *((0, None), (1, "2026-01-01T01:00:00+00:00"))
    ]
    file.write_text(json.dumps([{**rows[0], "seen_at": "2999-01-01T00:00:00Z"}], default=str))
    found = problem(clinic, "features", "push", "body", "--data", str(file))
    assert (found["code"], found["at"]) == ("future-timestamp", None)
    file.write_text(json.dumps([made.body(1, 5, 99.0)], default=str))
    assert problem(clinic, "features", "push", "body", "--data", str(file))["code"] == (
        "pushed-conflict"
    )


def test_new_data_by_hand_and_how_fresh_it_is(clinic: Clinic) -> None:
    newer = [made.body(1, 0, 20.0), made.body(1, 5, 21.0), made.body(2, 3, 22.0)]
    clinic.data("body", [*newer, made.body(41, 48, 4.1)])
    found = clinic.json("features", "materialize", "body")
    (outcome,) = found["outcomes"]
    assert outcome["result"] == "succeeded"
    (row,) = found["views"]
    assert row["newest"] == "2026-01-03T00:00:00+00:00"
    assert row["schedule"] == "on new data"
    (outcome,) = clinic.json("features", "materialize", "body")["outcomes"]
    assert "nothing new" in outcome["detail"]
    assert clinic.json("plan")["changes"] == []
    status = clinic.json("status")
    assert [(each["view"], each["state"]) for each in status["features"]] == [
        ("FeatureView/blood", "stale"),
        ("FeatureView/body", "fresh"),
    ]
    listed = clinic.json("features", "list")
    assert listed["services"] == {
        "everything": ["body:bmi", "body:visits", "body:ward", "blood:tc", "ratios:tc_to_hdl"]
    }
    assert listed["views"] == status["features"]


def test_a_schedule_is_followed_until_ctrl_c(clinic: Clinic) -> None:
    """`blood` has `every: 1s`; what comes while it watches is online without another command."""
    started = clinic.started()
    started.pop("capture_output")
    watching = subprocess.Popen(
        clinic.command("features", "materialize", "blood", "--watch", "--output", "json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **started,
    )
    try:
        time.sleep(1)
        clinic.data("blood", [made.blood(1, 0, 8.0), made.blood(51, 5, 5.1)])
        deadline = time.monotonic() + 90
        newest = ""
        while newest != "2026-01-01T05:00:00+00:00" and time.monotonic() < deadline:
            time.sleep(0.5)
            newest = clinic.json("features", "list")["views"][0]["newest"]
        assert newest == "2026-01-01T05:00:00+00:00"
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=30)
    finally:
        watching.kill()
        watching.wait()
    assert watching.returncode == 0, err
    assert "Traceback" not in err
    done = json.loads(out)
    assert {outcome["result"] for outcome in done["result"]["outcomes"]} == {"succeeded"}


def test_specs_that_changed_since_are_applied_first(clinic: Clinic) -> None:
    specs = clinic.root / "specs" / "features.yaml"
    text = specs.read_text()
    specs.write_text(text.replace("ttl: 1d", "ttl: 2d"))
    try:
        found = problem(clinic, "features", "materialize", "body")
        assert (found["code"], found["hint"][:10]) == ("not-applied", "exai apply")
    finally:
        specs.write_text(text)


def test_nothing_is_applied_yet(tmp_path: Path) -> None:
    fresh = write_clinic(tmp_path / "clinic")
    found = problem(fresh, "features", "get", "body", "--entity", "patient_id=1")
    assert (found["code"], found["hint"]) == ("not-applied", "exai apply")
    assert not (fresh.root / ".exai").exists()
