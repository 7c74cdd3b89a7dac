"""A search on this machine, by Optuna: the same events give the same study, a killed search goes on
where it was, and an apply finds the best parameters of a user's own function.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.changes import ObjectId
from exai_runtime.local import process
from exai_runtime.local.paths import Paths
from exai_runtime.local.searches.executor import SearchExecutor, end, is_enough, search_paths
from exai_runtime.local.searches.record import (
    Again,
    Asked,
    Ended,
    SearchPaths,
    append,
    begin_again,
    events,
    mend,
    read_result,
    write_result,
)
from exai_runtime.local.searches.search_child import Search
from exai_runtime.local.searches.study import Study
from exai_runtime.local.searches.trials import values_in
from exai_runtime.target import Progress
from exai_specs.identity import Ref
from exai_specs.kinds import Environment

pytestmark = pytest.mark.slow

NAME = "curve-0123456789ab"
X = {
    "name": "x",
    "parameterType": "double",
    "feasibleSpace": {"min": "-1", "max": "1", "distribution": "uniform"},
}
N = {
    "name": "n",
    "parameterType": "int",
    "feasibleSpace": {"min": "1", "max": "5", "distribution": "uniform", "step": "2"},
}
FORM = {"name": "form", "parameterType": "categorical", "feasibleSpace": {"list": ["a", "b"]}}
ANSWER = "echo error=${trialParameters.x}"


def body(*words: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "trial", "command": ["sh", "-c"], "args": ["; ".join(words)]}
    return {
        "metadata": {"name": NAME},
        "spec": {
            "objective": {"type": "minimize", "objectiveMetricName": "error"},
            "algorithm": {"algorithmName": "random"},
            "parameters": [X],
            "maxTrialCount": 4,
            "parallelTrialCount": 2,
            "maxFailedTrialCount": 1,
            "trialTemplate": {
                "trialSpec": {"spec": {"template": {"spec": {"containers": [container]}}}}
            },
            **spec,
        },
    }


def algorithm(name: str, **settings: str) -> dict[str, Any]:
    named = [{"name": key, "value": value} for key, value in settings.items()]
    return {"algorithm": {"algorithmName": name, "algorithmSettings": named}}


def search(folder: Path, experiment: dict[str, Any]) -> Search:
    folder.mkdir(exist_ok=True)
    begin_again(SearchPaths(folder))
    found = Search(SearchPaths(folder), experiment, folder / "scratch")
    found.recall()
    return found


ALL = [
    algorithm("random", random_state="3"),
    algorithm("tpe", n_EI_candidates="8"),
    algorithm("multivariate-tpe", n_startup_trials="2"),
    algorithm("bayesianoptimization", n_initial_points="2"),
    algorithm("cmaes", sigma="0.2"),
    algorithm("sobol"),
]


@pytest.mark.parametrize("chosen", ALL, ids=lambda each: each["algorithm"]["algorithmName"])
def test_the_same_events_give_the_same_suggestions(chosen: dict[str, Any]) -> None:
    spec = body(**chosen, parameters=[X, N, FORM])["spec"]
    first, told = Study(NAME, spec), []
    for number in range(8):
        asked = Asked(number, first.ask(number))
        state = "failed" if number == 3 else "succeeded"
        ended = Ended(number, state, (float(asked.parameters["x"]),))  # type: ignore[arg-type]
        first.tell(ended)
        told += [asked, ended]
    second = Study(NAME, spec)
    for event in told[:10]:
        second.replay(event)
    for asked, ended in zip(told[10::2], told[11::2], strict=True):
        assert isinstance(asked, Asked) and isinstance(ended, Ended)
        assert second.ask(asked.trial) == asked.parameters
        second.tell(ended)
    values = [each.parameters for each in told if isinstance(each, Asked)]
    assert all(-1 <= float(v["x"]) <= 1 and v["n"] in "135" and v["form"] in "ab" for v in values)
    assert len({v["x"] for v in values}) == 8


def test_a_grid_has_every_point_once() -> None:
    spec = body(**algorithm("grid"), parameters=[N, FORM])["spec"]
    study = Study(NAME, spec)
    points = []
    for number in range(6):
        points.append(tuple(study.ask(number).values()))
        study.tell(Ended(number, "succeeded", (1.0,)))
    assert points == [(n, form) for n in "135" for form in "ab"]


def test_what_falls_behind_the_median_is_stopped() -> None:
    early = [{"name": "min_trials_required", "value": "2"}, {"name": "start_step", "value": "2"}]
    spec = body(earlyStopping={"algorithmName": "medianstop", "algorithmSettings": early})["spec"]
    study = Study(NAME, spec)
    for number in range(2):
        study.ask(number)
        assert not any(study.report(number, step, 1.0) for step in range(3))
        study.tell(Ended(number, "succeeded", (1.0, 1.0, 1.0)))
    study.ask(2)
    assert not study.report(2, 0, 9.0)
    assert study.report(2, 1, 8.0)
    study.tell(Ended(2, "stopped", (9.0, 8.0)))


def test_metrics_are_read_as_katib_reads_them() -> None:
    line = "epoch 3: error=0.25, error = 1e-3; my-error=7 errors=3"
    assert values_in(line, "error") == [0.25, 0.001]
    assert values_in("error=nan error=", "error") == []


def test_a_search_counts_as_katib_counts(tmp_path: Path) -> None:
    done = search(tmp_path / "a", body(ANSWER)).run()
    assert (done.state, done.trials, done.failed) == ("succeeded", 4, 0)
    told = [e for e in events(SearchPaths(tmp_path / "a")) if isinstance(e, Ended)]
    assert done.value == min(each.values[0] for each in told)
    assert done.parameters == {"x": repr(done.value)}

    reached = body(ANSWER, objective={**body()["spec"]["objective"], "goal": 1.0})
    assert search(tmp_path / "b", reached).run().trials < 4

    failed = search(tmp_path / "c", body("echo no such thing", "exit 3")).run()
    assert (failed.state, failed.trials, failed.failed) == ("failed", 2, 2)
    assert failed.detail == "2 of 2 trials failed; the last: no such thing"

    silent = search(tmp_path / "d", body("echo done")).run()
    assert silent.detail.endswith("it printed no `error=...`")


def test_a_trial_has_so_much_time(tmp_path: Path) -> None:
    slow = body("sleep 60", maxTrialCount=1, maxFailedTrialCount=0)
    slow["spec"]["trialTemplate"]["trialSpec"]["spec"]["activeDeadlineSeconds"] = 0.2
    assert "took longer than its timeout" in search(tmp_path, slow).run().detail


def test_a_variable_is_what_the_kubelet_makes_of_it(tmp_path: Path) -> None:
    asked = body("test \"$A\" = '$(B)' && echo error=1")
    pod = asked["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    pod["containers"][0]["env"] = [{"name": "A", "value": "$$(B)"}]
    assert search(tmp_path, asked).run().failed == 0


def test_events_survive_a_cut_line(tmp_path: Path) -> None:
    paths = SearchPaths(tmp_path)
    told = (Asked(0, {"x": "1"}), Ended(0, "failed", (), "no"), Again())
    for event in told:
        append(paths, event)
    with paths.events.open("a") as stream:
        stream.write('{"event": "asked", "tri')
    mend(paths)
    append(paths, Asked(1, {"x": "2"}))
    assert tuple(events(paths)) == (*told, Asked(1, {"x": "2"}))


def test_a_search_that_had_failed_is_begun_again(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    asked = body(f"test -e {marker} && {ANSWER}")
    place = tmp_path / "s"
    first = search(place, asked)
    write_result(first.paths, first.run())
    assert read_result(SearchPaths(place)).state == "failed"  # type: ignore[union-attr]
    marker.touch()
    done = search(place, {**asked, "spec": {**asked["spec"], "maxTrialCount": 5}}).run()
    assert (done.state, done.trials, done.failed) == ("succeeded", 5, 2)


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[SearchExecutor]:
    paths = Paths(tmp_path, "local")
    yield SearchExecutor(paths, Environment(target="local"), "p")
    end(paths, NAME)


def test_a_process_that_dies_at_once_came_to_nothing(executor: SearchExecutor) -> None:
    """What an earlier one came to isn't told for it."""
    which, origin = ObjectId("kubeflow.org/v1beta1", "Experiment", NAME), Ref("Tuning", "curve")
    place = search_paths(executor.paths, NAME)
    asked = body(ANSWER, maxTrialCount=1, parallelTrialCount=1)
    done = executor.search(which, origin, asked, lambda _: None)
    assert done is not None and done.state == "succeeded"
    broken = body(ANSWER, maxTrialCount=2, **algorithm("nobody's"))
    assert executor.search(which, origin, broken, lambda _: None) is None
    assert "nobody's" in place.log.read_text(), "its process has died of it"
    more = body(ANSWER, maxTrialCount=2)
    again = executor.search(which, origin, more, lambda _: None)
    assert again is not None and again.trials == 2


def test_a_killed_search_goes_on(tmp_path: Path, executor: SearchExecutor) -> None:
    which, origin = ObjectId("kubeflow.org/v1beta1", "Experiment", NAME), Ref("Tuning", "curve")
    asked = body("sleep 0.3", f"echo . >> {tmp_path}/count", ANSWER, maxTrialCount=6)
    place = search_paths(executor.paths, NAME)
    heard: list[Progress] = []

    def kill_once(event: Progress) -> None:
        heard.append(event)
        if event.phase == "trial 2" and event.state == "started" and len(heard) < 20:
            (child,) = [
                each
                for each in process.marked(EXAI_SEARCH=NAME)
                if b"search_child" in Path(f"/proc/{each.pid}/cmdline").read_bytes()
            ]
            heard.extend([event] * 20)
            process.send(child, signal.SIGKILL)

    assert executor.search(which, origin, asked, kill_once) is None
    before = [e for e in events(place) if isinstance(e, Asked)]
    done = executor.search(which, origin, asked, heard.append)
    assert done is not None and (done.state, done.trials) == ("succeeded", 6)
    assert not process.marked(EXAI_SEARCH=NAME)
    told = list(events(place))
    ended = [e.trial for e in told if isinstance(e, Ended)]
    assert sorted(ended) == list(range(6))
    asked_for = [e for e in told if isinstance(e, Asked)]
    assert asked_for[: len(before)] == before and len(asked_for) == 6
    whole = Study(NAME, asked["spec"])
    assert [whole.ask(n) for n in range(6)] == [e.parameters for e in asked_for]
    # A trial that was running is run again; none that was over is.
    runs = (tmp_path / "count").read_text().count(".")
    assert 6 <= runs <= 8
    assert executor.search(which, origin, asked, heard.append) == done
    assert (tmp_path / "count").read_text().count(".") == runs
    assert is_enough(done, asked) and not is_enough(done, body(ANSWER, maxTrialCount=7))


PROJECT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: curves}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: points}
spec:
  source: {csv: {path: points.csv}}
  schema: {x: float64, y: float64}
---
apiVersion: exai.dev/v1alpha1
kind: Tuning
metadata: {name: curve}
spec:
  objective: {metric: error, type: minimize}
  algorithm: {name: grid}
  parameters: {degree: {type: integer, min: 1, max: 3}}
  trials: {max: 3, parallel: 3}
  trial:
    python: code.py:fit
    with: {points: points, degree: "${{ trial.degree }}"}
    env: {HALF: "0.5"}
"""
CODE = """
from kfp.dsl import Dataset, Input, Metrics, Output


def fit(points: Input[Dataset], degree: int, metrics: Output[Metrics]) -> None:
    import os

    import pyarrow.parquet as pq

    assert pq.read_table(points.path).num_rows == 2
    metrics.log_metric("error", (degree - 2) ** 2 + float(os.environ["HALF"]))
"""


def exai(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "exai_runtime.cli.main", *arguments],
        cwd=root,
        env={**os.environ, "XDG_CACHE_HOME": str(root / "cache")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_an_apply_finds_the_best_parameters(tmp_path: Path) -> None:
    (tmp_path / "exai.yaml").write_text(PROJECT)
    (tmp_path / "code.py").write_text(CODE)
    (tmp_path / "points.csv").write_text("x,y\n1,2\n2,3\n")
    done = exai(tmp_path, "apply", "--yes", "--output", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "best error 0.5 in trial 1: degree=2 (3 trials)" in done.stdout
    status = json.loads(exai(tmp_path, "status", "--output", "json").stdout)
    assert "best error 0.5 in trial 1: degree=2 (3 trials)" in json.dumps(status)
    assert '"changes": []' in exai(tmp_path, "plan", "--output", "json").stdout
    logged = exai(tmp_path, "logs", "Tuning/curve").stdout
    assert "[trial 1] error=0.5" in logged
    gone = exai(tmp_path, "destroy", "--yes")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert not list((tmp_path / ".exai/local/searches").glob("*"))
