"""Starting the server: what it checks, what it needs, what it leaves alone."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exai_components.model_file import digest_of

pytestmark = pytest.mark.slow

# The server, with a thread that tells what is loaded whenever a line comes in.
WATCHED = """
import json, os, sys, threading

def watch():
    for _ in sys.stdin:
        import_names = sorted(name for name, module in sys.modules.items() if module)
        with open("/proc/self/maps") as maps:
            machines = len({line.split()[-1] for line in maps if "libjvm" in line})
        print(json.dumps({"modules": import_names, "machines": machines}), flush=True)

threading.Thread(target=watch, daemon=True).start()
from exai_components.serve.options import parse_options
from exai_components.serve.start import run
sys.exit(run(parse_options(sys.argv[1:])))
"""
ROW = [5.1, 3.5, 1.4, 0.2]


def run(model: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A server that is expected to end by itself."""
    command = ["-m", "exai_components.serve", "--model_name", "iris", "--model_dir", str(model)]
    return subprocess.run(
        [sys.executable, *command, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | env,
    )


def assert_one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("exai: ")
    for word in words:
        assert word in done.stderr


def test_another_digest_than_declared_is_refused(models: Any) -> None:
    done = run(models / "iris", "--http_port", "0", EXAI_MODEL_DIGEST="0" * 64)
    assert_one_line(done, digest_of(models / "iris"), "0" * 64)


def test_a_changed_mojo_is_refused(models: Any, tmp_path: Path) -> None:
    changed = tmp_path / "model"
    shutil.copytree(models / "iris", changed)
    with (changed / "model.zip").open("ab") as stream:
        stream.write(b"x")
    assert_one_line(run(changed, "--http_port", "0"), "model.zip", "digest")


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    assert_one_line(run(tmp_path / "none", "--http_port", "0"), "none")
    (tmp_path / "exai-model.json").write_text("{}")
    assert_one_line(run(tmp_path, "--http_port", "0"), "exai-model.json")


def test_a_mojo_that_its_signature_does_not_describe_is_refused(
    models: Any, tmp_path: Path
) -> None:
    wrong = tmp_path / "model"
    shutil.copytree(models / "iris", wrong)
    signature = json.loads((wrong / "exai-model.json").read_text())
    signature["classes"] = ["a", "b", "c"]
    (wrong / "exai-model.json").write_text(json.dumps(signature))
    assert_one_line(run(wrong, "--http_port", "0"), "classes")
    signature["columns"] = signature["columns"][1:]
    (wrong / "exai-model.json").write_text(json.dumps(signature))
    assert_one_line(run(wrong, "--http_port", "0"), "sepal_length")


def test_a_port_in_use_is_told_at_once(models: Any) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = str(stranger.getsockname()[1])
        assert_one_line(run(models / "iris", "--http_port", port), f"port {port}", "in use")


def test_a_control_path_that_is_too_long_is_told(models: Any, tmp_path: Path) -> None:
    path = str(tmp_path / ("x" * 120))
    assert_one_line(run(models / "iris", "--no_listen", "--control", path), "bytes", "shorter")


def test_it_needs_no_java_of_the_machine(launch: Any, models: Any) -> None:
    server = launch(
        models / "iris", port=0, PATH="/nonexistent", JAVA_HOME="/nonexistent", H2O_JAVA_HOME=""
    )
    state = server.tell("GET", "/exai/state")[1]
    assert state["state"] == "serving"
    server.port = state["port"]
    assert server.ask("POST", "/v1/models/iris:predict", {"instances": [ROW]})[0] == 200


def test_it_listens_on_this_machine_only(launch: Any, models: Any) -> None:
    server = launch(models / "iris", port=0)
    port = server.tell("GET", "/exai/state")[1]["port"]
    listening = [
        line.split()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
    ]
    assert listening == [f"0100007F:{port:04X}"]


def test_it_writes_no_file(launch: Any, models: Any, tmp_path: Path) -> None:
    server = launch(models / "iris", port=0, TMPDIR=str(tmp_path))
    server.process.terminate()
    assert server.ended() == 0
    assert list(tmp_path.iterdir()) == []
    assert not list(Path("/tmp").glob(f"hsperfdata_*/{server.process.pid}"))  # noqa: S108
    assert sorted(path.name for path in (models / "iris").iterdir()) == [
        "exai-model.json",
        "model.zip",
    ]


def test_no_request_starts_java_or_imports_anything(models: Any) -> None:
    control = Path("/tmp") / f"exai-watched-{os.getpid()}"  # noqa: S108 - a short path
    arguments = ["--model_name", "iris", "--model_dir", str(models / "iris"), "--no_listen"]
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED, *arguments, "--control", str(control)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    orders, answers, log = process.stdin, process.stdout, process.stderr
    assert orders and answers and log

    def loaded() -> Any:
        orders.write("\n")
        orders.flush()
        return json.loads(answers.readline())

    try:
        assert log.readline() == "exai: iris is ready\n"
        before = loaded()
        assert before["machines"] == 1
        names = {name.partition(".")[0] for name in before["modules"]}
        assert not names & {"pandas", "kubernetes", "mlflow", "h2o", "sklearn", "kfp", "rich"}
        bodies: list[Any] = [
            {"instances": [ROW]},
            {"instances": [ROW] * 1000},
            {"instances": [["x"]]},
            {"instances": []},
            {},
        ]
        for body in bodies:
            _post(control, "/v1/models/iris:predict", body)
        matrix: Any = {"name": "x", "shape": [1, 4], "datatype": "FP64", "data": ROW}
        wrong: Any = matrix | {"shape": [9, 9]}
        inputs: Any
        for inputs in ([matrix], [wrong], [{}], []):
            _post(control, "/v2/models/iris/infer", {"inputs": inputs})
        _post(control, "/v2/models/none/infer", {})
        after = loaded()
        assert after["machines"] == 1
        assert set(after["modules"]) - set(before["modules"]) == set()
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _post(control: Path, path: str, body: Any) -> None:
    content = json.dumps(body).encode()
    with socket.socket(socket.AF_UNIX) as unix:
        unix.settimeout(20)
        unix.connect(str(control))
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        unix.sendall(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
        assert unix.recv(65536).startswith(b"HTTP/1.1 ")
