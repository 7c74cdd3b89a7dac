"""Columns go on through code that exai doesn't know: a Model's signature names those it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_compiler.edges import Node
from exai_compiler.nodes import declared, described, parse_node
from exai_runtime.mapping import Mapped, known, mapped
from exai_specs.identity import Ref

ROOT = Path(__file__).parents[3]
CODE = """
from kfp import dsl


def fit(
    rows: dsl.Input[dsl.Dataset], model: dsl.Output[dsl.Model], metrics: dsl.Output[dsl.Metrics]
) -> None:
    pass
"""
PROJECT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {environments: {local: {target: local}}}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: flowers}
spec:
  source: {csv: {path: flowers.csv}}
  schema: {width: float64, height: float64, kind: string}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: inner}
spec:
  artifacts: {rows: Dataset}
  steps:
    fit:
      python: fit.py:fit
      with: {rows: "${{ artifacts.rows }}"}
  outputs: {model: "${{ steps.fit.model }}", metrics: "${{ steps.fit.metrics }}"}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: outer}
spec:
  steps:
    load: {uses: load-dataset, with: {dataset: flowers}}
    train: {pipeline: inner, with: {rows: "${{ steps.load.data }}"}}
    one:
      uses: register-model
      with:
        model: ${{ steps.train.model }}
        metrics: ${{ steps.train.metrics }}
        as: flower
    two:
      uses: register-model
      with:
        model: ${{ steps.train.model }}
        metrics: ${{ steps.train.metrics }}
        as: bloom
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: flower}
spec:
  task: classification
  signature: {inputs: {width: float64, smell: float64}, outputs: {kind: string}}
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: bloom}
spec:
  task: classification
  signature: {inputs: {width: float64, height: float64}, outputs: {kind: string}}
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: files}
spec:
  task: classification
  source: {uri: "s3://acme/files", format: sklearn}
  signature: {inputs: {width: float64}, outputs: {kind: string}}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: in-place}
spec:
  model:
    uri: file:///models/other
    format: h2o-mojo
    signature: {inputs: {width: float64}, outputs: {kind: string}}
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Mapped:
    root = tmp_path_factory.mktemp("own")
    (root / "exai.yaml").write_text(PROJECT)
    (root / "fit.py").write_text(CODE)
    (root / "flowers.csv").write_text("width,height,kind\n1,2,a\n")
    found = mapped(root)
    assert isinstance(found, Mapped), found
    return found


def node(text: str) -> Node:
    found = parse_node(text)
    assert found is not None
    return found


def up(whole: Mapped, text: str) -> list[str]:
    return [str(each) for each in whole.lineage.up(node(text))]


def test_the_example_of_own_code_is_one_way_from_data_to_service() -> None:
    whole = mapped(ROOT / "examples/own-code")
    assert isinstance(whole, Mapped)
    assert up(whole, "Service/own:petal_length") == [
        "Model/own_model:petal_length",
        "Pipeline/own-training#train:petal_length",
        "Pipeline/own-training#split:petal_length",
        "Pipeline/own-training#load:petal_length",
        "Dataset/iris:petal_length",
    ]
    told = described(whole.project, whole.graphs, node("Model/own_model:petal_length"))
    assert told is not None
    assert (str(told.at), told.what) == ("specs/model.yaml:11:7", "float64")


def test_columns_go_into_a_called_pipeline_and_out_of_it(whole: Mapped) -> None:
    assert up(whole, "Model/flower:width") == [
        "Pipeline/inner#fit:width",
        "Pipeline/outer#load:width",
        "Dataset/flowers:width",
    ]
    assert up(whole, "Model/bloom:height") == [
        "Pipeline/inner#fit:height",
        "Pipeline/outer#load:height",
        "Dataset/flowers:height",
    ]


def test_what_is_predicted_is_of_the_step_as_a_whole(whole: Mapped) -> None:
    (edge,) = whole.lineage.path(node("Pipeline/outer#load:kind"), node("Pipeline/inner#fit"))
    assert str(edge.at) == "exai.yaml:22:20"
    assert not known(whole, node("Model/flower:kind"))


def test_a_column_that_nobody_gives_begins_at_the_code(whole: Mapped) -> None:
    assert up(whole, "Model/flower:smell") == ["Pipeline/inner#fit:smell"]


def test_no_edge_is_told_twice(whole: Mapped) -> None:
    edges = [(edge.source, edge.target, edge.at) for edge in whole.lineage.edges]
    mine = [edge for edge in edges if edge[0].column]
    assert len(mine) == len(set(mine))


@pytest.mark.parametrize("text", ["Model/files:width", "Service/in-place:width"])
def test_a_signature_that_nothing_is_joined_to_names_columns(whole: Mapped, text: str) -> None:
    asked = node(text)
    assert known(whole, asked)
    told = described(whole.project, whole.graphs, asked)
    assert told is not None and told.what == "float64"
    assert list(declared(whole.project, whole.graphs, Ref(asked.kind, asked.name)))[1:] == [asked]
