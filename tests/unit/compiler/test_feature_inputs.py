"""What the compiler tells steps of features: their time, what a model remembers, its signature."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exai_compiler.backends.kfp import RENDERERS
from exai_compiler.backends.kfp.filled import complete
from exai_compiler.facts import Facts, Lock
from exai_compiler.feature_views import used
from exai_compiler.graph import Constant, Frame
from exai_compiler.meaning import meanings_behind
from exai_compiler.project import link, local
from exai_compiler.resolve import resolve
from exai_compiler.resolved import Resolved
from exai_runtime.workspace import component_catalog
from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.identity import Ref
from exai_specs.parse import Spec, parse

TEXT = (Path(__file__).parents[2] / "language_section_5.yaml").read_text()
FUNCTION = "def ratios(inputs):\n    return inputs\n"
CATALOG = replace(component_catalog(), files=MappingProxyType({"ratios.py": FUNCTION}))
SIGNATURE = """  task: classification
  signature:
    inputs: {petal_length: float64, height: float64}
    outputs: {kind: string}
    features: flower_features
"""


def resolved(*edits: tuple[str, str]) -> Resolved:
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [spec for document in documents if isinstance(spec := parse(document), Spec)]
    project = link(specs)
    assert project is not None and len(specs) == len(documents)
    return resolve(project, "local", local(), CATALOG, Lock(), Facts())


def given(found: Resolved, step: str) -> dict[str, Any]:
    """The constants that a step of the pipeline is given."""
    graph = found.graphs["flower-training"]
    bindings = complete(found, Frame(graph), graph.steps[step])
    return {name: thaw(b.value) for name, b in bindings.items() if isinstance(b, Constant)}


def test_load_features_is_told_the_time_of_the_rows_and_where_features_come_from() -> None:
    inputs = given(resolved(), "features")
    assert inputs["timestamp"] == "seen_at"
    features = inputs["features"]
    assert features["service"] == "flower_features"
    assert list(features["sources"]) == ["measurements"]
    assert features["columns"]["petal_ratio"] == "ratios:petal_ratio"
    assert FUNCTION in "".join(features["repository"].values())


def test_a_model_remembers_the_service_and_what_its_views_meant() -> None:
    found = resolved()
    remembered = given(found, "train")["feature_service"]
    gives = used(found.project, "flower_features")
    assert gives is not None
    assert remembered == {
        "service": "flower_features",
        "views": meanings_behind(found.project, CATALOG, gives),
        "columns": {
            "petal_length": "petals:petal_length",
            "petal_ratio": "ratios:petal_ratio",
            "slenderness": "ratios:slenderness",
        },
        "entities": {"flower_id": "int64"},
        "request": {"height": "float64"},
    }


def test_a_model_remembers_what_it_takes_alone() -> None:
    found = resolved(("[petal_length, petal_ratio, slenderness]", "[petal_length, height]"))
    remembered = given(found, "train")["feature_service"]
    assert remembered["columns"] == {"petal_length": "petals:petal_length"}
    assert (list(remembered["views"]), remembered["request"]) == (["petals"], {})
    none = resolved(("[petal_length, petal_ratio, slenderness]", "[height]"))
    assert "feature_service" not in given(none, "train")


def test_without_features_there_is_nothing_to_remember() -> None:
    inputs = given(
        resolved(("data: ${{ steps.split.train }}", "data: ${{ steps.load.data }}")), "train"
    )
    assert "feature_service" not in inputs


def test_a_model_of_exai_s_own_steps_needs_no_signature() -> None:
    found = resolved(("  task: classification\n", SIGNATURE))
    assert not {"signature"} & (set(given(found, "evaluate")) | set(given(found, "register")))


def test_a_model_of_another_step_has_the_one_of_its_document() -> None:
    made_elsewhere = ("      uses: train-h2o", "      uses: train-other")
    found = resolved(("  task: classification\n", SIGNATURE), made_elsewhere)
    signature = given(found, "evaluate")["signature"]
    assert signature == given(found, "register")["signature"]
    assert (signature["task"], signature["target"]) == ("classification", "kind")
    assert signature["columns"] == [
        {"name": "petal_length", "type": "float64", "nullable": True},
        {"name": "height", "type": "float64", "nullable": True},
    ]
    assert signature["feature_service"]["service"] == "flower_features"
    assert given(found, "evaluate")["target"] == "kind"


def test_what_people_read_of_features_is_no_new_version() -> None:
    def version(*edits: tuple[str, str]) -> str:
        found = resolved(*edits)
        spec = found.project.specs[Ref("Pipeline", "flower-training")]
        return RENDERERS["Pipeline"](found, spec)[1].id.name

    assert version(("owner: data-team", "owner: others, displayName: New")) == version()
    assert version(("materialize: {on: data, every: 1h}", "online: false")) == version()
    assert version(("ttl: 30d", "ttl: 31d")) != version()
