"""From data to services: documents, steps and columns, in both directions, with places."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from exai_compiler.ancestors import ancestors
from exai_compiler.catalog import Catalog, catalog
from exai_compiler.edges import Node
from exai_compiler.graph import Graph, graph
from exai_compiler.lineage import Lineage, lineage
from exai_compiler.project import Project, link
from exai_specs.documents import read
from exai_specs.identity import Ref
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec, parse

ROOT = Path(__file__).parents[3]
DATASET, PIPELINE = Node("Dataset", "iris"), Node("Pipeline", "iris-training")
MODEL, SERVICE = Node("Model", "iris_model"), Node("Service", "iris")


def project_of(text: str) -> Project:
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [spec for document in documents if isinstance(spec := parse(document), Spec)]
    project = link(specs)
    assert project is not None and len(specs) == len(documents)
    return project


def graphs_of(project: Project, components: Catalog) -> dict[str, Graph]:
    return {s.ref.name: graph(s, components) for s, _ in project.bodies(PipelineSpec)}


def lineage_of(project: Project, components: Catalog) -> Lineage:
    return lineage(project, graphs_of(project, components))


def ancestors_of(project: Project, components: Catalog) -> Mapping[Ref, tuple[Ref, ...]]:
    return ancestors(project, graphs_of(project, components))


@pytest.fixture(scope="module")
def components() -> Catalog:
    folder = ROOT / "components/exai_components"
    return catalog({str(p): p.read_text() for p in sorted(folder.glob("*/component.yaml"))})


@pytest.fixture(scope="module")
def text() -> str:
    return (ROOT / "tests/language_section_0.yaml").read_text()


@pytest.fixture(scope="module")
def iris(text: str, components: Catalog) -> Lineage:
    return lineage_of(project_of(text), components)


def test_each_document_has_its_ancestors(text: str, components: Catalog) -> None:
    dataset, pipeline, model = (node.ref for node in (DATASET, PIPELINE, MODEL))
    assert ancestors_of(project_of(text), components) == {
        Ref("Project", "iris-platform"): (),
        dataset: (),
        pipeline: (dataset,),
        model: (dataset, pipeline),
        SERVICE.ref: (dataset, pipeline, model),
    }


def test_a_service_comes_from_the_data_through_every_step(iris: Lineage) -> None:
    above = iris.up(SERVICE)
    assert above[0] == MODEL
    steps = [node.step for node in above if node.name == "iris-training" and not node.column]
    assert sorted(filter(None, steps)) == [
        "check",
        "evaluate",
        "load",
        "register",
        "split",
        "train",
    ]
    assert DATASET in above


def test_what_hangs_on_a_dataset(iris: Lineage) -> None:
    documents = [node for node in iris.down(DATASET) if node.is_document]
    assert documents == [PIPELINE, MODEL, SERVICE]


def test_depth_limits_the_walk(iris: Lineage) -> None:
    assert iris.up(SERVICE, 1) == (MODEL,)
    assert iris.up(SERVICE, 0) == ()
    assert set(iris.up(SERVICE, 2)) < set(iris.up(SERVICE))


def test_a_column_goes_from_the_dataset_to_the_input_of_the_service(
    iris: Lineage, text: str
) -> None:
    way = iris.path(
        Node("Dataset", "iris", "", "petal_width"), SERVICE._replace(column="petal_width")
    )
    assert [str(edge.target) for edge in way] == [
        "Pipeline/iris-training#load:petal_width",
        "Pipeline/iris-training#check:petal_width",
        "Pipeline/iris-training#split:petal_width",
        "Pipeline/iris-training#train:petal_width",
        "Model/iris_model:petal_width",
        "Service/iris:petal_width",
    ]
    lines = text.splitlines()
    feature, served = way[3].at, way[5].at
    assert lines[feature.line - 1][feature.column - 1 :].startswith("petal_width")
    assert lines[served.line - 1][served.column - 1 :].startswith("iris_model@champion")


def test_the_target_reaches_the_model_but_is_no_input_of_it(iris: Lineage) -> None:
    below = iris.down(Node("Dataset", "iris", "", "species"))
    assert PIPELINE._replace(step="train") in below and MODEL in below and SERVICE in below
    assert not any(node.kind in ("Model", "Service") and node.column for node in below)


def test_a_column_that_nobody_uses_reaches_no_model(iris: Lineage) -> None:
    below = iris.down(Node("Dataset", "iris", "", "flower_id"))
    assert {node.kind for node in below} == {"Pipeline"}
    assert {node.step for node in below} == {"load", "check", "split"}


def test_there_is_no_way_against_the_stream_or_to_nowhere(iris: Lineage) -> None:
    assert iris.path(SERVICE, DATASET) == ()
    assert iris.path(SERVICE, SERVICE) == ()
    assert iris.path(DATASET, Node("Service", "other")) == ()
    assert iris.up(Node("Service", "other")) == ()


def test_the_order_of_documents_doesnt_matter(text: str, components: Catalog) -> None:
    other = "---\n".join(reversed(text.split("---\n")))
    one, two = project_of(text), project_of(other)
    forwards, backwards = lineage_of(one, components), lineage_of(two, components)
    assert [str(node) for node in forwards.nodes] == [str(node) for node in backwards.nodes]
    assert ancestors_of(one, components) == ancestors_of(two, components)


BROKEN = ROOT / "tests/invalid/checks"


def held_to(whole: Lineage, found: Mapping[Ref, tuple[Ref, ...]]) -> None:
    """Ancestors are the ways between documents in the whole lineage, those next to one the last."""
    parents: dict[Ref, set[Ref]] = {node.ref: set() for node in whole.nodes if node.is_document}
    for edge in whole.edges:
        if edge.source.is_document and edge.target.is_document:
            parents[edge.target.ref].add(edge.source.ref)
    assert found.keys() == parents.keys()
    for ref, above in found.items():
        reached, waiting = set[Ref](), [ref]
        while waiting:
            new = parents[waiting.pop()] - reached
            reached |= new
            waiting += new
        assert len(above) == len(set(above)) and set(above) == reached - {ref}
        assert not above or above[-1] in parents[ref]


@pytest.mark.parametrize("folder", sorted(BROKEN.iterdir()), ids=lambda path: path.name)
def test_a_project_with_mistakes_has_a_lineage_too(folder: Path, components: Catalog) -> None:
    project = project_of((folder / "exai.yaml").read_text())
    found = lineage_of(project, components)
    held_to(found, ancestors_of(project, components))
    for edge in found.edges:
        assert edge.at.path == "exai.yaml"


RUNTIMES = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: runtimes}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Runtime
metadata: {name: onnx-fast}
spec:
  image: ghcr.io/acme/onnx:1
  formats: {onnx: {autoSelect: true, priority: 2}}
  protocols: [v2]
---
apiVersion: exai.dev/v1alpha1
kind: Runtime
metadata: {name: onnx-slow}
spec:
  image: ghcr.io/acme/onnx:1
  formats: {onnx: {autoSelect: true, priority: 1}}
  protocols: [v1, v2]
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: faces}
spec: {model: {uri: s3://acme-ml/models/faces, format: onnx}}
"""


@pytest.mark.parametrize(
    ("field", "runtime", "path"),
    [
        ("protocol: v2", "onnx-fast", ("spec", "model")),
        ("protocol: v1", "onnx-slow", ("spec", "model")),
        ("runtime: onnx-slow", "onnx-slow", ("spec", "runtime")),
    ],
)
def test_a_service_comes_from_the_runtime_that_is_chosen_for_it(
    field: str, runtime: str, path: tuple[str, ...], components: Catalog
) -> None:
    text = RUNTIMES.replace("format: onnx}}\n", "format: onnx}, " + field + "}\n")
    found = lineage_of(project_of(text), components)
    (edge,) = found.edges
    assert (str(edge.source), str(edge.target)) == (f"Runtime/{runtime}", "Service/faces")
    assert edge.path == path


def test_a_service_of_another_format_comes_from_no_runtime(components: Catalog) -> None:
    text = RUNTIMES.replace("faces, format: onnx", "faces, format: pmml")
    assert lineage_of(project_of(text), components).edges == ()


DECISIONS = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: decisions}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: p}
spec:
  steps:
    look: {python: "a.py:look"}
    again: {python: "a.py:again"}
    pick:
      choose:
        - {if: "${{ steps.look.n > 1 }}", steps: {many: {python: "a.py:f"}}}
        - {if: "${{ steps.again.n > 1 }}", steps: {more: {python: "a.py:f"}}}
        - {steps: {few: {python: "a.py:f"}}}
    some:
      if: ${{ steps.again.n == 1 }}
      steps: {inner: {python: "a.py:f"}}
"""


def test_what_a_condition_reads_leads_to_what_it_decides(components: Catalog) -> None:
    found = lineage_of(project_of(DECISIONS), components)
    steps = [(edge.source.step, edge.target.step) for edge in found.edges]
    assert steps == [
        ("look", "many"),
        ("look", "more"),
        ("look", "few"),
        ("again", "more"),
        ("again", "few"),
        ("again", "inner"),
    ]
    assert found.edges[2].path == ("spec", "steps", "pick", "choose", 0, "if")
    assert found.edges[5].path == ("spec", "steps", "some", "if")


def test_a_number_leads_to_its_node_and_a_place_to_its_columns(iris: Lineage) -> None:
    numbers = iris.numbers
    assert [numbers.get(node) for node in iris.nodes] == list(range(len(iris.nodes)))
    assert [str(node) for node in iris.named(numbers.at(DATASET))] == [
        str(node) for node in iris.nodes if node[:3] == DATASET[:3]
    ]
    for unknown in (Node("Dataset", "iris", "", "weight"), Node("Dataset", "none")):
        assert numbers.get(unknown) is None and unknown not in numbers
    assert list(numbers.at(Node("Dataset", "none", "", "weight"))) == []
