"""From a table to a served prediction: `exai apply` in a fresh project against the same work as
straight library calls.

The peer is straight_calls.py (one process, from data to register) and then the same model
server as a second process. Both start cold, alternate, and end when the first prediction has
come back. Bar: at most 1.5 times the peer.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROUNDS = int(os.environ.get("ROUNDS", "3"))
ROOT = Path(__file__).resolve().parents[2]
IRIS = ROOT / "examples" / "iris"
ROW = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


def loop(folder: Path) -> float:
    project = folder / "iris"
    shutil.copytree(IRIS, project, ignore=shutil.ignore_patterns(".exai"))
    exai = [sys.executable, "-m", "exai_runtime.cli.main", "-C", str(project)]
    started = time.perf_counter()
    subprocess.run([*exai, "apply", "--yes"], check=True, capture_output=True)
    row = [word for name, value in ROW.items() for word in ("--row", f"{name}={value}")]
    subprocess.run([*exai, "predict", "iris", *row], check=True, capture_output=True)
    seconds = time.perf_counter() - started
    subprocess.run([*exai, "destroy", "--yes", "--purge"], check=True, capture_output=True)
    return seconds


def straight(folder: Path) -> float:
    script = Path(__file__).with_name("straight_calls.py")
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, str(script), str(IRIS / "data" / "iris.db"), str(folder / "straight")],
        check=True,
        capture_output=True,
    )
    port = free_port()
    command = [sys.executable, "-m", "exai_components.serve", "--model_name=iris"]
    command += [f"--model_dir={folder / 'straight' / 'model'}", f"--http_port={port}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            predict(port)
            return time.perf_counter() - started
        finally:
            server.terminate()


def predict(port: int) -> None:
    url = f"http://127.0.0.1:{port}/v1/models/iris:predict"
    body = json.dumps({"instances": [ROW]}).encode()
    deadline = time.monotonic() + 60
    while True:
        try:
            request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert json.load(answer)["predictions"][0]["prediction"] == "setosa"
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    subprocess.run([sys.executable, str(IRIS / "make_data.py")], check=True)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            theirs.append(straight(Path(folder)))
            ours.append(loop(Path(folder)))
    mine, peer = statistics.median(ours), statistics.median(theirs)
    print("| closed loop, cold                     | median s | best s | ratio |")
    print("|---------------------------------------|----------|--------|-------|")
    print(f"| straight calls, then the model server | {peer:8.1f} | {min(theirs):6.1f} |  1.00 |")
    print(
        f"| exai apply, exai predict              | {mine:8.1f} | {min(ours):6.1f} | {mine / peer:5.2f} |"
    )


if __name__ == "__main__":
    main()
