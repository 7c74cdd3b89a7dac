"""Columns and models are followed through groups, choices and loops."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_compiler.catalog import Catalog, catalog
from exai_compiler.columns import flow
from exai_compiler.graph import FromStep, Graph, graph, source_type, topological
from exai_compiler.leaves import leaves
from exai_compiler.lineage import Lineage, lineage
from exai_compiler.project import Project, link
from exai_specs.documents import read
from exai_specs.kinds import PipelineSpec
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
  source: {csv: {path: flowers.csv}}
  schema: {width: float64, kind: string}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: flow}
spec:
  steps:
    get:
      steps: {load: {uses: load-dataset, with: {dataset: flowers}}}
      outputs: {data: "${{ steps.load.data }}"}
    check:
      choose:
        - if: ${{ parameters.strict }}
          steps:
            validate:
              uses: validate-dataset
              with: {dataset: flowers, data: "${{ steps.get.data }}"}
          outputs: {data: "${{ steps.validate.data }}"}
        - steps:
            split: {uses: split-data, with: {data: "${{ steps.get.data }}", test: 0.2}}
          outputs: {data: "${{ steps.split.train }}"}
    trains:
      forEach: {in: [gbm, drf], as: way}
      steps:
        train:
          uses: train-h2o
          with: {data: "${{ steps.check.data }}", target: kind, features: [width], algorithm: gbm}
      outputs: {model: "${{ steps.train.model }}"}
    register:
      forEach: {in: "${{ steps.trains.model }}", as: one}
      uses: register-model
      with: {model: "${{ one }}", as: flower}
  parameters: {strict: {type: boolean, default: true}}
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: flower}
spec: {task: classification}
"""


@pytest.fixture(scope="module")
def project() -> Project:
    documents, problems = read(PROJECT, "exai.yaml")
    assert problems == ()
    specs = [parse(document) for document in documents]
    found = link(spec for spec in specs if isinstance(spec, Spec))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def components() -> Catalog:
    files = sorted((ROOT / "components/exai_components").glob("*/component.yaml"))
    return catalog({str(path): path.read_text() for path in files})


@pytest.fixture(scope="module")
def found(project: Project, components: Catalog) -> Graph:
    spec = project.find("Pipeline", "flow")
    assert spec is not None
    return graph(spec, components)


def test_a_flat_view_of_a_tree(found: Graph, project: Project) -> None:
    assert list(found.steps) == ["load", "validate", "split", "train", "register"]
    assert list(found.root.nodes) == ["get", "check", "trains", "register"]
    assert topological(found) == ("load", "validate", "split", "train", "register")
    assert found.steps["split"].within == ("check", "check-2")
    body = project.body(PipelineSpec, "flow")
    assert body is not None
    assert [(path, name) for path, name, _ in leaves(body)] == [
        (step.path, name) for name, step in found.steps.items()
    ]


def test_types_seen_from_outside(found: Graph) -> None:
    assert str(source_type(found, FromStep("check", "data"))) == "Dataset"
    assert str(source_type(found, FromStep("trains", "model"))) == "{list: Model}"
    (item,) = (b for b in found.steps["register"].inputs.values() if not hasattr(b, "value"))
    assert str(source_type(found, item)) == "Model"  # type: ignore[arg-type]
    assert [step.name for step in found.makers(item)] == ["train"]


def test_columns_go_through(found: Graph) -> None:
    flows = flow(found)
    assert flows.table(FromStep("get", "data")).dataset == "flowers"
    assert flows.table(FromStep("check", "data")).dataset == "flowers"
    signature = flows.model(FromStep("trains", "model"))
    assert signature is not None
    assert (signature.target, signature.features) == ("kind", ("width",))
    assert signature.table.dataset == "flowers"


def test_the_lineage_goes_from_data_to_model(found: Graph, project: Project) -> None:
    whole: Lineage = lineage(project, {"flow": found})
    edges = {(str(edge.source), str(edge.target)) for edge in whole.edges}
    assert ("Dataset/flowers:width", "Pipeline/flow#load:width") in edges
    assert ("Pipeline/flow#load:width", "Pipeline/flow#split:width") in edges
    assert ("Pipeline/flow#validate:width", "Pipeline/flow#train:width") in edges
    assert ("Pipeline/flow#split:width", "Pipeline/flow#train:width") in edges
    assert ("Pipeline/flow#train", "Pipeline/flow#register") in edges
    assert ("Pipeline/flow#train:width", "Model/flower:width") in edges
    path = next(e for e in whole.edges if str(e.target) == "Pipeline/flow#register")
    assert path.at.line > 1
