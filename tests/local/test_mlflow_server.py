"""A real `mlflow server`: `exai lock` reads it, `render` and `plan --against` follow the lock.

It also holds what the tracking server of `oracles/mlflow_rest.py` answers, from which the fast
tests read, against what MLflow's own answers.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from git_repository import git
from mlflow_rest import MODELS, VERSIONS, Tracking, tracking

from exai_compiler.changes import Update
from exai_compiler.maybe import Known
from exai_runtime.comparing import plan_against
from exai_runtime.lock_results import Locked, Move
from exai_runtime.locking import lock
from exai_runtime.remote_registry import read_models_at
from exai_runtime.rendering import render
from exai_runtime.results import Refused, RenderedFiles
from exai_specs.diagnostics import Span

pytestmark = pytest.mark.slow

SHOP = Path(__file__).parents[1] / "golden/kubernetes/shop"
FAR = "https://mlflow.example.com"
MODEL = "flower_model"
CHAMPION = f"{MODEL}@champion"
DIGEST = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
PLACES = [f"s3://acme-ml/models/{MODEL}/{number}" for number in (1, 2, 3)]
# What MLflow's search of models asks for by itself.
NO_PROMPTS = "tag.%60mlflow.prompt.is_prompt%60+%21%3D+%27true%27"
# When something was made differs from server to server.
TIMES = ("creation_timestamp", "last_updated_timestamp")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A tracking server on its own SQLite file, with its workers ended at the end."""
    port = free_port()
    words = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    words += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    words += ["--default-artifact-root", (folder / "artifacts").as_uri()]
    silent = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=os.environ | silent,
            start_new_session=True,
        )
    try:
        uri = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 240
        while not healthy(uri):
            said = (folder / "log").read_text()
            assert process.poll() is None and time.monotonic() < deadline, said
            time.sleep(0.2)
        yield uri
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)


def healthy(uri: str) -> bool:
    try:
        with urllib.request.urlopen(f"{uri}/health", timeout=5) as found:
            return bool(found.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def like() -> Iterator[Tracking]:
    """The one of this process, with what the real one is given."""
    with tracking() as server:
        server.has(MODEL, PLACES, {"champion": 2}, DIGEST, {"accuracy": 0.9})
        server.versions["empty_model"] = []
        yield server


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory, like: Tracking) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("mlflow")) as found:
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=found, registry_uri=found)
        for model, versions in like.versions.items():
            client.create_registered_model(model)
            for source, tags in versions:
                client.create_model_version(model, source, tags=dict(tags))
        client.set_registered_model_alias(MODEL, "champion", "2")
        yield found


@pytest.fixture
def shop(tmp_path: Path, uri: str) -> Path:
    """Committed, with the registry of `prod` at the server, and nothing pinned there."""
    folder = Path(shutil.copytree(SHOP, tmp_path / "shop"))
    text = (folder / "exai.yaml").read_text()
    (folder / "exai.yaml").write_text(text.replace(FAR, uri, 1))
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "specs")):
        git(folder, *words)
    return folder


def test_what_it_has_is_pinned_rendered_and_compared(shop: Path) -> None:
    found = lock(shop, "prod", ())
    assert isinstance(found, Locked), found
    assert found.moves == (Move(CHAMPION, None, 2, PLACES[1]),)
    assert place_of(shop) == PLACES[1]
    git(shop, "commit", "-qam", "version 2")

    found = lock(shop, "prod", [f"{CHAMPION}=3"])
    assert isinstance(found, Locked), found
    assert found.moves == (Move(CHAMPION, 2, 3, PLACES[2]),)
    assert place_of(shop) == PLACES[2]
    against = plan_against(shop, "prod", "HEAD")
    assert against.comparison is not None and against.comparison.plan is not None
    moved = {
        str(field.path[-1]): (field.old, field.new)
        for planned in against.comparison.plan.changes
        if isinstance(planned.change, Update)
        for field in planned.change.fields
    }
    assert moved["storageUri"] == (Known(PLACES[1]), Known(PLACES[2]))

    refused = lock(shop, "prod", [f"{CHAMPION}=4"])
    assert isinstance(refused, Refused)
    assert [each.code for each in refused.diagnostics] == ["no-version"]
    assert "1, 2, 3" in refused.diagnostics[0].hint


def place_of(shop: Path) -> str:
    result = render(shop, "prod", (), shop.parent / "out")
    assert isinstance(result, RenderedFiles), result
    assert result.left_out == ()
    text = next((shop.parent / "out").rglob("*inferenceservice-flowers.yaml")).read_text()
    return next(line for line in text.splitlines() if "storageUri:" in line).split()[-1]


def test_the_fast_tests_read_what_it_answers(uri: str, like: Tracking) -> None:
    at = Span("exai.yaml")
    assert dict(read_models_at(uri, at)) == dict(read_models_at(like.uri, at))
    for path in (f"{VERSIONS}?max_results=10000", f"{MODELS}?filter={NO_PROMPTS}&max_results=100"):
        assert answer(uri + path) == answer(like.uri + path)
    for path in (f"{VERSIONS}?max_results=2", f"{MODELS}?max_results=1"):
        first, second = answer(uri + path), answer(like.uri + path)
        assert first.pop("next_page_token") and second.pop("next_page_token")
        assert first == second


def answer(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=30) as found:
        return timeless(json.load(found))


def timeless(value: Any) -> Any:
    if isinstance(value, list):
        return [timeless(each) for each in value]
    if isinstance(value, dict):
        return {key: type(each) if key in TIMES else timeless(each) for key, each in value.items()}
    return value


def test_another_path_there_is_no_registry(shop: Path, uri: str) -> None:
    text = (shop / "exai.yaml").read_text()
    (shop / "exai.yaml").write_text(text.replace(uri, f"{uri}/elsewhere"))
    refused = lock(shop, "prod", [CHAMPION])
    assert isinstance(refused, Refused)
    [problem] = refused.diagnostics
    assert (problem.code, problem.at.path) == ("registry-unreachable", "exai.yaml")
    assert "HTTP status 404" in problem.message


def test_one_that_has_ended_is_told(shop: Path, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    text = (shop / "exai.yaml").read_text()
    (shop / "exai.yaml").write_text(text.replace(uri, f"http://127.0.0.1:{free_port()}"))
    refused = lock(shop, "prod", [CHAMPION])
    assert isinstance(refused, Refused)
    assert "Connection refused" in refused.diagnostics[0].message
