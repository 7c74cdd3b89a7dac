"""Parts of the lineage, and what is said of its nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_compiler.catalog import catalog
from exai_compiler.edges import Node
from exai_compiler.graph import Graph, graph
from exai_compiler.lineage import Lineage, lineage
from exai_compiler.nodes import declared, described, parse_node
from exai_compiler.parts import around, parts_of, whole, with_columns
from exai_compiler.project import Project, link
from exai_specs.diagnostics import Span
from exai_specs.documents import read
from exai_specs.identity import Ref
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec, parse

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples/diabetes/specs"
DATASET, MODEL = Node("Dataset", "outcomes"), Node("Model", "diabetes_model")
SERVICE = Node("Service", "diabetes")
PIPELINE = Ref("Pipeline", "diabetes-training")


@pytest.fixture(scope="module")
def project() -> Project:
    texts = {"exai.yaml": ROOT / "examples/diabetes/exai.yaml"}
    texts |= {f"specs/{file.name}": file for file in sorted(EXAMPLE.glob("*.yaml"))}
    documents = [d for path, file in texts.items() for d in read(file.read_text(), path)[0]]
    found = link([spec for document in documents if isinstance(spec := parse(document), Spec)])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def graphs(project: Project) -> dict[str, Graph]:
    folder = ROOT / "components/exai_components"
    components = catalog({str(p): p.read_text() for p in folder.glob("*/component.yaml")})
    return {s.ref.name: graph(s, components) for s, _ in project.bodies(PipelineSpec)}


@pytest.fixture(scope="module")
def found(project: Project, graphs: dict[str, Graph]) -> Lineage:
    return lineage(project, graphs)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("Dataset/iris", Node("Dataset", "iris")),
        ("dataset/iris", Node("Dataset", "iris")),
        ("featureview/v:a:b c", Node("FeatureView", "v", "", "a:b c")),
        ("Pipeline/p#s", Node("Pipeline", "p", "s")),
        ("Pipeline/p#s:c", Node("Pipeline", "p", "s", "c")),
        ("iris", None),
        ("Dataset/", None),
        ("Pipeline/p#", None),
        ("Dataset/iris:", None),
        ("", None),
    ],
)
def test_a_node_is_read_as_it_is_written(text: str, node: Node | None) -> None:
    assert parse_node(text) == node
    if node is not None:
        assert parse_node(str(node)) == node


def test_without_columns_there_is_none(found: Lineage) -> None:
    part = around(found, (MODEL,))
    assert SERVICE in part.nodes and DATASET in part.nodes
    assert not any(node.column for node in part.nodes)
    ends = [end for edge in part.edges for end in edge[:2]]
    assert set(ends) <= set(part.nodes)


def test_edges_that_pass_the_start_by_are_left_out(found: Lineage) -> None:
    """The features lead to the service through the model, and straight."""
    part = around(found, (MODEL,))
    features = Node("FeatureService", "diabetes_features")
    assert features in part.nodes and SERVICE in part.nodes
    assert not any((edge.source, edge.target) == (features, SERVICE) for edge in part.edges)
    assert any((e.source, e.target) == (features, SERVICE) for e in whole(found).edges)


def test_one_way_has_nothing_of_the_other(found: Lineage) -> None:
    up, down = around(found, (MODEL,), ("up",)), around(found, (MODEL,), ("down",))
    assert up.below == () and down.above == ()
    assert down.below == ((SERVICE,),)
    assert SERVICE not in up.nodes


def test_distances_grow_up_to_the_depth(found: Lineage) -> None:
    part = around(found, (SERVICE,), ("up",), 3)
    assert len(part.above) == 3 and all(part.above)
    everything = around(found, (SERVICE,), ("up",)).above
    assert part.above == everything[:3]
    flat = [node for ring in everything for node in ring]
    assert len(flat) == len(set(flat))


def test_a_column_is_followed_to_the_service(found: Lineage) -> None:
    part = around(found, (Node("Dataset", "blood", "", "tc"),), ("down",))
    assert all(node.column == "tc_to_hdl" for ring in part.below[1:] for node in ring)
    assert {Node(n.kind, n.name) for ring in part.below for n in ring} >= {SERVICE, MODEL}


def test_a_document_starts_at_its_columns_too(found: Lineage) -> None:
    starts = with_columns(found, Node("FeatureView", "serum"))
    assert [node.column for node in starts] == ["", "tc", "hdl", "ltg", "glu"]
    part = around(found, starts, ("up",), columns=True)
    keys = {"patient_id", "drawn_at"}  # the view is joined by them
    above = {node.column for ring in part.above for node in ring}
    assert above == {"", "tc", "hdl", "ltg", "glu", *keys}


def test_the_whole_has_every_document_and_edge(found: Lineage) -> None:
    assert whole(found, columns=True).edges == found.edges
    mine = parts_of(found, [PIPELINE], columns=False)
    assert len(mine) == 8
    assert set(mine) < set(whole(found).nodes)
    assert set(mine) < set(parts_of(found, [PIPELINE], columns=True))


def test_every_node_is_described_with_a_place(
    project: Project, graphs: dict[str, Graph], found: Lineage
) -> None:
    for node in found.nodes:
        told = described(project, graphs, node)
        assert told is not None and told.at.path.endswith(".yaml")
    tc = described(project, graphs, Node("Dataset", "blood", "", "tc"))
    assert tc is not None
    assert (tc.what, tc.unit, tc.description) == ("float64", "mg/dl", "Total cholesterol")
    assert tc.at == Span("specs/datasets.yaml", 41, 5)
    step = described(project, graphs, Node("Pipeline", "diabetes-training", "train"))
    assert step is not None and step.what == "train-sklearn"
    made = described(project, graphs, Node("FeatureView", "ratios", "", "tc_to_hdl"))
    assert made is not None and made.at == Span("specs/features.yaml", 28, 12)


def test_what_nobody_declares_is_not_described(project: Project, graphs: dict[str, Graph]) -> None:
    assert described(project, graphs, Node("Dataset", "nothing")) is None
    assert described(project, graphs, Node("Pipeline", "diabetes-training", "nothing")) is None
    assert described(project, graphs, Node("Dataset", "blood", "step")) is None
    assert list(declared(project, graphs, Ref("Dataset", "nothing"))) == []


def test_what_is_declared_and_not_used_is_a_node_too(
    project: Project, graphs: dict[str, Graph]
) -> None:
    text = """\
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: visits, owner: me}
spec:
  source: {csv: {path: data/visits.csv}}
  schema: {patient_id: int64, remark: string}
"""
    (document,), problems = read(text, "specs/visits.yaml")
    spec = parse(document)
    assert problems == () and isinstance(spec, Spec)
    grown = link([*project.all, spec])
    assert grown is not None
    unused = Node("Dataset", "visits", "", "remark")
    assert unused not in lineage(grown, graphs).numbers
    assert unused in declared(grown, graphs, Ref("Dataset", "visits"))


def test_steps_and_columns_are_declared(project: Project, graphs: dict[str, Graph]) -> None:
    steps = [n.step for n in declared(project, graphs, PIPELINE)]
    assert steps == ["", "load", "check", "features", "split", "train", "evaluate", "register"]
    service = list(declared(project, graphs, Ref("FeatureService", "diabetes_features")))
    assert Node("FeatureService", "diabetes_features", "", "tc_to_hdl") in service


def test_steps_of_groups_and_loops_stand_where_they_are_written(
    project: Project, graphs: dict[str, Graph]
) -> None:
    text = """\
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: nested, owner: me}
spec:
  steps:
    load: {uses: load-dataset, with: {dataset: outcomes}}
    both:
      steps:
        inner:
          uses: split-data
          with: {data: "${{ steps.load.data }}", test: 0.2, seed: 1}
"""
    (document,), problems = read(text, "specs/nested.yaml")
    spec = parse(document)
    assert problems == () and isinstance(spec, Spec)
    grown = link([*project.all, spec])
    assert grown is not None
    folder = ROOT / "components/exai_components"
    components = catalog({str(p): p.read_text() for p in folder.glob("*/component.yaml")})
    more = {**graphs, "nested": graph(spec, components)}
    told = described(grown, more, Node("Pipeline", "nested", "inner"))
    assert told is not None and told.at == Span("specs/nested.yaml", 9, 9)
    inner = [n for n in lineage(grown, more).nodes if str(n) == "Pipeline/nested#inner"]
    assert inner and inner[0] in declared(grown, more, Ref("Pipeline", "nested"))
