"""A fresh copy of an example, iris unless another is asked for, in a folder of its own, driven
through the command line as a person would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
IRIS = ROOT / "examples" / "iris"
# The same project for what doesn't depend on what its steps do: no Java, no Great Expectations, and
# every row to train and to evaluate on.
SHORT_PIPELINE = """\
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: iris-training, owner: data-team}
spec:
  experiment: iris_exp
  parameters:
    rounds: {type: integer, default: 20}
  run: {on: [spec, data]}
  steps:
    load:
      uses: load-dataset
      with: {dataset: iris}
    train:
      uses: train-sklearn
      with:
        data: ${{ steps.load.data }}
        estimator: LogisticRegression
        target: species
        features: [sepal_length, sepal_width, petal_length, petal_width]
        parameters: {max_iter: "${{ parameters.rounds }}"}
        seed: 42
    evaluate:
      uses: evaluate-model
      with:
        model: ${{ steps.train.model }}
        data: ${{ steps.load.data }}
    register:
      uses: register-model
      with:
        model: ${{ steps.train.model }}
        metrics: ${{ steps.evaluate.metrics }}
        as: iris_model
"""
SETOSA = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
EXAI = (sys.executable, "-m", "exai_runtime.cli.main")


@dataclass(frozen=True)
class Seen:
    """Versions of iris_model, the one that its alias names, and where the service answers."""

    versions: list[int]
    champion: int | None
    url: str


@dataclass(frozen=True)
class Project:
    """A project folder and the environment of the processes that work on it.

    No Java is in PATH.
    """

    root: Path
    env: dict[str, str]

    @property
    def temp(self) -> Path:
        """The temporary folder that exai is given. Short enough for its sockets."""
        return Path(self.env["TMPDIR"])

    def command(self, *words: str) -> list[str]:
        return [*EXAI, "-C", str(self.root), *words]

    def exai(self, *words: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run a command.

        `code` is the exit code it must have; None accepts any.
        """
        done = subprocess.run(
            self.command(*words),
            env=self.env,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr + done.stdout
        if code is not None:
            assert done.returncode == code, f"{words}: {done.stdout}\n{done.stderr}"
        return done

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*words),
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def json(self, *words: str, code: int | None = 0) -> dict[str, Any]:
        """The `result` of a command's JSON."""
        answer = json.loads(self.exai(*words, "--output", "json", code=code).stdout)
        return dict(answer["result"] or {})

    def changes(self) -> list[dict[str, Any]]:
        """What a plan lists now."""
        return list(self.json("plan")["changes"])

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.root / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1))

    @property
    def url(self) -> str:
        """Where the service `iris` answers."""
        return address(self.json("status", code=None))

    def seen(self) -> Seen:
        """What one `exai status` tells of the model and the service."""
        told = self.json("status", code=None)
        (model,) = told["models"]
        champion = dict(model["aliases"]).get("champion")
        return Seen(list(model["versions"]), champion, address(told))

    def ask(self, url: str) -> dict[str, Any]:
        """One V1 prediction, straight over HTTP."""
        body = json.dumps({"instances": [SETOSA]}).encode()
        request = urllib.request.Request(
            f"{url}/v1/models/iris:predict", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer)["predictions"][0])

    def versions(self) -> list[int]:
        """The versions of iris_model, in order."""
        (model,) = self.json("status", code=None)["models"]
        return list(model["versions"])

    def champion(self) -> int | None:
        (model,) = self.json("status", code=None)["models"]
        return dict(model["aliases"]).get("champion")

    def runs(self) -> list[Path]:
        return sorted((self.root / ".exai" / "local" / "runs").glob("*/result.json"))


def address(status: dict[str, Any]) -> str:
    rows = [row for row in status["objects"] if row.get("url")]
    assert rows, "no service answers"
    return str(rows[0]["url"])


def environment(home: Path, path_without_java: Path) -> dict[str, str]:
    """A clean environment: own home, cache and temp folder, Python and the basic tools in PATH
    but no Java."""
    keep = {
        key: os.environ[key]
        for key in ("LANG", "LC_ALL", "EXAI_ALLOW_NO_CRDS")
        if key in os.environ
    }
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    return keep | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "TMPDIR": str(home / "tmp"),
        "PATH": str(path_without_java),
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p.startswith(str(IRIS.parents[1]))),
        "NO_COLOR": "1",
    }


@pytest.fixture(scope="session")
def path_without_java(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bin")
    (folder / "python3").symlink_to(sys.executable)
    assert shutil.which("java", path=str(folder)) is None
    return folder


MakeProject = Callable[..., Project]


@pytest.fixture
def make_project(tmp_path: Path, path_without_java: Path) -> Iterator[MakeProject]:
    """Makes project copies; whatever they started is destroyed at the end."""
    with projects(tmp_path, path_without_java) as make:
        yield make


@contextmanager
def projects(folder: Path, path_without_java: Path) -> Iterator[MakeProject]:
    """The same for a fixture of another scope."""
    made: list[tuple[Project, Path]] = []
    temp = tempfile.TemporaryDirectory(prefix="t")

    def make(name: str = "iris", parent: Path = folder, example: Path = IRIS) -> Project:
        root = parent / name
        shutil.copytree(example, root, ignore=shutil.ignore_patterns(".exai", "data"))
        env = environment(folder / "home", path_without_java) | {"TMPDIR": temp.name}
        subprocess.run([sys.executable, str(root / "make_data.py")], env=env, check=True)
        made.append((Project(root, env), example))
        return made[-1][0]

    yield make
    for project, example in made:
        if (project.root / ".exai").exists():
            shutil.copytree(example / "specs", project.root / "specs", dirs_exist_ok=True)
            shutil.copy(example / "exai.yaml", project.root / "exai.yaml")
            project.exai("destroy", "--yes", "--purge", code=None)
    temp.cleanup()


@pytest.fixture
def iris(make_project: MakeProject) -> Project:
    return make_project()


def shortened(project: Project) -> Project:
    """It with SHORT_PIPELINE for its own."""
    (project.root / "specs" / "pipeline.yaml").write_text(SHORT_PIPELINE)
    return project


@pytest.fixture
def short(make_project: MakeProject) -> Project:
    """Iris with a pipeline of four short steps."""
    return shortened(make_project())


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory, path_without_java: Path) -> Iterator[Project]:
    """`short`, applied once for all tests of a file that don't mind what another left."""
    with projects(tmp_path_factory.mktemp("applied"), path_without_java) as make:
        project = shortened(make())
        project.exai("apply", "--yes")
        yield project
