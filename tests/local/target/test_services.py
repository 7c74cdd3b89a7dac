"""Services by KServe's own server: detached, on a port that stays, never doubled, never gone."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import pytest

from exai_compiler.build import Build, Rendered
from exai_compiler.changes import Delete, Update
from exai_runtime.local import ledger, process
from exai_specs.effects import Effect
from exai_specs.identity import Ref

from .conftest import Place, files_with, wait_for
from .serving import (
    NOTHING,
    ROW,
    bring_up,
    change,
    holding,
    predict,
    service_id,
    take_down,
    target,
)

pytestmark = pytest.mark.slow

SECRET = "hunter22 & more"  # noqa: S105 - made up


def served(place: Place) -> ledger.Served:
    return ledger.read(place.paths.control).services["iris"]


def address(place: Place) -> str:
    found = target(place.root).address("iris")
    assert found is not None
    return found


def up(place: Place, model: Path, **more: object) -> str:
    outcome = bring_up(place.root, "iris", model, place.heard.append, dict(more))
    assert outcome.result == "created", outcome
    return outcome.detail


class Client(threading.Thread):
    """Asks all the time, over a connection that it keeps and over new ones; notes refusals."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.port = urlsplit(url).port
        self.answers: set[str] = set()
        self.refused: list[str] = []
        self.count = 0
        self.going = True

    def run(self) -> None:
        body = json.dumps({"instances": [ROW]})
        kept = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while self.going:
            for connection in (
                kept,
                http.client.HTTPConnection("127.0.0.1", self.port, timeout=10),
            ):
                try:
                    head = {"Content-Type": "application/json"}
                    connection.request("POST", "/v1/models/iris:predict", body, head)
                    answer = connection.getresponse()
                    text = answer.read().decode()
                    if answer.status == 200:
                        self.answers.add(text)
                    else:
                        self.refused.append(text)
                except OSError as error:
                    self.refused.append(repr(error))
                self.count += 1
                if connection is not kept:
                    connection.close()
            time.sleep(0.005)
        kept.close()


@contextmanager
def asking(url: str) -> Iterator[Client]:
    client = Client(url)
    client.start()
    yield client
    client.going = False
    client.join()


def test_a_service_outlives_its_apply_and_keeps_its_port(place: Place, models: Path) -> None:
    url = up(place, models / "a")
    assert predict(url, "iris")["prediction"] == "setosa"
    assert address(place) == url
    assert len(served(place).socket.encode()) < 100
    live = target(place.root).observe().objects[service_id("iris")]
    assert live.drift == ()
    os.kill(served(place).process.pid, signal.SIGKILL)
    wait_for(lambda: target(place.root).address("iris") is None)
    (drift,) = target(place.root).observe().objects[service_id("iris")].drift
    assert (drift.path, drift.reason) == (("status", "process"), "drifted")
    with target(place.root) as writer:
        same = change("iris", models / "a")
        again = Update(same.id, same.origin, same.body, (drift,))
        assert writer.apply(again, NOTHING, print).detail == url
    assert predict(url, "iris")["prediction"] == "setosa"
    assert take_down(place.root, "iris").result == "deleted"
    assert place.living() == []
    assert ledger.read(place.paths.control).services == {}


def test_nothing_is_refused_while_a_new_version_takes_over(place: Place, models: Path) -> None:
    url = up(place, models / "a")
    with asking(url) as client:
        wait_for(lambda: client.count > 20)
        assert up(place, models / "b") == url
        wait_for(lambda: len(client.answers) == 2)
    assert client.refused == []
    assert len(place.living()) == 1


def row(place: Place, model: Path) -> tuple[str, str]:
    wanted = change("iris", model)
    rendered = Rendered(wanted.id, wanted.origin, wanted.body, 4, Effect.REDEPLOY)
    whole = Build("local", (rendered,), (), (), (), (), MappingProxyType({}))
    (found,) = target(place.root).health(whole)
    return found.state, found.url


def test_health_is_honest(place: Place, models: Path) -> None:
    assert row(place, models / "a") == ("missing", "")
    url = up(place, models / "a")
    assert row(place, models / "a") == ("ready", url)
    assert row(place, models / "b") == ("outdated", url)
    (serving,) = target(place.root).serving()
    assert serving.id == service_id("iris")
    assert serving.since.startswith("20")
    os.kill(served(place).process.pid, signal.SIGSTOP)
    assert row(place, models / "a")[0] == "failed", "it lives, and doesn't answer"
    os.kill(served(place).process.pid, signal.SIGKILL)
    wait_for(lambda: row(place, models / "a") == ("stopped", url))


def test_labels_and_replicas_restart_nothing(place: Place, models: Path) -> None:
    up(place, models / "a")
    before = served(place).process
    up(place, models / "a", labels={"team": "x"})
    assert served(place).process == before


def test_a_model_that_is_not_what_it_says_leaves_the_old_one(place: Place, models: Path) -> None:
    url = up(place, models / "a")
    before = served(place)
    outcome = bring_up(place.root, "iris", models / "b", print, {"digest": "0" * 64})
    assert outcome.result == "failed"
    assert "digest" in outcome.detail
    assert outcome.log.endswith("server.log")
    assert served(place) == before
    assert predict(url, "iris")["prediction"] == "setosa"
    assert len(place.living()) == 1


def test_a_port_in_use_is_named_with_who_has_it(place: Place, models: Path) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        outcome = bring_up(place.root, "iris", models / "a", print, {"port": port})
    assert outcome.result == "failed"
    assert outcome.detail.startswith("port-in-use:")
    assert str(port) in outcome.detail
    assert f"process {os.getpid()}" in outcome.detail
    assert place.living() == []
    assert target(place.root).observe().objects == {}
    assert up(place, models / "a", port=port) == f"http://127.0.0.1:{port}"


def a_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_renamed_service_takes_its_fixed_port_along(place: Place, models: Path) -> None:
    port = a_port()
    url = up(place, models / "a", port=port)
    renamed = change("renamed", models / "a", {"port": port})
    both = holding(renamed, change("iris", models / "a", {"port": port}))
    with target(place.root) as writer:
        refused = writer.apply(renamed, both, print)
    assert refused.result == "failed"
    assert refused.detail.startswith("port-in-use:"), "both should be there: it is a mistake"
    assert predict(url, "iris")["prediction"] == "setosa"
    old = served(place).process
    with target(place.root) as writer:
        outcome = writer.apply(renamed, holding(renamed), print)
        assert (outcome.result, outcome.detail) == ("created", url)
        assert predict(url, "renamed")["prediction"] == "setosa"
        wait_for(lambda: not process.alive(old))
        assert writer.apply(Delete(service_id("iris"), "gone"), NOTHING, print).result == "deleted"
    assert predict(url, "renamed")["prediction"] == "setosa"
    assert set(ledger.read(place.paths.control).services) == {"renamed"}
    assert len(place.living()) == 1


def test_two_services_swap_their_fixed_ports(place: Place, models: Path) -> None:
    one, two = a_port(), a_port()
    up(place, models / "a", port=one)
    assert bring_up(place.root, "b", models / "b", print, {"port": two}).result == "created"
    swapped = change("iris", models / "a", {"port": two}), change("b", models / "b", {"port": one})
    with target(place.root) as writer:
        for each in swapped:
            outcome = writer.apply(each, holding(*swapped), print)
            assert outcome.result == "created", outcome
    for name, port in (("iris", two), ("b", one)):
        assert predict(f"http://127.0.0.1:{port}", name)["prediction"] == "setosa"
    assert len(place.living()) == 2


def test_another_port_is_a_switch_too(place: Place, models: Path) -> None:
    first = up(place, models / "a")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    second = up(place, models / "a", port=port)
    assert second != first
    assert predict(second, "iris")["prediction"] == "setosa"
    assert len(place.living()) == 1


def test_a_secret_reaches_the_server_and_no_file(place: Place, models: Path) -> None:
    folder = place.root / ".exai/secrets/db"
    folder.mkdir(parents=True)
    (folder / "password").write_text(SECRET)
    reference = {"secretKeyRef": {"name": "db", "key": "password"}}
    up(place, models / "a", env=[{"name": "DB", "valueFrom": reference}])
    environ = Path(f"/proc/{served(place).process.pid}/environ").read_bytes()
    assert f"DB={SECRET}".encode() in environ
    assert files_with(place.root, SECRET) == [folder / "password"]
    for path in (folder / "password", folder, folder.parent):
        path.rmdir() if path.is_dir() else path.unlink()


def start(place: Place, model: Path) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("serving.py")
    command = [sys.executable, str(script), str(place.root), "iris", str(model), "{}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.parametrize("moment", ["loading", "loaded", "switched", "draining"])
def test_an_apply_killed_in_a_hand_over_converges(place: Place, models: Path, moment: str) -> None:
    url = up(place, models / "a")
    old = served(place).process
    with asking(url) as client:
        apply = start(place, models / "b")
        assert apply.stdout is not None
        wanted = {
            "loading": "phase='load', state='started'",
            "loaded": "phase='switch', state='started'",
            "switched": "phase='switch', state='finished'",
        }.get(moment)
        if wanted:
            while wanted not in apply.stdout.readline():
                pass
            if moment == "loading":
                wait_for(lambda: len(place.living()) == 2)
        else:
            wait_for(lambda: served(place).process != old)
        apply.kill()
        apply.communicate()
        assert predict(url, "iris")["prediction"] == "setosa"
        assert up(place, models / "b") == url
        wait_for(lambda: len(client.answers) == 2)
    assert client.refused == []
    wait_for(lambda: len(place.living()) == 1)
    assert place.living() == [served(place).process.pid]


def test_a_new_version_left_loaded_ends_when_nobody_wants_it(place: Place, models: Path) -> None:
    url = up(place, models / "a")
    apply = start(place, models / "b")
    wait_for(lambda: len(place.living()) == 2)
    apply.kill()
    apply.communicate()
    with target(place.root):
        pass
    assert place.living() == [served(place).process.pid]
    assert predict(url, "iris")["prediction"] == "setosa"
    assert Ref("Service", "iris") == target(place.root).observe().objects[service_id("iris")].origin
