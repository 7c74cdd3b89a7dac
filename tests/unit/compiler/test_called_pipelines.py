"""Pipelines as steps of others: what is known of data and models goes in and comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exai_compiler.backends.kfp import RENDERERS
from exai_compiler.catalog import Catalog, catalog
from exai_compiler.checks import check
from exai_compiler.columns import flows
from exai_compiler.facts import Facts, Lock
from exai_compiler.graph import FromArtifact, FromStep
from exai_compiler.lineage import lineage
from exai_compiler.maybe import Known
from exai_compiler.project import Project, link, local
from exai_compiler.resolve import resolve
from exai_compiler.resolved import Resolved
from exai_specs.documents import read
from exai_specs.identity import Ref
from exai_specs.parse import Spec, parse

ROOT = Path(__file__).parents[3]
PROJECT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: flowers}
spec:
  source: {csv: {path: data/flowers.csv}}
  key: [id]
  schema: {id: int64, width: float64, kind: {type: string, enum: [rose, tulip]}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: all}
spec:
  parameters: {trees: {type: integer, default: 5}}
  steps:
    load: {uses: load-dataset, with: {dataset: flowers}}
    fit:
      pipeline: fitting
      with:
        rows: ${{ steps.load.data }}
        trees: ${{ parameters.trees }}
    keep:
      if: ${{ parameters.trees > 1 }}
      pipeline: keeping
      with:
        model: ${{ steps.fit.model }}
        rows: ${{ steps.fit.test }}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: fitting}
spec:
  artifacts: {rows: Dataset}
  parameters: {trees: integer, target: {type: string, default: kind}}
  steps:
    split: {uses: split-data, with: {data: "${{ artifacts.rows }}", test: 0.25}}
    train:
      uses: train-h2o
      with:
        data: ${{ steps.split.train }}
        target: ${{ parameters.target }}
        features: [width]
        parameters: {ntrees: "${{ parameters.trees }}"}
  outputs: {model: "${{ steps.train.model }}", test: "${{ steps.split.test }}"}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: keeping}
spec:
  artifacts: {model: Model, rows: Dataset}
  experiment: never
  steps:
    evaluate:
      uses: evaluate-model
      with: {model: "${{ artifacts.model }}", data: "${{ artifacts.rows }}"}
    register:
      uses: register-model
      with:
        model: ${{ artifacts.model }}
        metrics: ${{ steps.evaluate.metrics }}
        as: flower
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: flower}
spec: {task: classification, gates: {accuracy: {noWorseThan: champion}}, aliases: {champion: {}}}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: flower}
spec: {model: flower@champion}
"""


def project(text: str = PROJECT) -> Project:
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [parse(document) for document in documents]
    found = link(spec for spec in specs if isinstance(spec, Spec))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def components() -> Catalog:
    files = sorted((ROOT / "components/exai_components").glob("*/component.yaml"))
    return catalog({str(path): path.read_text() for path in files})


def resolved(components: Catalog, text: str = PROJECT) -> Resolved:
    facts = Facts(data={"flowers": Known("v1")})
    return resolve(project(text), "local", local(), components, Lock(), facts)


@pytest.fixture(scope="module")
def found(components: Catalog) -> Resolved:
    return resolved(components)


def test_nothing_is_wrong_with_it(components: Catalog) -> None:
    codes = [problem.code for problem in check(project(), components)]
    assert codes == ["caller-decides"]


def test_columns_and_models_go_in_and_come_out(found: Resolved) -> None:
    known = flows(found.graphs)
    assert known["fitting"].table(FromArtifact("rows")).dataset == "flowers"
    assert known["all"].table(FromStep("fit", "test")).dataset == "flowers"
    signature = known["keeping"].model(FromArtifact("model"))
    assert signature is not None
    assert (signature.pipeline, signature.step, signature.features) == (
        "fitting",
        "train",
        ("width",),
    )


def test_the_lineage_goes_through_calls(found: Resolved) -> None:
    whole = lineage(found.project, found.graphs)
    edges = {(str(edge.source), str(edge.target)) for edge in whole.edges}
    for edge in (
        ("Pipeline/all#load", "Pipeline/all#fit"),
        ("Pipeline/all#load", "Pipeline/fitting#split"),
        ("Pipeline/all#load:width", "Pipeline/fitting#split:width"),
        ("Pipeline/fitting#split:width", "Pipeline/all#fit:width"),
        ("Pipeline/fitting#train", "Pipeline/all#fit"),
        ("Pipeline/fitting", "Pipeline/all"),
        ("Pipeline/fitting#train:width", "Model/flower:width"),
        ("Pipeline/all", "Model/flower"),
        ("Pipeline/all#keep", "Model/flower"),
        ("Pipeline/keeping#register", "Pipeline/all#keep"),  # which gives nothing out
    ):
        assert edge in edges
    assert ("Pipeline/keeping#evaluate", "Pipeline/all#keep") not in edges
    start = next(node for node in whole.nodes if str(node) == "Dataset/flowers:width")
    assert "Service/flower:width" in {str(node) for node in whole.down(start)}


def test_a_run_is_of_the_pipeline_that_calls(found: Resolved) -> None:
    (run,) = found.runs
    assert run.pipeline == Ref("Pipeline", "all")
    assert run.registers == ("flower",)
    assert dict(run.data) == {"flowers": "v1"}
    assert found.producers == {"flower": ("all",)}


def test_what_an_inner_pipeline_means_is_part_of_the_run(components: Catalog) -> None:
    before = resolved(components)
    for old, new, same in (
        ("features: [width]", "features: [width, id]", False),
        ("default: kind}", "default: width}", False),
        ("        metrics: ${{ steps.evaluate.metrics }}\n", "", False),
        ("experiment: never", "experiment: other", True),
    ):
        after = resolved(components, PROJECT.replace(old, new))
        assert (after.runs[0].key == before.runs[0].key) is same, new
        assert (after.meanings["all"] == before.meanings["all"]) is same, new


def test_what_the_compiler_fills_in_is_known_across_calls(found: Resolved) -> None:
    spec = found.project.find("Pipeline", "all")
    assert spec is not None
    body: Any = RENDERERS["Pipeline"](found, spec)[1].body
    components = body["spec"]["pipelineSpec"]["components"]
    train = components["comp-fit"]["dag"]["tasks"]["train"]["inputs"]["parameters"]
    assert train["task"] == {"runtimeValue": {"constant": "classification"}}
    keeping = components["comp-keep-do"]["dag"]["tasks"]
    evaluate = keeping["evaluate"]["inputs"]["parameters"]
    assert evaluate["target"] == {"runtimeValue": {"constant": "kind"}}
    assert evaluate["champion"] == {"runtimeValue": {"constant": "flower@champion"}}
    register = keeping["register"]["inputs"]["parameters"]
    assert register["experiment"] == {"runtimeValue": {"constant": "all"}}
    assert register["exai_run_key"] == {"componentInputParameter": "exai_run_key"}
    inputs = components["comp-keep-do"]["inputDefinitions"]["parameters"]
    assert set(inputs) == {"exai_data_versions", "exai_run_key"}
    asked = components["comp-keep"]["dag"]["tasks"]["keep-do"]["inputs"]["parameters"]
    assert asked["exai_run_key"] == {"componentInputParameter": "pipelinechannel--exai_run_key"}


def test_a_run_makes_one_version_of_a_model(components: Catalog) -> None:
    twice = PROJECT.replace(
        "    keep:\n",
        "    kept: {pipeline: keeping, with: {model: '${{ steps.fit.model }}', "
        "rows: '${{ steps.fit.test }}'}}\n    keep:\n",
    )
    problems = check(project(twice), components)
    (problem,) = (problem for problem in problems if problem.severity == "error")
    assert problem.code == "registered-twice"
    assert problem.related[0][0] == "step `kept`"


def test_a_column_is_checked_across_a_call(components: Catalog) -> None:
    wrong = PROJECT.replace("features: [width]", "features: [height]")
    problems = [p for p in check(project(wrong), components) if p.severity == "error"]
    assert {problem.code for problem in problems} == {"unknown-column"}
