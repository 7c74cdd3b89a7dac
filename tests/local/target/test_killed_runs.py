"""An apply is killed while a run goes on: the next takes the run up, or ends and repeats it."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from exai_runtime.local import execute_run, runs
from exai_runtime.local.run_requests import held
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span

from .conftest import Place, wait_for
from .scenario import Scenario, target

pytestmark = pytest.mark.slow


def sleeping(place: Place, scenario: Scenario) -> subprocess.Popen[str]:
    apply = place.start(scenario)
    wait_for((place.root / "sleeping").exists)
    return apply


def kill(apply: subprocess.Popen[str], number: signal.Signals = signal.SIGKILL) -> str:
    apply.send_signal(number)
    output, errors = apply.communicate(timeout=30)
    return output + errors


def test_a_run_whose_apply_was_killed_is_adopted(place: Place) -> None:
    kill(sleeping(place, Scenario({"load": "succeed", "wait": "sleep"})))
    # The step sleeps for a minute: end the nap, as if the work were done.
    assert held(place.paths.run("k1"))
    step = int((place.root / "sleeping").read_text())
    child = place.start(Scenario({"load": "succeed", "wait": "sleep"}))
    assert child.stderr is not None
    told = child.stderr.readline()
    os.kill(step, signal.SIGUSR1)
    output, errors = child.communicate(timeout=30)
    assert json.loads(output)["result"] == "succeeded", errors
    assert place.count("succeed") == 1
    assert place.count("sleep") == 1
    assert "phase='load', state='started'" in told, "what had happened is told, too"
    assert "phase='wait', state='finished'" in errors


def test_apply_and_run_are_killed_and_the_run_is_repeated(place: Place) -> None:
    apply = sleeping(place, Scenario({"load": "succeed", "wait": "sleep"}))
    for pid in [apply.pid, *place.living()]:
        os.kill(pid, signal.SIGKILL)
    apply.communicate()
    assert place.apply(Scenario({"load": "succeed", "wait": "succeed"})).result == "succeeded"
    assert place.count("succeed") == 3


def test_a_run_that_dies_after_it_was_taken_up_is_repeated(place: Place) -> None:
    kill(sleeping(place, Scenario({"wait": "sleep"})))
    child = place.start(Scenario({"wait": "succeed"}))
    assert child.stderr is not None
    child.stderr.readline()
    for pid in place.living():
        os.kill(pid, signal.SIGKILL)
    output, errors = child.communicate(timeout=30)
    assert json.loads(output)["result"] == "succeeded", errors
    assert place.count("succeed") == 1


def test_only_the_runs_own_process_is_killed_and_its_steps_end_with_the_next_apply(
    place: Place,
) -> None:
    apply = sleeping(place, Scenario({"wait": "sleep"}))
    step = int((place.root / "sleeping").read_text())
    runner = next(pid for pid in place.living() if pid != step)
    os.kill(runner, signal.SIGKILL)
    output, _ = apply.communicate(timeout=30)
    told = json.loads(output)
    assert told["result"] == "failed"
    assert "killed" in told["detail"]
    assert place.living() == [], "the apply that saw it ended what was left"


def test_a_run_of_other_specs_is_ended_first(place: Place) -> None:
    kill(sleeping(place, Scenario({"wait": "sleep"}, key="old")))
    assert list(runs.others(place.paths, "demo", "new")) == ["old"]
    assert place.apply(Scenario({"load": "succeed"}, key="new")).result == "succeeded"
    assert place.living() == []
    assert ("earlier run", "note") in place.phases()


def test_an_earlier_run_goes_on_when_the_packages_of_the_next_cant_be_had(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill(sleeping(place, Scenario({"wait": "sleep"}, key="old")))
    before = place.living()

    def refuse(*_: object) -> None:
        raise TargetError(Diagnostic("packages-not-installed", "no index", Span("")))

    monkeypatch.setattr(execute_run, "substituted", refuse)
    assert place.apply(Scenario({"load": "succeed"}, key="new")).result == "failed"
    assert place.living() == before
    runs.end(place.paths, "old")
    assert place.living() == []


def test_control_c_ends_the_run(place: Place) -> None:
    apply = sleeping(place, Scenario({"wait": "sleep"}))
    kill(apply, signal.SIGINT)
    assert place.living() == []
    assert not place.paths.run("k1").result.exists()


def test_an_apply_without_a_run_ends_the_steps_of_a_dead_one(place: Place) -> None:
    apply = sleeping(place, Scenario({"wait": "sleep"}))
    step = int((place.root / "sleeping").read_text())
    apply.kill()
    apply.communicate()
    for pid in place.living():
        if pid != step:
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not held(place.paths.run("k1")))
    assert place.living() == [step]
    with target(place.root, Scenario({})):
        pass
    wait_for(lambda: place.living() == [])
