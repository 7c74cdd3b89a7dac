"""The inputs of a trial are judged as those of a pipeline's step are, and its metric with them."""

from pathlib import Path

import pytest

from exai_compiler.catalog import Catalog, catalog
from exai_compiler.checks import check
from exai_compiler.checks.estimators import CLASSIFIERS
from exai_compiler.project import link
from exai_components.train_sklearn.estimators import ESTIMATORS
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

COMPONENTS = Path(__file__).parents[3] / "components/exai_components"
HEAD = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: searches}
spec: {exai: ">=0.1", environments: {local: {target: local}}}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: points}
spec:
  source: {csv: {path: points.csv}}
  key: [id]
  timestamp: at
  schema: {id: int64, at: timestamp, x: float64, n: int64, y: float64, left: {type: string}}
---
"""
SEARCH = """\
apiVersion: exai.dev/v1alpha1
kind: Tuning
metadata: {name: search}
spec:
  objective: {metric: METRIC, type: maximize}
  algorithm: {name: random}
  parameters: {depth: {type: integer, min: 2, max: 9}}
  trial:
    uses: USES
    with: {data: points, target: left, features: [x], MORE}
"""
SKLEARN = (
    "estimator: RandomForestClassifier, folds: 3, parameters: {random_state: '${{ trial.depth }}'}"
)
H2O = "parameters: {nfolds: 3, max_depth: '${{ trial.depth }}'}"
PIPELINE = """\
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: training}
spec:
  steps:
    load: {uses: load-dataset, with: {dataset: points}}
    train:
      uses: train-sklearn
      with: {data: "${{ steps.load.data }}", target: left, features: [x], MORE}
"""


@pytest.fixture(scope="module")
def components() -> Catalog:
    return catalog({str(p): p.read_text() for p in sorted(COMPONENTS.glob("*/component.yaml"))})


def found(text: str, components: Catalog) -> list[tuple[str, str]]:
    documents, problems = read(HEAD + text, "exai.yaml")
    parsed = [parse(document) for document in documents]
    specs = [spec for spec in parsed if isinstance(spec, Spec)]
    assert (problems, len(specs)) == ((), len(parsed))
    linked = link(specs)
    assert linked is not None
    return [(each.code, each.message) for each in check(linked, components)]


def search(uses: str = "train-sklearn", metric: str = "f1") -> str:
    more = SKLEARN if uses == "train-sklearn" else H2O
    return SEARCH.replace("USES", uses).replace("METRIC", metric).replace("MORE", more)


CHANGES = {
    "unknown-column": [("features: [x]", "features: [x, m]"), ("target: left", "target: lift")],
    "target-in-features": [("features: [x]", "features: [x, left]")],
    "duplicate-feature": [("features: [x]", "features: [x, x]")],
    "key-in-features": [("features: [x]", "features: [x, id]")],
    "unusable-feature": [("features: [x]", "features: [x, at]"), ("target: left", "target: at")],
    "invalid-input": [("RandomForestClassifier", "Nonsense")],
}


@pytest.mark.parametrize(
    ("code", "change"), [(code, each) for code, some in CHANGES.items() for each in some]
)
def test_a_trial_is_judged_as_a_step(
    code: str, change: tuple[str, str], components: Catalog
) -> None:
    step = PIPELINE.replace("MORE", "estimator: RandomForestClassifier")
    of_a_step = [each for each in found(step.replace(*change), components) if each[0] == code]
    of_a_trial = found(search().replace(*change), components)
    assert of_a_step
    assert of_a_trial == of_a_step


@pytest.mark.parametrize("uses", ["train-sklearn", "train-h2o"])
def test_a_sound_trial_has_nothing_wrong(uses: str, components: Catalog) -> None:
    assert found(search(uses), components) == []


def test_a_parameter_of_the_search_is_judged_by_no_value(components: Catalog) -> None:
    text = search(metric="r2").replace("target: left", "target: y")
    text = text.replace("RandomForestClassifier", "'${{ trial.kind }}'")
    text = text.replace("max: 9}}", "max: 9}, kind: {list: [Ridge, Lasso]}}")
    assert found(text, components) == []


@pytest.mark.parametrize(
    ("uses", "metric", "changes", "messages"),
    [
        (
            "train-sklearn",
            "f1",
            [("RandomForestClassifier", "Ridge"), ("target: left", "target: n")],
            ["`f1` is of classification, but Ridge is for regression"],
        ),
        (
            "train-sklearn",
            "rmse",
            [("target: left", "target: n")],
            ["`rmse` is of regression, but RandomForestClassifier is for classification"],
        ),
        (
            "train-sklearn",
            "f1",
            [("target: left", "target: y")],
            ["`f1` is of classification, but the target `y` is float64"],
        ),
        (
            "train-h2o",
            "r2",
            [],
            ["`r2` is of regression, but the target `left` is string"],
        ),
        (
            "train-h2o",
            "auc",
            [("target: left", "target: n")],
            ["`auc` is of classification, but the target `n` is int64"],
        ),
        ("train-h2o", "mae", [("target: left", "target: n")], []),
        ("train-sklearn", "f1", [("target: left", "target: n")], []),
    ],
)
def test_the_metric_is_of_the_estimators_and_the_targets_task(
    uses: str,
    metric: str,
    changes: list[tuple[str, str]],
    messages: list[str],
    components: Catalog,
) -> None:
    text = search(uses, metric)
    for change in changes:
        text = text.replace(*change)
    assert found(text, components) == [("trial-metric", message) for message in messages]


@pytest.mark.parametrize(
    ("metric", "rest", "wrong"),
    [
        ("f1", "type: maximize, goal: 95", "`f1` is never more than 1"),
        ("precision", "type: maximize, goal: 1.5", "`precision` is never more than 1"),
        ("logloss", "type: minimize, goal: -1", "`logloss` is never less than 0"),
        ("f1", "type: maximize, goal: 0.95", ""),
        ("logloss", "type: minimize, goal: 3", ""),
    ],
)
def test_a_goal_can_be_reached(metric: str, rest: str, wrong: str, components: Catalog) -> None:
    text = search(metric=metric).replace("type: maximize", rest)
    reached = [("gate-never-passes", f"{wrong}, so no trial would reach the goal")] if wrong else []
    assert found(text, components) == reached


def test_the_classifiers_are_those_of_the_component() -> None:
    assert {name for name, (_, task) in ESTIMATORS.items() if task == "classification"} == set(
        CLASSIFIERS
    )


@pytest.mark.parametrize(
    ("drawn", "given", "wrong"),
    [
        ("{type: integer, min: -2, max: 9}", "max_depth", ["of at least 0, not the number -2"]),
        ("{type: double, min: 0.1, max: 10}", "learn_rate", ["number 10.0, which may be drawn"]),
        ("{type: double, min: 0, max: 1}", "learn_rate", ["number 0.0, which may be drawn"]),
        ("{type: double, min: 0, max: 1, step: 0.1}", "learn_rate", ["not the number 0.0"]),
        # What isn't taken in the midst of what is.
        ("{type: integer, min: 0, max: 5}", "nfolds", ["not the number 1, which is drawn"]),
        ("{type: integer, min: 1, max: 5}", "nfolds", ["not the number 1"]),
        ("{type: integer, min: 0, max: 5, scale: linear, step: 2}", "nfolds", []),
        ("{type: integer, min: 0, max: 5, step: 1}", "nfolds", ["number 1, which is drawn"]),
        ("{type: integer, min: -1, max: 5, step: 2}", "nfolds", ["not the number -1"]),
        ("{type: integer, min: 1, max: 100000000000, scale: log}", "nfolds", ["not the number 1"]),
        ("{type: integer, min: 2, max: 100000000000, scale: log}", "max_depth", []),
        # What is drawn ends at the last step.
        ("{type: double, min: 0.1, max: 1.05, step: 0.3}", "learn_rate", []),
        ("{type: double, min: 0.1, max: 1.55, step: 0.3}", "learn_rate", ["1.3, which is drawn"]),
        ("{list: [0.1, 0.3, 3]}", "learn_rate", ["at most 1, not the number 3"]),
        ("{type: double, min: 0.1, max: 1}", "learn_rate", []),
    ],
)
def test_what_is_drawn_is_within_what_h2o_takes(
    drawn: str, given: str, wrong: list[str], components: Catalog
) -> None:
    text = search("train-h2o").replace("{type: integer, min: 2, max: 9}", drawn)
    before = "nfolds: 3, max_depth" if given == "nfolds" else "max_depth"
    told = found(text.replace(before, given), components)

    assert [code for code, _ in told] == ["invalid-input"] * len(wrong)
    assert all(said.endswith(end) for (_, said), end in zip(told, wrong, strict=True))


@pytest.mark.parametrize(("lowest", "highest", "wrong"), [(-2, 5, True), (-2, -1, False)])
def test_a_hole_of_another_algorithm_is_found(
    lowest: int, highest: int, wrong: bool, components: Catalog
) -> None:
    text = search("train-h2o").replace("min: 2, max: 9", f"min: {lowest}, max: {highest}")
    text = text.replace("parameters: {nfolds", "algorithm: drf, parameters: {nfolds")
    text = text.replace("max_depth", "mtries")
    told = found(text, components)
    assert [said.endswith("not the number 0, which is drawn") for _, said in told] == [True] * wrong


@pytest.mark.parametrize(("default", "wrong"), [("10", True), ("0.5", False)])
def test_a_parameter_that_h2o_refuses_is_told_where_it_is_written(
    default: str, wrong: bool, components: Catalog
) -> None:
    more = "parameters: {learn_rate: '${{ parameters.rate }}'}"
    text = PIPELINE.replace("train-sklearn", "train-h2o").replace("MORE", more)
    parameter = f"spec:\n  parameters: {{rate: {{type: double, default: {default}}}}}\n"
    told = found(text.replace("spec:\n", parameter), components)

    assert [code for code, _ in told if code != "unused-step"] == ["invalid-input"] * wrong
