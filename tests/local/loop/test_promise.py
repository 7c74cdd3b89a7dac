"""The promise, with the real parts: YAML to a served prediction, and an empty plan after every
apply."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import Any

import pytest

from .conftest import ROOT, MakeProject, Project

pytestmark = pytest.mark.slow

HEAVY = (
    "h2o",
    "mlflow",
    "kfp",
    "kserve",
    "great_expectations",
    "pandas",
    "numpy",
    "sklearn",
    "pyarrow",
    "jpype",
)


def test_from_yaml_to_a_served_prediction_and_to_no_changes(iris: Project) -> None:
    before = iris.exai("plan").stdout
    assert "run" in before
    assert "Pipeline/iris-training" in before
    assert not (iris.root / ".exai").exists(), "a plan writes nothing in the project"

    applied = iris.exai("apply", "--yes")
    assert "http://127.0.0.1:" in applied.stdout
    assert "curl" in applied.stdout

    answer = iris.ask(iris.url)
    assert answer["prediction"] == "setosa"
    assert answer["probabilities"]["setosa"] > 0.9
    assert "setosa" in iris.exai("predict", "iris", *row()).stdout
    assert iris.exai("predict", "iris", "--protocol", "v1", *row()).stdout.count("setosa") >= 1

    # promoted automatically, and the plan is empty
    assert iris.champion() == 1
    assert iris.changes() == []
    again = iris.exai("apply", "--yes")
    assert "no changes" in (again.stdout + again.stderr).lower()
    assert len(iris.runs()) == 1

    # the state folder ignores itself, and only the server's sockets are in the temp folder
    assert (iris.root / ".exai" / ".gitignore").read_text().strip() == "*"
    (private,) = iris.temp.iterdir()
    assert private.name == f"exai-{os.geteuid()}"
    assert {path.suffix for path in private.rglob("*") if not path.is_dir()} == {".sock", ".fd"}

    # a change of resources alone: a new PipelineVersion and no run
    iris.edit("specs/pipeline.yaml", "memory: 2Gi", "memory: 3Gi")
    changes = iris.changes()
    assert [(c["verb"], c["subject"].split("/")[0]) for c in changes] == [
        ("create", "PipelineVersion")
    ]
    iris.exai("apply", "--yes")
    assert len(iris.runs()) == 1
    assert iris.changes() == []

    # a touched mtime makes no run, one changed byte makes one
    database = iris.root / "data" / "iris.db"
    os.utime(database, (time.time() + 100, time.time() + 100))
    assert iris.changes() == []
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE demo_iris SET sepal_length = 5.2 WHERE flower_id = 1")
    planned = iris.changes()
    assert [c["verb"] for c in planned] == ["run", "judge", "move", "update"]
    iris.exai("apply", "--yes")
    assert len(iris.runs()) == 2
    assert iris.versions() == [1, 2]
    assert iris.changes() == []
    imports_nothing_heavy(iris)

    # destroyed twice, purged: nothing is left
    iris.exai("destroy", "--yes", "--purge")
    iris.exai("destroy", "--yes", "--purge")
    assert not (iris.root / ".exai").exists()
    assert list(iris.temp.iterdir()) == []


def imports_nothing_heavy(iris: Project) -> None:
    """An apply with nothing to do waits for none of the heavy libraries."""
    code = (
        "import atexit, sys; from exai_runtime.cli.main import main\n"
        f"heavy = lambda: print('HEAVY', sorted(set({HEAVY!r}) & set(sys.modules)))\n"
        "atexit.register(heavy)\n"
        f"sys.argv = ['exai', '-C', {str(iris.root)!r}, *sys.argv[1:]]\n"
        "main()"
    )
    for words in (["apply", "--yes"], ["plan"], ["status"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            env=iris.env,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "HEAVY []" in done.stdout, done.stdout + done.stderr


def row() -> list[str]:
    values = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
    return [word for name, value in values.items() for word in ("--row", f"{name}={value}")]


def test_a_missed_gate_leaves_the_old_version_serving_during_the_whole_apply(
    short: Project,
) -> None:
    short.exai("apply", "--yes")
    url = short.url
    asker = Asker(short, url)
    with asker:
        short.edit("specs/pipeline.yaml", "default: 20", "default: 21")
        short.edit("specs/model.yaml", "accuracy: {min: 0.9}", "accuracy: {min: 0.999}")
        missed = short.exai("apply", "--yes", code=1)
    assert "accuracy" in missed.stdout + missed.stderr
    assert "specs/model.yaml:" in missed.stdout + missed.stderr
    assert short.versions() == [1, 2]
    assert short.champion() == 1
    assert asker.failures == []
    assert asker.answers > 20
    assert "accuracy" in short.exai("status", code=None).stdout

    # nothing to do, though the gate is missed: the verdict stands, and no run is repeated
    assert short.changes() == []
    assert short.exai("apply", "--yes").returncode == 0
    assert len(short.runs()) == 2

    # the gate is loosened: recorded metrics are judged again, and the service is handed over
    asker = Asker(short, url)
    with asker:
        short.edit("specs/model.yaml", "accuracy: {min: 0.999}", "accuracy: {min: 0.8}")
        assert [c["verb"] for c in short.changes()] == ["judge", "move", "update"]
        short.exai("apply", "--yes")
    assert asker.failures == []
    assert len(short.runs()) == 2
    assert short.champion() == 2
    assert short.url == url, "the port is kept for the service's life"


class Asker:
    """Asks for a prediction over and over in a thread, and remembers every request that didn't
    get one."""

    def __init__(self, project: Project, url: str) -> None:
        self.answers = 0
        self.failures: list[str] = []
        self._project, self._url = project, url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                assert self._project.ask(self._url)["prediction"] == "setosa"
                self.answers += 1
            except Exception as error:
                self.failures.append(repr(error))
            time.sleep(0.01)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()


def test_a_folder_with_spaces_umlauts_and_python3_in_its_path(make_project: MakeProject) -> None:
    project = make_project("python3 mit Umläuten")
    project.exai("apply", "--yes")
    assert project.ask(project.url)["prediction"] == "setosa"
    assert project.changes() == []


def test_a_secrets_value_is_nowhere(short: Project) -> None:
    # The second one is what the load step prints.
    values = {"token": "s3cr3t-Wert/+with=odd&chars", "rows": "150 rows, 6 columns"}
    secret = short.root / ".exai" / "secrets" / "db"
    secret.mkdir(parents=True)
    for key, value in values.items():
        (secret / key).write_text(value)
    ref = "{TOKEN: {secret: db, key: token}, ROWS: {secret: db, key: rows}}"
    short.edit("specs/pipeline.yaml", "  steps:\n", f"  defaults: {{env: {ref}}}\n  steps:\n")
    short.edit("specs/service.yaml", "  protocol: v2\n", f"  protocol: v2\n  env: {ref}\n")
    outputs = [
        short.exai(*words, code=None)
        for words in (["plan"], ["apply", "--yes"], ["status"], ["plan", "--output", "json"])
    ]
    assert outputs[1].returncode == 0, outputs[1].stderr
    (log,) = (short.root / ".exai" / "local" / "runs").glob("*/run.log")
    assert "iris: ***\n" in log.read_text(), "the value was printed, and didn't come through"
    for key, value in values.items():
        for done in outputs:
            assert value not in done.stdout + done.stderr
        holders = [
            path
            for path in short.root.parent.rglob("*")
            if path.is_file() and path != secret / key and value.encode() in path.read_bytes()
        ]
        assert holders == []


def test_the_same_bytes_in_two_folders(make_project: MakeProject) -> None:
    one, two = make_project("one"), make_project("elsewhere two")
    texts: list[Any] = [p.json("plan") for p in (one, two)]
    assert texts[0] == texts[1]


def test_the_first_example_of_the_language_runs_as_it_stands(iris: Project) -> None:
    shutil.rmtree(iris.root / "specs")
    shutil.copy(ROOT / "tests" / "language_section_0.yaml", iris.root / "exai.yaml")
    iris.exai("apply", "--yes")
    assert iris.ask(iris.url)["prediction"] == "setosa"
    assert iris.changes() == []
