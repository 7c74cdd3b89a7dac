"""MLflow's registry, read and written in process; and what a reader never does."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.build import Build, Promotion
from exai_compiler.changes import Judge, MoveAlias, Outcome
from exai_compiler.facts import Facts, FeaturesUsed, GateResult, Verdict
from exai_compiler.maybe import Known, Maybe, Unknown
from exai_compiler.project import Project, link
from exai_runtime.local import registry_file
from exai_runtime.local.registry_file import KNOWN
from exai_specs.documents import read
from exai_specs.identity import Ref
from exai_specs.parse import Spec, parse

from .conftest import Place
from .scenario import PIPELINE, Scenario, build
from .serving import service_id, target

pytestmark = pytest.mark.slow

MODEL = Ref("Model", "m")

# What register-model does, as far as the registry is concerned.
REGISTER = """
import json, sys
from mlflow import MlflowClient
client = MlflowClient(tracking_uri=sys.argv[1], registry_uri=sys.argv[1])
client.create_registered_model("m")
for number in (1, 2):
    met = {"metrics": {"accuracy": 0.8}, "version": 1, "digest": "d", "uri": "file:///1"}
    told = {"metrics": {"accuracy": 0.9}, "champion": met if number == 2 else None}
    tags = {"exai.uri": f"file:///{number}", "exai.digest": "d", "exai.run_key": f"k{number}",
            "exai.metrics": json.dumps(told)}
    if number == 2:
        tags["exai.format"] = "sklearn"
        tags["exai.features"] = json.dumps({"service": "f", "views": {"v": "0"}, "columns": {}})
    client.create_model_version("m", source="file:///x", tags=tags)
client.create_registered_model("gone")
client.create_model_version("gone", source="file:///y")
client.delete_model_version("gone", "1")
client.register_prompt("greeting", "Good day, {{name}}")
"""

LOOK = """
import json, pathlib, sys
from exai_runtime.local import registry_file
from exai_runtime.local.facts import FactReader
from exai_runtime.local.paths import Paths
from exai_specs.kinds.project import Environment
registry_file.KNOWN = frozenset(sys.argv[2:])
reader = FactReader(Paths(pathlib.Path(sys.argv[1]), "local"), Environment(target="local"))
models = reader.models()
print(json.dumps([repr(models), "mlflow" in sys.modules]))
"""


def project() -> Project:
    text = "apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: p}\nspec: {}\n"
    documents, _ = read(text, "exai.yaml")
    found = link([spec for item in documents if isinstance(spec := parse(item), Spec)])
    assert found is not None
    return found


def facts(place: Place) -> Facts:
    return target(place.root).facts(project())


def apply(place: Place, change: Judge | MoveAlias, verdict: Verdict | None = None) -> Outcome:
    empty: MappingProxyType[str, Maybe[int]] = MappingProxyType({})
    promotion = Promotion(MODEL, "k2", verdict, True, True, MappingProxyType({}), empty, ())
    whole = Build("local", (), (), (promotion,), (), (), MappingProxyType({}))
    with target(place.root) as writer:
        return writer.apply(change, whole, print)


def look(place: Place, known: frozenset[str] = KNOWN) -> tuple[str, bool]:
    """What a new process finds there, and whether it had to import MLflow; `known` are the
    revisions that are read without it.
    """
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(place.root), *known],
        capture_output=True,
        text=True,
        check=True,
    )
    found, asked = json.loads(done.stdout)
    return found, asked


def test_versions_verdicts_and_aliases(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert facts(place).models == {}
    with target(place.root):
        pass
    uri = f"sqlite:///{place.paths.registry}"
    subprocess.run([sys.executable, "-c", REGISTER, uri], check=True, capture_output=True)
    known = facts(place).models["m"]
    assert [version.number for version in known.versions] == [1, 2]
    assert known.versions[0].champion is None
    assert known.versions[1].champion is not None
    assert known.versions[1].champion.metrics == {"accuracy": 0.8}
    assert known.versions[1].uri == "file:///2"
    assert [version.format for version in known.versions] == ["h2o-mojo", "sklearn"]
    assert known.versions[0].features is None
    assert known.versions[1].features == FeaturesUsed("f", {"v": "0"}, {})
    verdict = Verdict("m", 2, "g", False, (GateResult("accuracy", "min", False, 0.9, 0.95),))
    assert apply(place, Judge(MODEL, "k2"), verdict).detail == "version 2 missed accuracy"
    assert apply(place, MoveAlias(MODEL, "champion", Known(1))).result == "moved"
    waits = MoveAlias(MODEL, "champion", Unknown(MODEL, "a run is on its way"))
    assert apply(place, waits).result == "pending"
    known = facts(place).models["m"]
    assert known.versions[1].verdict == verdict
    assert known.aliases == {"champion": 1}
    stored, asked = look(place)
    assert not asked, "the tables are MLflow's newest, and read without it"
    assert apply(place, MoveAlias(MODEL, "champion", Known(2))).result == "moved"
    moved = stored.replace("'champion': 1", "'champion': 2")
    assert look(place) == (moved, False)

    # MLflow itself sees the same, and writes the same.
    place.paths.registry.touch()  # another stamp, so that it is asked
    assert look(place, frozenset()) == (moved, True)
    assert look(place, frozenset()) == (moved, False), "the same stamp: it is asked once"
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(registry_file, "KNOWN", frozenset())
        done = apply(place, Judge(MODEL, "k2"), replace(verdict, passed=True))
        assert done.result == "succeeded"
        assert apply(place, MoveAlias(MODEL, "champion", Known(1))).result == "moved"
    known = facts(place).models
    assert sorted(known) == ["gone", "m"], "a model without a version, and no prompt"
    assert known["m"].aliases == {"champion": 1}
    assert known["m"].versions[1].verdict == replace(verdict, passed=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_reader_writes_nothing_into_the_project(place: Place) -> None:
    whole = build(Scenario({"load": "succeed"}))

    def look_at_everything() -> None:
        reader = target(place.root)
        reader.facts(project())
        reader.observe()
        reader.health(whole)
        assert list(reader.logs(Ref("Service", "none"))) == []
        assert list(reader.logs(Ref("Pipeline", "none"))) == []
        assert reader.address("none") is None
        assert reader.serving() == ()

    look_at_everything()
    assert contents(place.root) == {}
    assert not (place.root / ".exai").exists()
    assert place.apply(Scenario({"load": "succeed"})).result == "succeeded"
    before = contents(place.root)
    look_at_everything()
    assert contents(place.root) == before
    (fact,) = facts(place).runs
    assert (fact.key, fact.pipeline, fact.spec_key, fact.state) == (
        "k1",
        "demo",
        "spec",
        "succeeded",
    )
    (row,) = target(place.root).health(whole)
    assert (row.origin, row.state) == (PIPELINE, "ready")
    assert "succeed runs for the 1. time" in "\n".join(target(place.root).logs(PIPELINE))
    assert target(place.root).observe().objects.get(service_id("iris")) is None
