"""What happened, on the nodes that declare it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.changes import ObjectId
from exai_compiler.edges import Node
from exai_compiler.facts import ModelFacts, ModelVersion, Verdict
from exai_compiler.picture import Fact
from exai_runtime.cli import main
from exai_runtime.feature_results import Freshness
from exai_runtime.happening import of_features, of_models, of_runs, of_services
from exai_runtime.results import Serving
from exai_runtime.run_results import RunRecord
from exai_runtime.target import Health
from exai_specs.identity import Ref

EXAMPLE = Path(__file__).parents[3] / "examples/iris"
PIPELINE = Node("Pipeline", "p")


def told(found: Iterable[tuple[Node, Fact]]) -> list[str]:
    return [f"{n} {fact.name}={fact.value} {fact.state}".strip() for n, fact in found]


def test_a_pipeline_has_its_newest_run_and_a_dataset_what_was_read_last() -> None:
    newest = RunRecord(
        "b" * 40,
        "p",
        "failed",
        "",
        1.0,
        1795161600.0,
        step="check",
        detail="150 rows,\nmore wanted",
        seconds={"load": 1.54, "check": 2.0},
    )
    older = RunRecord("a" * 40, "p", "succeeded", "", data={"iris": "ab" * 32})
    assert told(of_runs([newest, older])) == [
        "Pipeline/p run=bbbbbbbbbbbb failed 2026-11-20 08:00 UTC bad",
        "Pipeline/p#load took=1.5 s",
        "Pipeline/p#check failed=150 rows, more wanted bad",
        "Dataset/iris data=abababababab, read by run aaaaaaaaaaaa",
    ]


@pytest.mark.parametrize(
    ("verdict", "said"),
    [(None, "not judged waiting"), (True, "passed good"), (False, "missed bad")],
)
def test_a_model_has_its_newest_version_aliases_and_metrics(
    verdict: bool | None, said: str
) -> None:
    judged = None if verdict is None else Verdict("m", 2, "", verdict, ())
    old = ModelVersion("m", 1, "", "", "")
    new = ModelVersion("m", 2, "", "", "", metrics={"r2": 0.51239}, verdict=judged)
    known = ModelFacts((old, new), MappingProxyType({"champion": 1}))
    found = told(of_models({"m": known, "none": ModelFacts()}))
    assert found == [f"Model/m newest=v2, {said}", "Model/m champion=v1", "Model/m r2=0.5124"]


def test_views_and_services_have_their_state() -> None:
    fresh = Freshness(Ref("FeatureView", "v"), "fresh", newest="2026-11-20T10:00:00+00:00", rows=7)
    assert told(of_features([fresh])) == [
        "FeatureView/v online=fresh, 7 rows, newest 2026-11-20T10:00:00+00:00 good"
    ]
    which = ObjectId("serving.kserve.io/v1beta1", "InferenceService", "s")
    other = ObjectId("pipelines.kubeflow.org/v2beta1", "PipelineVersion", "p")
    health = [
        Health(which, Ref("Service", "s"), "ready"),
        Health(other, Ref("Pipeline", "p"), "ready"),
    ]
    assert told(of_services(health, [Serving(which, "m", 2)])) == [
        "Service/s state=ready good",
        "Service/s serves=m v2",
    ]


@pytest.fixture
def iris(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that was run once; its data are gone since."""
    root = tmp_path / "iris"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".exai", "data"))
    folder = root / ".exai/local/runs/aa1122334455667788"
    folder.mkdir(parents=True)
    result = {"key": folder.name, "spec_key": "", "pipeline": "iris-training", "state": "succeeded"}
    (folder / "result.json").write_text(
        json.dumps(result | {"data": {"iris": "ab" * 32}, "finished": 1795161600.0})
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(root)
    return root


@pytest.mark.usefixtures("iris")
def test_lineage_and_graph_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["lineage", "Dataset/iris", "--happened"]) == 0
    out, err = capsys.readouterr()
    assert "data abababababab, read by run aa1122334455" in out
    assert "happened in local\n" in out and "run aa1122334455 succeeded" in out
    assert "warning[missing-data]" in err
    assert main.run(["graph", "--happened", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["environment"] == "local"
    happened = {node["node"]: node["happened"] for node in found["nodes"]}
    assert happened["Pipeline/iris-training"][0]["state"] == "good"
    for form, text in (("mermaid", "run aa1122334455 succeeded"), ("html", '["data","abab')):
        assert main.run(["graph", "--happened", "--format", form]) == 0
        assert text in capsys.readouterr().out


@pytest.mark.usefixtures("iris")
def test_runs_are_events_of_what_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    def runs(*words: str) -> list[str]:
        time = ("--time", "2026-11-26T09:00:00Z")
        assert main.run(["graph", "--format", "openlineage", *time, *words]) == 0
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert any(event["schemaURL"].endswith("/JobEvent") for event in events)
        return [event["eventType"] for event in events if "run" in event]

    assert runs("--happened") == ["START", "COMPLETE"]
    assert runs() == []
    assert runs("--happened", "Dataset/iris") == ["START", "COMPLETE"]


def test_without_being_asked_nothing_is_looked_at(
    iris: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (iris / ".exai/local/runs/aa1122334455667788/result.json").write_text("{broken")
    assert main.run(["lineage", "Dataset/iris", "--output", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["result"]
    assert found["environment"] is None
    assert all(node["happened"] == [] for node in found["nodes"])


def test_an_environment_that_is_not_there(iris: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert iris.exists()
    for words in (["lineage", "Dataset/iris"], ["graph"]):
        assert main.run([*words, "--happened", "-e", "nowhere"]) == 1
        assert "error[unknown-environment]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "code"), [("mlflow.db", "damaged-registry"), ("control.db", "damaged-state")]
)
def test_what_is_damaged_is_said_and_the_rest_is_shown(
    iris: Path, capsys: pytest.CaptureFixture[str], file: str, code: str
) -> None:
    (iris / ".exai/local" / file).write_text("no database")
    assert main.run(["lineage", "Dataset/iris", "--happened"]) == 0
    out, err = capsys.readouterr()
    assert f"warning[{code}]" in err and err.count(f"[{code}]") == 1
    assert "Pipeline/iris-training#load" in out
    assert "run aa1122334455 succeeded" in out
