"""Features in the lineage: from datasets through views and a feature service to a server."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from exai_compiler.ancestors import ancestors
from exai_compiler.edges import Node
from exai_compiler.feature_parts import parts_of
from exai_compiler.feature_views import used
from exai_compiler.graph import Graph, graph
from exai_compiler.lineage import Lineage, lineage
from exai_compiler.project import Project, link
from exai_compiler.revisions.contract import contract
from exai_runtime.workspace import component_catalog
from exai_specs.documents import read
from exai_specs.identity import Ref
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec, parse

TEXT = (Path(__file__).parents[2] / "language_section_5.yaml").read_text()
CATALOG = component_catalog()
ROWS, MEASURED = Node("Dataset", "flowers"), Node("Dataset", "measurements")
PETALS, RATIOS = Node("FeatureView", "petals"), Node("FeatureView", "ratios")
FEATURES, STEP = Node("FeatureService", "flower_features"), Node("Pipeline", "flower-training")


def specs_of(text: str) -> list[Spec]:
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [parse(document) for document in documents]
    assert all(isinstance(spec, Spec) for spec in specs), specs
    return [spec for spec in specs if isinstance(spec, Spec)]


def project_of(text: str = TEXT) -> Project:
    project = link(specs_of(text))
    assert project is not None
    return project


def graphs_of(project: Project) -> dict[str, Graph]:
    return {s.ref.name: graph(s, CATALOG) for s, _ in project.bodies(PipelineSpec)}


def lineage_of(project: Project) -> Lineage:
    return lineage(project, graphs_of(project))


@pytest.fixture(scope="module")
def flowers() -> Lineage:
    return lineage_of(project_of())


def column(node: Node, name: str, step: str = "") -> Node:
    return node._replace(column=name, step=step)


def test_a_service_comes_from_its_features() -> None:
    project = project_of()
    found = ancestors(project, graphs_of(project))
    views = (Ref("Dataset", "measurements"), Ref("Entity", "flower"), PETALS.ref)
    assert found[PETALS.ref] == views[:2]
    assert found[RATIOS.ref] == views
    assert found[FEATURES.ref] == (*views, RATIOS.ref)
    assert set(found[STEP.ref]) == {ROWS.ref, *views, RATIOS.ref, FEATURES.ref}
    assert {FEATURES.ref, STEP.ref, Ref("Model", "flower_model")} < set(
        found[Ref("Service", "flowers")]
    )


def test_a_column_goes_from_the_data_through_the_views_into_the_model(flowers: Lineage) -> None:
    column_of_data = column(MEASURED, "petal_length")
    model = column(Node("Model", "flower_model"), "petal_length")
    path = [edge.target for edge in flowers.path(column_of_data, model)]
    assert path == [
        column(PETALS, "petal_length"),
        column(FEATURES, "petal_length"),
        *(column(STEP, "petal_length", step) for step in ("features", "split", "train")),
        model,
    ]
    assert [str(edge.at) for edge in flowers.path(column_of_data, path[1])] == [
        "exai.yaml:49:14",
        "exai.yaml:68:14",
    ]


def test_what_a_function_makes_comes_from_all_features_of_its_sources(flowers: Lineage) -> None:
    above = flowers.up(column(RATIOS, "petal_ratio"))
    assert set(above) >= {column(PETALS, c) for c in ("petal_length", "petal_width")}
    below = flowers.down(column(MEASURED, "petal_width"))
    assert column(STEP, "slenderness", "train") in below
    assert column(STEP, "petal_width", "features") not in below  # the service leaves it out
    assert column(Node("Service", "flowers"), "petal_ratio") in below


def test_what_a_row_gives_instead_of_a_request_reaches_the_computed_features(
    flowers: Lineage,
) -> None:
    below = flowers.down(column(ROWS, "height"))
    assert column(STEP, "slenderness", "features") in below
    assert column(STEP, "petal_ratio", "features") in below
    assert column(STEP, "petal_length", "features") not in below


def test_the_keys_of_rows_lead_to_all_features_that_are_looked_up_by_them(
    flowers: Lineage,
) -> None:
    key = column(STEP, "flower_id", "load")
    for name in ("petal_length", "petal_ratio", "slenderness"):
        (edge,) = flowers.path(key, column(STEP, name, "features"))
        assert edge.path == ("spec", "steps", "features", "with", "data")
    assert column(STEP, "slenderness", "train") in flowers.down(column(ROWS, "flower_id"))


def test_the_time_of_rows_leads_to_all_features_that_held_then(flowers: Lineage) -> None:
    time = column(STEP, "seen_at", "load")
    for name in ("petal_length", "petal_ratio", "slenderness"):
        (edge,) = flowers.path(time, column(STEP, name, "features"))
        assert edge.path == ("spec", "steps", "features", "with", "data")
    assert column(STEP, "species", "features") not in flowers.down(time)


def test_of_what_the_request_alone_decides_it_does_not_matter_when_it_came() -> None:
    text = TEXT.replace("    sources: [petals]\n", "", 1)
    assert text != TEXT
    alone = lineage_of(project_of(text))
    time = column(STEP, "seen_at", "load")
    assert not alone.path(time, column(STEP, "petal_ratio", "features"))
    assert alone.path(time, column(STEP, "petal_length", "features"))


def test_the_columns_that_a_view_is_joined_by_lead_to_it(flowers: Lineage) -> None:
    (key,) = flowers.path(column(MEASURED, "flower_id"), PETALS)
    assert key.path == ("spec", "entities", 0)
    (time,) = flowers.path(column(MEASURED, "measured_at"), PETALS)
    assert time.path == ("spec", "dataset")


@pytest.mark.parametrize("joined_by", ["flower_id", "measured_at"])
def test_the_columns_that_a_view_is_joined_by_lead_to_its_features(
    flowers: Lineage, joined_by: str
) -> None:
    start = column(MEASURED, joined_by)
    (edge, *_) = flowers.path(start, column(PETALS, "petal_length"))
    assert edge.target == column(PETALS, "petal_length")
    for name in ("petal_length", "petal_ratio", "slenderness"):
        assert start in flowers.up(column(STEP, name, "features"))
    assert start not in flowers.up(column(STEP, "species", "features"))


def test_the_type_of_a_feature_is_not_that_of_a_key() -> None:
    start = TEXT.index("  features:\n    service: flower_features\n    onMissing")
    end = TEXT.index("slenderness: 1.0}\n", start) + len("slenderness: 1.0}\n")
    project = project_of(TEXT[:start] + TEXT[end:])
    whole, model = lineage_of(project), Node("Model", "flower_model")
    asked = [column(model, "petal_length"), column(model, "petal_ratio")]
    found = contract(project, whole, {model.name: asked}, "flowers")
    assert found is not None
    assert found.inputs == {"petal_length": "float64", "petal_ratio": "float64"}


def test_the_rows_keep_their_own_columns(flowers: Lineage) -> None:
    assert column(STEP, "species", "split") in flowers.down(column(ROWS, "species"))
    assert not flowers.down(column(MEASURED, "remark"))


def test_a_service_that_looks_features_up_hangs_on_the_feature_service(flowers: Lineage) -> None:
    (edge,) = flowers.path(FEATURES, Node("Service", "flowers"))
    assert edge.path == ("spec", "features")


def test_what_a_feature_service_asks_for() -> None:
    found = used(project_of(), "flower_features")
    assert found is not None
    assert [feature.reference for feature in found.features] == [
        "petals:petal_length",
        "ratios:petal_ratio",
        "ratios:slenderness",
    ]
    assert {name: str(type_) for name, type_ in found.keys.items()} == {"flower_id": "int64"}
    assert {name: str(type_) for name, type_ in found.request.items()} == {"height": "float64"}
    assert found.parts.datasets == ("measurements",)
    assert (found.parts.views, found.parts.transforms) == (("petals",), ("ratios",))
    assert used(project_of(), "other") is None


def test_a_view_that_nobody_asks_for_is_part_of_the_project_alone() -> None:
    more = (
        TEXT
        + """---
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata: {name: remarks}
spec: {dataset: measurements, entities: [flower], features: [remark]}
"""
    )
    project = project_of(more)
    assert parts_of(project).views == ("petals", "remarks")
    assert parts_of(project, ["flower_features"]).views == ("petals",)


def test_what_does_not_resolve_is_left_out() -> None:
    broken = TEXT.replace("sources: [petals]", "sources: [petals, ratios, nothing]").replace(
        "[petal_length, petal_width]", "[petal_length, nothing]"
    )
    project = project_of(broken)
    found = used(project, "flower_features")
    assert found is not None and found.parts.transforms == ("ratios",)
    assert "nothing" not in {node.name for node in lineage_of(project).nodes}
    assert ancestors(project, graphs_of(project))[RATIOS.ref][-1] == PETALS.ref


def test_the_order_of_documents_never_matters() -> None:
    specs, first = specs_of(TEXT), lineage_of(project_of())
    for seed in range(5):
        random.Random(seed).shuffle(specs)  # noqa: S311 - an order, not a secret
        project = link(specs)
        assert project is not None
        assert lineage_of(project).edges == first.edges


SEARCH = """---
apiVersion: exai.dev/v1alpha1
kind: Tuning
metadata: {name: search}
spec:
  objective: {metric: accuracy, type: maximize}
  algorithm: {name: random}
  parameters: {c: {type: double, min: 0.1, max: 1}}
  trials: {max: 3}
  trial:
    uses: train-sklearn
    with:
      data: flowers
      estimator: LogisticRegression
      target: species
      features: [height, nothing]
      parameters: {C: "${{ trial.c }}"}
      folds: 3
"""


def test_the_columns_that_a_trial_names_lead_to_the_search() -> None:
    found = lineage_of(project_of(TEXT + SEARCH))
    search, base = Node("Tuning", "search"), ("spec", "trial", "with")
    for name, path in (("species", (*base, "target")), ("height", (*base, "features", 0))):
        for end in (search, search._replace(step="trial")):
            (edge,) = found.path(column(ROWS, name), end)
            assert edge.path == path
    assert found.path(column(ROWS, "seen_at"), search) == ()
    assert column(ROWS, "nothing") not in found.nodes
