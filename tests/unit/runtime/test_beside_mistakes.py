"""Who only asks what runs is answered beside mistakes in the specs, and told what isn't known."""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.changes import verb
from exai_compiler.facts import Materialized, ModelFacts, ModelVersion, Verdict
from exai_runtime import looking_back, session
from exai_runtime.feature_results import FeatureList
from exai_runtime.features.listing import listed
from exai_runtime.features.looking_up import get
from exai_runtime.features.pushing import push
from exai_runtime.local import fact_cache, registry
from exai_runtime.local.control import Control
from exai_runtime.local.features.execute import REPOSITORY_KIND, online_file, store_mark
from exai_runtime.local.features.paths import feature_paths
from exai_runtime.local.features.records import Recorded
from exai_runtime.local.ledger import Served
from exai_runtime.local.paths import Paths, cache_folder
from exai_runtime.local.process import identify
from exai_runtime.local.rendered import SERVICE_KIND, plain, wanted
from exai_runtime.local.run_requests import Request, RunResult, write_request, write_result
from exai_runtime.results import StatusReport
from exai_runtime.run_results import RunList
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.status import lines
from exai_runtime.views.json.envelope import envelope
from exai_specs.values import replace

TESTS = Path(__file__).parents[2]
PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  exai: ">=0.1"
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: iris}
spec:
  model: {uri: "file:///models/iris", format: h2o-mojo}
  protocol: v1
"""
HALF = """\
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: tulips}
spec:
  model: {uri: "file:///models/tulips"
"""
UNKNOWN = """\
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: tulips}
spec: {model: tulips}
"""


OVERLAY = """\
---
apiVersion: exai.dev/v1alpha1
kind: Overlay
metadata: {name: more}
spec: {environment: local, target: Service/iris, patch: {spec: {replicas: {min: 1, max: 3}}}}
"""


class Server(BaseHTTPRequestHandler):
    """A model's server: V1 on its port, its state on its socket."""

    def do_GET(self) -> None:
        self.answer({"pid": os.getpid(), "digest": "d", "port": 1, "state": "serving"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"predictions": [{"prediction": self.path}]})

    def answer(self, value: Any) -> None:
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        return

    def address_string(self) -> str:
        return "here"


class Sockets(socketserver.UnixStreamServer):
    """The same over a Unix socket."""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    (folder / "specs").mkdir(parents=True)
    (folder / "exai.yaml").write_text(PROJECT.replace('"\n---', '"\n  specs: [specs]\n---'))
    return folder


RunningOn = Callable[[Path], None]


@pytest.fixture
def running_on() -> Iterator[RunningOn]:
    """Records a project's objects as applied, with a server of this process behind its service."""
    with tempfile.TemporaryDirectory() as short, HTTPServer(("127.0.0.1", 0), Server) as server:
        socket = f"{short}/s"
        with Sockets(socket, Server) as sockets:
            for each in (server, sockets):
                threading.Thread(target=each.serve_forever, args=(0.02,), daemon=True).start()
            yield lambda root: record(root, socket, server.server_port)
            for each in (server, sockets):
                each.shutdown()


@pytest.fixture
def running(root: Path, running_on: RunningOn) -> Path:
    """The project with its service, which this process serves."""
    running_on(root)
    return root


def record(root: Path, socket: str, port: int) -> None:
    """What an apply of the project records."""
    build = session.plan(root, "local").build
    assert build is not None
    paths = Paths(root, "local")
    paths.control.parent.mkdir(parents=True)
    control = Control(paths.control)
    with control.ending(control.begin("create", "all"), "created"):
        for each in build.objects:
            control.store(each.id, each.origin, plain(each.body))
            if each.id.kind == SERVICE_KIND:
                name, form = each.id.name, wanted(each.id.name, plain(each.body)).form
                process = identify(os.getpid())
                assert process is not None
                control.store_service(Served(name, process, port, socket, "d", form))
    control.close()


def bring_online(root: Path) -> None:
    """What a materialization of `petals` leaves."""
    paths = Paths(root, "local")
    control = Control(paths.control)
    bodies = (v.body for k, v in control.ledger().objects.items() if k.kind == REPOSITORY_KIND)
    body = plain(next(bodies))
    file = online_file(feature_paths(paths.state), body)
    assert file is not None
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    newest = datetime.now(UTC).isoformat()
    fact = Materialized("petals", "key", "meaning", "v1", newest, time.time(), 150)
    with control.ending(control.begin("materialize", "petals"), "succeeded"):
        done = Recorded(fact, "measurements", "", store_mark(body))
        control.online.finish(done, anew=True)
        control.online.push("petals", 3, newest)
    control.close()


def a_run(root: Path, key: str, at: float, *, by_hand: bool = False) -> None:
    run = Paths(root, "local").run(key)
    run.folder.mkdir(parents=True)
    about: dict[str, Any] = {"data": {}, "pipeline": "flower-training", "spec_key": "s"}
    asked = Request(key=key, version="v", arguments={}, scratch="", **about)
    write_request(run, replace(asked, started=at, by_hand=by_hand))
    write_result(run, RunResult(key=key, state="succeeded", finished=at + 9, **about))


def told(found: Any) -> list[tuple[str, str]]:
    return [(each.severity, each.code) for each in found.diagnostics]


def rows(report: StatusReport) -> list[tuple[str, str, str]]:
    return [(str(row.origin), row.state, row.drift) for row in report.health]


@pytest.mark.parametrize("text", [HALF, UNKNOWN], ids=["unreadable", "unknown reference"])
def test_what_runs_is_told_beside_a_document_with_a_mistake(running: Path, text: str) -> None:
    sound = session.status(running, "local")
    assert rows(sound) == [("Service/iris", "ready", "")]
    assert sound.health[0].detail == "" and told(sound) == []
    (running / "specs/half.yaml").write_text(text)
    found = session.status(running, "local")
    assert rows(found) == [("Service/iris", "ready", "unknown")]
    assert "isn't known" in found.health[0].detail
    assert replace(found.health[0], detail="", drift="") == sound.health[0]
    assert found.serving == sound.serving
    assert told(found) == [("warning", "broken-specs")]
    assert found.exit_code == 0
    answer = session.predict(running, "local", "iris", [{"a": 1.0}], None)
    assert [dict(each) for each in answer.answers] == [{"prediction": "/v1/models/iris:predict"}]
    assert (answer.protocol, answer.exit_code) == ("v1", 0)
    assert told(answer) == [("warning", "broken-specs")]


def test_the_warning_has_the_number_of_errors_and_the_first_place(running: Path) -> None:
    (running / "specs/half.yaml").write_text(UNKNOWN + "---\n" + UNKNOWN.replace("tulips", "roses"))
    [problem] = session.status(running, "local").diagnostics
    assert problem.message.startswith("the specs have 2 errors, the first: ")
    assert "`tulips`" in problem.message
    assert str(problem.at) == "specs/half.yaml:4:15"
    assert problem.hint == "`exai validate` shows all of it"


def test_what_changes_something_refuses_as_before(running: Path) -> None:
    (running / "specs/half.yaml").write_text(UNKNOWN)
    assert session.plan(running, "local").plan is None
    applied = session.apply(running, "local", lambda _: True, lambda _: None)
    assert (applied.exit_code, applied.plan) == (1, None)
    assert told(applied)[0][0] == "error"


def test_a_service_whose_own_document_is_wrong_is_asked_as_it_was_applied(running: Path) -> None:
    text = (running / "exai.yaml").read_text()
    (running / "exai.yaml").write_text(text.replace("  model: {", "  modle: {"))
    assert rows(session.status(running, "local")) == [("Service/iris", "ready", "unknown")]
    answer = session.predict(running, "local", "iris", [{"a": 1.0}], None)
    assert (answer.protocol, answer.exit_code) == ("v1", 0)
    answer = session.predict(running, "local", "irsi", [{}], None)
    assert told(answer) == [("warning", "broken-specs"), ("error", "unknown-service")]
    assert answer.diagnostics[1].hint == "did you mean `iris`?"


def test_a_service_whose_document_is_gone_is_told_while_it_runs(running: Path) -> None:
    sound = session.status(running, "local")
    head, _, _ = (running / "exai.yaml").read_text().partition("---\n")
    (running / "exai.yaml").write_text(head)
    planned = session.plan(running, "local").plan
    assert planned is not None and {verb(each.change) for each in planned.changes} == {"delete"}
    found = session.status(running, "local")
    said = "runs; no document asks for it; the next apply ends it"
    assert found.health == (replace(sound.health[0], state="outdated", detail=said),)
    assert found.serving == sound.serving
    assert (told(found), found.exit_code) == ([], 0), "as for what else an apply would change"
    text = "\n".join(lines(found, datetime.now(UTC), Paint(False)))
    assert "Service/iris" in text and said in text
    answer = session.predict(running, "local", "iris", [{"a": 1.0}], None)
    assert told(answer) == [("error", "unknown-service")]
    assert "it runs still, and the next apply ends it" in answer.diagnostics[0].hint


def test_nobody_speaks_of_a_service_that_neither_runs_nor_is_asked_for(running: Path) -> None:
    process_is_gone(running)
    head, _, _ = (running / "exai.yaml").read_text().partition("---\n")
    (running / "exai.yaml").write_text(head)
    assert session.status(running, "local").health == ()
    answer = session.predict(running, "local", "iris", [{"a": 1.0}], None)
    assert answer.diagnostics[0].hint == "there are: none"


def test_a_service_that_certainly_should_run_and_doesnt_is_missing(root: Path) -> None:
    (root / "specs/half.yaml").write_text(UNKNOWN)
    found = session.status(root, "local")
    assert rows(found) == [("Service/iris", "missing", "")]
    assert found.exit_code == 1
    answer = session.predict(root, "local", "iris", [{}], None)
    assert told(answer) == [("warning", "broken-specs"), ("error", "not-running")]
    assert answer.diagnostics[1].hint.startswith("once the specs are mended, `exai apply` ")
    assert answer.diagnostics[1].hint.endswith(" `exai status` says what it waits for")
    overlay = "---\napiVersion: exai.dev/v1alpha1\nkind: Overlay\nmetadata: {name: o}\n"
    (root / "specs/half.yaml").write_text(overlay + "spec: {environment: local, target: [")
    found = session.status(root, "local")
    assert (rows(found), found.exit_code) == ([], 0), "the overlay may have stopped it"


def test_what_a_service_waits_for_is_not_known_and_not_nothing(root: Path) -> None:
    shutil.copytree(TESTS.parent / "examples/iris", root, dirs_exist_ok=True)
    sound = session.status(root, "local")
    waits = "waits for Model/iris_model: "
    assert [each.detail[: len(waits)] for each in sound.health if each.state == "missing"] == [
        waits
    ]
    assert sound.waiting and sound.parity is not None
    (root / "specs/half.yaml").write_text(UNKNOWN)
    found = session.status(root, "local")
    [row] = [each for each in found.health if each.state == "missing"]
    assert row.detail == "not applied yet; whether it waits for something isn't known"
    told = envelope("status", found, found.exit_code)["result"]
    assert (told["waiting"], told["parity"]) == (None, None)


def process_is_gone(root: Path) -> None:
    control = Control(Paths(root, "local").control)
    process = identify(os.getpid())
    assert process is not None
    with control.ending(control.begin("create", "x"), "created"):
        control.store_service(Served("iris", replace(process, started=1), 1, "", "d", "f"))
    control.close()


def test_a_process_that_is_gone_is_told_with_any_mistake(running: Path) -> None:
    (running / "specs/half.yaml").write_text(HALF)
    process_is_gone(running)
    found = session.status(running, "local")
    assert rows(found) == [("Service/iris", "stopped", "unknown")]
    assert found.exit_code == 1


def test_without_a_project_everything_refuses(running: Path) -> None:
    text = (running / "exai.yaml").read_text()
    (running / "exai.yaml").write_text(text.replace("exai: ", "exia: "))
    for found in (
        session.status(running, "local"),
        session.predict(running, "local", "iris", [{}], None),
        looking_back.list_runs(running, "local", None, 3),
    ):
        assert {severity for severity, _ in told(found)} == {"error"}
        assert found.exit_code == 1


def test_an_unknown_environment_is_told_as_one(running: Path) -> None:
    (running / "specs/half.yaml").write_text(UNKNOWN)
    found = session.status(running, "prod")
    assert sorted(told(found)) == [("error", "unknown-environment"), ("warning", "broken-specs")]


def test_runs_and_destroying_need_no_sound_specs(running: Path) -> None:
    (running / "specs/half.yaml").write_text(HALF)
    assert isinstance(looking_back.list_runs(running, "local", None, 3), RunList)
    left = session.destroy(running, "local", False, lambda _: False, lambda _: None)
    assert left.plan is not None and left.plan.changes
    assert left.approved is False


RATIOS = "def ratios(inputs):\n    return inputs\n"


@pytest.fixture
def fed(root: Path) -> Path:
    """A project whose service looks features up, without its process, and with a run."""
    text = (TESTS / "language_section_5.yaml").read_text()
    served = 'model: {uri: "file:///models/flowers", format: h2o-mojo}'
    (root / "exai.yaml").write_text(text.replace("model: flower_model@champion", served))
    (root / "ratios.py").write_text(RATIOS)
    return root


def test_a_service_without_its_features_is_no_more_ready_beside_a_mistake(
    fed: Path, running_on: RunningOn
) -> None:
    running_on(fed)
    sound = session.status(fed, "local")
    (fed / "specs/half.yaml").write_text(HALF)
    found = session.status(fed, "local")
    for each in (sound, found):
        [service] = [row for row in each.health if row.origin.kind == "Service"]
        assert (service.state, each.exit_code) == ("failed", 1)
        assert service.detail == "it answers without petals, which isn't online: apply"
    assert [(row.view.name, row.state, row.ttl) for row in found.features] == [
        (row.view.name, row.state, row.ttl) for row in sound.features
    ]


def test_features_and_runs_are_told_from_the_records(fed: Path, running_on: RunningOn) -> None:
    running_on(fed)
    bring_online(fed)
    a_run(fed, "aa11", 1000.0)
    a_run(fed, "bb22", 2000.0)
    a_run(fed, "cc33", 3000.0, by_hand=True)
    sound = session.status(fed, "local")
    (fed / "specs/half.yaml").write_text(HALF)
    found = session.status(fed, "local")
    assert rows(found) == [
        ("Pipeline/flower-training", "ready", "unknown"),
        ("Service/flowers", "ready", "unknown"),
    ]
    assert found.health[0].id.name == "flower-training-bb22"
    assert found.features == tuple(replace(each, schedule="", due="") for each in sound.features), (
        "what brings them up to date is the specs' to say"
    )
    shown = listed(fed, "local")
    assert isinstance(shown, FeatureList)
    assert (shown.views, told(shown)) == (found.features, [("warning", "broken-specs")])
    assert shown.services["flower_features"][:2] == ("petals:petal_length", "ratios:petal_ratio")


def test_the_registry_says_which_models_there_are(fed: Path) -> None:
    verdicts = [Verdict("m", 1, "k", True, ()), Verdict("m", 2, "k", False, ()), None]
    versions = tuple(
        ModelVersion("m", number, "file:///m", "d", "k", verdict=verdict)
        for number, verdict in enumerate(verdicts, 1)
    )
    paths = Paths(fed, "local")
    paths.registry.parent.mkdir(parents=True)
    paths.registry.touch()
    stamp = registry.stamp(paths.registry)
    assert stamp is not None
    kept = cache_folder() / paths.owner / "models.json"
    fact_cache.save(kept, stamp, {"m": ModelFacts(versions, {"champion": 1})})
    (fed / "specs/half.yaml").write_text(HALF)
    [model] = session.status(fed, "local").models
    assert (str(model.model), model.aliases, model.versions) == (
        "Model/m",
        {"champion": 1},
        (1, 2, 3),
    )
    assert model.verdict == verdicts[1]
    assert model.note == "version 2 missed its gates: its aliases didn't move"


@pytest.mark.parametrize("wrong", ["{model: tulips}", "{modle: tulips}"])
def test_a_mistake_in_the_same_file_hides_no_service_that_is_missing(
    root: Path, wrong: str
) -> None:
    with (root / "exai.yaml").open("a") as file:
        file.write(OVERLAY)
        file.write("---\n" + UNKNOWN.replace("{model: tulips}", wrong))
    assert rows(session.status(root, "local")) == [("Service/iris", "missing", "")]


def test_features_are_looked_up_and_not_pushed_beside_a_mistake(
    fed: Path, running_on: RunningOn
) -> None:
    running_on(fed)
    (fed / "specs/half.yaml").write_text(HALF)
    found = get(fed, "local", "petasl", [{"flower_id": 1}])
    assert told(found) == [("warning", "broken-specs"), ("error", "unknown-view")]
    assert found.diagnostics[1].hint == "did you mean `petals`?"
    pushed = push(fed, "local", "petals", fed / "rows.csv")
    assert {severity for severity, _ in told(pushed)} == {"error"}
