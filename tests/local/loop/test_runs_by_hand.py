"""Runs by hand, their records, logs, a model's history and a check-up, with the real parts: one
applied project for all of them, told as one story, for the later parts look at the earlier ones.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from git_repository import git

from .conftest import IRIS, Project, environment

pytestmark = pytest.mark.slow

PIPELINE = "iris-training"


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory, path_without_java: Path) -> Iterator[Project]:
    """A project in a Git repository, applied once."""
    folder = tmp_path_factory.mktemp("by-hand")
    root = folder / "iris"
    shutil.copytree(IRIS, root, ignore=shutil.ignore_patterns(".exai", "data"))
    with tempfile.TemporaryDirectory(prefix="t") as temp:
        env = environment(folder / "home", path_without_java) | {"TMPDIR": temp}
        subprocess.run([sys.executable, str(root / "make_data.py")], env=env, check=True)
        git(root, "init", "-q", "-b", "main")
        git(root, "commit", "-q", "--allow-empty", "-m", "one")
        project = Project(root, env)
        project.exai("apply", "--yes")
        yield project
        project.exai("destroy", "--yes", "--purge")
        assert list(Path(temp).iterdir()) == []


def test_a_run_by_hand_leaves_what_the_specs_ask_for_alone(iris: Project) -> None:
    commit = git(iris.root, "rev-parse", "HEAD")
    specs = iris.json("runs", "list")["runs"][0]
    assert (specs["code"]["commit"], specs["code"]["branch"]) == (commit, "main")
    assert specs["parameters"] == {"ntrees": 20}
    assert specs["byHand"] is False
    assert list(specs["steps"]) == ["load", "check", "split", "train", "evaluate", "register"]

    # what the specs ask for has been run
    done = iris.json("run", PIPELINE, "-p", "ntrees=20")
    assert done["already"] is True
    assert done["askedBySpecs"] is True
    assert done["run"]["key"] == specs["key"]

    # other parameters: a run, a version, a verdict, and no alias
    begun = iris.start("run", PIPELINE, "-p", "ntrees=5")
    wait_for_run(iris, 2)
    refused = iris.exai("apply", "--yes", code=1)
    assert "apply-running" in refused.stderr
    followed = iris.exai("logs", f"Pipeline/{PIPELINE}", "--follow", "--lines", "5")
    told, _ = begun.communicate(timeout=240)
    assert begun.returncode == 1, "5 trees are less sure than the champion: a gate is missed"
    assert "finished with status SUCCESS" in followed.stdout, "it ends with the run"
    assert "No alias was moved, and no apply moves one" in told
    assert "missed its gates: Model/iris_model version 2" in told
    assert "specs/model.yaml:" in told
    assert iris.versions() == [1, 2]
    assert iris.champion() == 1
    assert iris.changes() == []
    mine, other = iris.json("runs", "list", PIPELINE)["runs"]
    assert other["key"] == specs["key"]
    assert (mine["byHand"], mine["parameters"]) == (True, {"ntrees": 5})
    assert mine["data"] == specs["data"]
    assert mine["code"]["version"] == specs["code"]["version"]

    # the same once more
    again = iris.exai("run", PIPELINE, "-p", "ntrees=5")
    assert "Nothing to run" in again.stdout
    assert mine["key"][:12] in again.stdout
    assert "missed its gates" in again.stdout, "it is told, but no failure of this command"
    assert len(iris.runs()) == 2

    # side by side
    compared = iris.json("runs", "compare", specs["key"][:10], mine["key"][:10])
    assert compared["parameters"] == [{"name": "ntrees", "same": False, "values": [20, 5]}]
    assert all(row["same"] for row in compared["data"])
    metrics = {row["name"]: row for row in compared["metrics"]}
    assert metrics["logloss"]["better"] == "lower"
    assert metrics["logloss"]["best"] == [0], "20 trees are surer than 5"
    assert metrics["logloss"]["deltas"][1] > 0
    assert "ntrees" in iris.exai("runs", "compare", specs["key"], mine["key"]).stdout


def test_a_models_history(iris: Project) -> None:
    commit = git(iris.root, "rev-parse", "HEAD")
    told = iris.json("history", "iris_model")
    second, first = told["versions"]
    assert (first["version"], first["aliases"], second["aliases"]) == (1, ["champion"], [])
    for version in (first, second):
        (judged,) = version["judged"]
        assert judged["apply"]["commit"] == commit
        assert judged["verdict"]["passed"] is (version is first)
        assert judged["verdict"]["gates"] == version["verdict"]["gates"]
        assert version["run"]["data"].keys() == {"iris"}
    (move,) = told["moves"]
    assert (move["alias"], move["from"], move["to"]) == ("champion", None, 1)
    assert move["apply"]["number"] == first["judged"][0]["apply"]["number"] == 1
    assert commit[:12] in iris.exai("history", "iris_model").stdout


def test_ctrl_c_ends_the_run_and_leaves_nothing(iris: Project) -> None:
    begun = iris.start("run", PIPELINE, "--again")
    wait_for_run(iris, 3)
    begun.send_signal(signal.SIGINT)
    told, _ = begun.communicate(timeout=60)
    assert begun.returncode == 130, told
    assert "goes on where it stopped" in told
    newest, *_ = iris.json("runs", "list")["runs"]
    assert newest["state"] == "stopped"
    assert iris.changes() == []
    findings = iris.json("doctor")["findings"]
    assert [one for one in findings if one["state"] == "problem"] == []
    (leftovers,) = [one for one in findings if one["check"] == "leftovers"]
    assert leftovers["state"] == "ok", leftovers


def test_data_that_is_not_there_and_names_that_are_wrong(iris: Project) -> None:
    for words, said in [
        (("run", PIPELINE, "-p", "ntree=5"), 'did you mean "ntrees"'),
        (("run", PIPELINE, "-p", "ntrees=many"), "whole number"),
        (("run", "iris-trainin"), f'did you mean "{PIPELINE}"'),
        (("history", "iris_modell"), 'did you mean "iris_model"'),
        (("runs", "show", "zz"), "no run's key begins with"),
    ]:
        assert said in iris.exai(*words, code=1).stderr
    data = iris.root / "data" / "iris.db"
    hidden = data.rename(data.with_name("hidden"))
    try:
        missing = iris.exai("run", PIPELINE, "--again", code=1)
    finally:
        hidden.rename(data)
    assert "missing-data" in missing.stderr
    assert "specs/dataset.yaml" in missing.stderr


def test_logs_of_a_service_and_files_for_other_tools(iris: Project) -> None:
    assert "iris is ready" in iris.exai("logs", "Service/iris").stdout
    follower = iris.start("logs", "service/iris", "--follow", "--lines", "1")
    assert follower.stdout is not None
    assert follower.stdout.readline()
    follower.send_signal(signal.SIGINT)
    assert follower.wait(30) == 130
    assert follower.stdout.read() == ""
    out = iris.root / "rendered"
    iris.exai("render", "-o", str(out))
    assert (out / f"kfp/{PIPELINE}.yaml").is_file()
    assert iris.changes() == [], "rendering is no change"


def wait_for_run(iris: Project, number: int) -> None:
    """Until so many runs have a log: then the newest is under way."""
    deadline = time.monotonic() + 60
    while len(list((iris.root / ".exai/local/runs").glob("*/events.jsonl"))) < number:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_prediction_with_a_wrong_row_names_the_column(iris: Project) -> None:
    good = ["--row", "sepal_length=5.1", "--row", "sepal_width=3.5", "--row", "petal_length=1.4"]
    for extra, word in (
        ([], "petal_width"),
        (["--row", "petal_width=x"], "petal_width"),
        (["--row", "petal_width=0.2", "--row", "colour=1"], "colour"),
    ):
        for protocol in ("v1", "v2"):
            done = iris.exai("predict", "iris", "--protocol", protocol, *good, *extra, code=1)
            assert word in done.stdout + done.stderr
