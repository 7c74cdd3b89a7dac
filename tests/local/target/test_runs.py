"""Runs by KFP's own runner: how they go well, how they fail, and what they never do."""

from __future__ import annotations

import json
import shutil
import time
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest

from exai_compiler.changes import Run
from exai_runtime.local.paths import Paths
from exai_runtime.local.run_records import records
from exai_runtime.local.run_requests import read_result
from exai_runtime.target import TargetError

from .conftest import Place, files_with, wait_for
from .scenario import PIPELINE, Scenario, build, target

pytestmark = pytest.mark.slow


def test_a_run_tells_its_steps_and_leaves_a_result(place: Place) -> None:
    outcome = place.apply(Scenario({"load": "succeed", "train": "succeed"}, text="python3 'ü' {x}"))
    assert outcome.result == "succeeded", outcome
    assert place.phases() == [
        ("load", "started"),
        ("load", "finished"),
        ("train", "started"),
        ("train", "finished"),
    ]
    result = read_result(place.paths.run("k1"))
    assert result is not None
    assert (result.state, result.pipeline, result.data) == ("succeeded", "demo", {"iris": "v1"})
    (data,) = place.paths.run("k1").work.glob("*/train/data")
    assert json.loads(data.read_text()) == {"text": "python3 'ü' {x}"}, "no argument was rewritten"
    assert not list(place.root.parent.glob("*python3*/python*")), "nothing was written elsewhere"


def test_what_succeeded_is_not_run_again(place: Place) -> None:
    scenario = Scenario({"load": "succeed"})
    assert place.apply(scenario).result == "succeeded"
    assert place.apply(scenario).result == "succeeded"
    assert place.count("succeed") == 1


def test_the_first_phase_shows_at_once(place: Place) -> None:
    began = time.time()
    times: list[float] = []
    with target(place.root, Scenario({})) as writer:
        scenario = Scenario({"load": "succeed"})
        writer.apply(Run(PIPELINE, "k1", ()), build(scenario), lambda _: times.append(time.time()))
    assert times[0] - began < 5, "a figure for slow machines; the benchmark has the real one"


def test_a_dying_step_fails_with_its_last_lines(place: Place) -> None:
    outcome = place.apply(Scenario({"load": "die"}, retries=1))
    assert outcome.result == "failed"
    assert outcome.detail == "step load: it died without saying why"
    assert outcome.tail[-1] == "the disk is on fire"
    assert outcome.log == str(place.paths.run("k1").log)
    assert place.count("die") == 2
    assert ("load", "note") in place.phases()


def test_a_final_failure_does_not_sit_through_its_retries(place: Place) -> None:
    began = time.monotonic()
    outcome = place.apply(Scenario({"check": "final"}, retries=3, backoff="60s"))
    assert time.monotonic() - began < 30
    assert outcome.result == "failed"
    assert outcome.detail == "step check: 3 rows are bad"
    assert outcome.hint == "mend them"
    assert place.count("final") == 1
    result = read_result(place.paths.run("k1"))
    assert result is not None
    assert list(result.rows) == [{"id": 1}]


def test_a_step_without_its_outputs_has_failed(place: Place) -> None:
    outcome = place.apply(Scenario({"load": "silent", "train": "succeed"}))
    assert outcome.result == "failed"
    assert "without its output `data`, `n`" in outcome.detail
    assert place.count("succeed") == 0


def test_a_failed_run_is_repeated_afresh(place: Place) -> None:
    assert place.apply(Scenario({"load": "silent"})).result == "failed"
    assert place.apply(Scenario({"load": "succeed"})).result == "succeeded"


def test_what_a_step_leaves_behind_ends_with_the_run(place: Place) -> None:
    assert place.apply(Scenario({"load": "orphan"})).result == "succeeded"
    assert (place.root / "orphan").exists()
    assert place.living() == []


def test_a_run_sees_exais_environment_and_no_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JAVA_HOME", "MLFLOW_TRACKING_URI", "PYTHONHOME"):
        monkeypatch.setenv(name, "/of/the/user")
    assert place.apply(Scenario({"load": "environment"})).result == "succeeded"
    found = json.loads((place.root / "environment.json").read_text())
    assert "/of/the/user" not in found.values()
    assert found["EXAI_PROJECT"] == "proj"
    assert found["EXAI_ENVIRONMENT"] == "local"
    assert found["EXAI_DATA_ROOT"] == str(place.root)
    assert found["MLFLOW_TRACKING_URI"] == f"sqlite:///{place.paths.registry}"
    assert found["DO_NOT_TRACK"] == "1"
    assert found["TMPDIR"].startswith(str(place.temp))


SECRET = "hunter22 & more"  # noqa: S105 - made up
SECRETS = {
    "connections": {
        "pg": {
            "postgresql": {
                "host": "h",
                "database": "d",
                "user": "u",
                "password": {"secret": "db", "key": "password"},
            }
        }
    }
}


def test_a_secret_reaches_the_step_and_nothing_else(place: Place) -> None:
    folder = place.root / ".exai/secrets/db"
    folder.mkdir(parents=True)
    (folder / "password").write_text(SECRET + "\n")
    outcome = place.apply(Scenario({"load": "secrets"}, environment=SECRETS, reads="pg"))
    assert outcome.result == "succeeded", outcome
    log = place.paths.run("k1").log.read_text()
    assert "EXAI_CONNECTION_PG_PASSWORD ***" in log
    assert files_with(place.root, SECRET) == [folder / "password"]
    encoded = b64encode(b"user:" + SECRET.encode()).decode()[8:-4]
    assert files_with(place.root, encoded) == []
    assert SECRET not in str(place.heard) + str(outcome)
    assert (place.root / ".exai/secrets/db/password").exists()
    (folder / "password").unlink()
    folder.rmdir()
    folder.parent.rmdir()


def test_a_secret_that_a_step_tells_everybody_is_masked_everywhere(place: Place) -> None:
    folder = place.root / ".exai/secrets/db"
    folder.mkdir(parents=True)
    (folder / "password").write_text(SECRET)
    outcome = place.apply(Scenario({"load": "leak"}, environment=SECRETS, reads="pg"))
    assert outcome.result == "failed"
    run = place.paths.run("k1")
    result = read_result(run)
    assert result is not None
    seen = {
        "log": run.log.read_text(),
        "events": run.events.read_text(),
        "result": run.result.read_text(),
        "tail": "\n".join(outcome.tail),
        "outcome": str(outcome),
        "heard": str(place.heard),
    }
    shapes = [SECRET, quote(SECRET), quote_plus(SECRET)]
    shapes += [encode(SECRET.encode()).decode() for encode in (b64encode, urlsafe_b64encode)]
    shapes += [b64encode(b"user:" + SECRET.encode()).decode()[8:-4]]
    for place_of, text in seen.items():
        assert "***" in text, f"it came as far as the {place_of}"
        assert [shape for shape in shapes if shape in text] == [], place_of
    assert result.detail.startswith("step load: refused user:***")
    assert seen["log"].count("out ") == seen["log"].count("err ") == 7
    shutil.rmtree(folder.parent)


def test_a_missing_secret_fails_before_anything_starts(place: Place) -> None:
    outcome = place.apply(Scenario({"load": "succeed"}, environment=SECRETS, reads="pg"))
    assert outcome.result == "failed"
    assert "secret db, key password" in outcome.detail
    assert place.count("succeed") == 0
    # It is the run that `exai logs` and `exai runs` show from now on.
    paths = Paths(place.root, "local")
    (record,) = records(paths, {}, "demo")
    assert (record.state, record.detail) == ("failed", outcome.detail)
    assert paths.run(record.key).log.read_text().splitlines()[0] == f"exai: {outcome.detail}"
    assert place.apply(Scenario({"load": "succeed"})).result == "succeeded"
    assert [one.state for one in records(paths, {}, "demo")] == ["succeeded"]


def test_a_config_map_fails_the_run_before_anything_starts(place: Place) -> None:
    entry = {"configMapName": "db", "keyToEnv": [{"configMapKey": "region", "envVar": "REGION"}]}
    executors = {"exec-load": {"configMapAsEnv": [entry]}}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}
    outcome = place.apply(Scenario({"load": "succeed"}, platform=platform))
    assert outcome.result == "failed"
    assert "step load: the variable REGION" in outcome.detail
    assert place.count("succeed") == 0


def test_a_second_apply_at_once_is_refused(place: Place) -> None:
    first = place.start(Scenario({"load": "sleep"}))
    wait_for((place.root / "sleeping").exists)
    with pytest.raises(TargetError) as caught:
        place.apply(Scenario({"load": "succeed"}))
    assert caught.value.diagnostic.code == "apply-running"
    assert str(first.pid) in caught.value.diagnostic.message
    first.kill()
    first.communicate()
