"""A value that is wrong in one way is told once, whoever asks something of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_runtime.validating import validate

HEAD = "apiVersion: exai.dev/v1alpha1\n"
ENVIRONMENTS = """kind: Project
metadata: {name: shop, owner: a}
spec:
  environments:
    test: {target: kubeflow, namespace: ml-test}
    prod: {target: kubeflow, namespace: ml-prod}
---
"""
SERVICE = """kind: Service
metadata: {name: NAME, owner: a}
spec:
  model: {uri: "s3://acme-ml/sklearn", format: sklearn}
  protocol: v1
"""
PIPELINE = """kind: Project
metadata: {name: shop, owner: a}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: iris, owner: a}
spec: {source: {csv: {path: iris.csv}}, schema: {width: float64, species: string}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: train, owner: a}
spec:
  parameters: {trees: {type: integer, default: 100}}
  steps:
    load: {uses: load-dataset, with: {dataset: iris}}
    fit:
      uses: train-sklearn
      with:
        data: ${{ steps.load.data }}
        target: species
        features: [width]
        estimator: RandomForestClassifier
        parameters: {n_estimators: "${{ parameters.trees }}"}
  schedules:
    nightly: {cron: "0 2 * * *", parameters: {trees: VALUE}}
"""


def told(text: str, there: Path) -> list[str]:
    (there / "exai.yaml").write_text(HEAD + text, "utf-8")
    return [each.code for each in validate(there).diagnostics if each.severity == "error"]


@pytest.mark.parametrize(
    ("value", "codes"),
    [("many", ["wrong-input-type"]), ("-1", ["invalid-input"]), ("5", [])],
)
def test_a_value_of_the_wrong_type_isnt_out_of_bounds_too(
    value: str, codes: list[str], tmp_path: Path
) -> None:
    assert told(PIPELINE.replace("VALUE", value), tmp_path) == codes


@pytest.mark.parametrize(
    ("name", "codes"),
    [("a" * 70, {"invalid-name"}), ("a" * 51, set()), ("a" * 46 + "-predictor", {"invalid-name"})],
)
def test_a_name_that_is_too_long_makes_no_host_that_is(
    name: str, codes: set[str], tmp_path: Path
) -> None:
    text = ENVIRONMENTS + HEAD + SERVICE.replace("NAME", name)
    of_names = [each for each in told(text, tmp_path) if each.endswith("-name")]
    assert {*of_names} >= codes
    assert of_names.count("invalid-name") == len(codes)
    assert ("service-name" in of_names) is name.endswith("-predictor")
