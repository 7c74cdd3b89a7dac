"""Where a problem of the feature store is shown: at the field it has to do with, or nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_runtime.compiling import check_project
from exai_runtime.features.located import located
from exai_runtime.features.place import Place
from exai_runtime.local.target import LocalTarget
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds.environment import Environment

SPECS = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: trips}
spec:
  environments:
    local:
      target: local
      features:
        online_store: {type: redis, connection_string: "localhost:6379"}
---
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata: {name: rides}
spec: {dataset: rides, entities: [driver], features: [distance], push: rides_push}
---
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata: {name: ratios}
spec:
  transform: {python: ratios.py:ratios, sources: [rides]}
  schema: {per_hour: float64}
---
apiVersion: exai.dev/v1alpha1
kind: FeatureService
metadata: {name: ranking}
spec: {features: [rides, ratios]}
"""
NOWHERE = Span("exai.yaml")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "exai.yaml").write_text(SPECS)
    checked = check_project(load(tmp_path))
    environment = Environment(target="local")
    target = LocalTarget(tmp_path, "local", environment, "trips")
    body = {"spec": {"transforms": {"ratios": {}}, "views": {"rides": {}}, "services": {}}}
    return Place(checked, "local", environment, target, body)


@pytest.mark.parametrize(
    ("code", "message", "at"),
    [
        ("ill-typed-value", "rows.csv, row 2, column ...", ""),
        ("future-timestamp", "rows.csv, row 2, column ...", ""),
        ("apply-running", "another apply is at work", ""),
        ("feature-store-unreachable", "the online store (Redis) doesn't answer", "exai.yaml:10:23"),
        ("feature-store-failed", "the offline store (PostgreSQL) answered: no", "exai.yaml:10:9"),
        ("failed-transform", "the transform ratios raised ValueError: x", "exai.yaml:21:14"),
        ("failed-transform", "the transform ratios, tried out, raised x", "exai.yaml:21:14"),
        ("unsupported-type", "there is no column type for it", "exai.yaml:14:18"),
    ],
)
def test_each_problem_has_its_own_place(place: Place, code: str, message: str, at: str) -> None:
    found = located(place, "rides", Diagnostic(code, message, NOWHERE))
    assert (str(found.at) if found.at.path else "") == at


def test_a_problem_that_has_a_place_keeps_it(place: Place) -> None:
    problem = Diagnostic("secret-missing", "...", Span("exai.yaml", 7, 3))
    assert located(place, "rides", problem) == problem
    service = located(place, "ranking", Diagnostic("unsupported-type", "...", NOWHERE))
    assert str(service.at) == "exai.yaml:26:18"
