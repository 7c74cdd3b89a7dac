"""A value that is refused isn't said to be missing, too, and hides no mistake elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_runtime.validating import validate

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: clinic}
spec:
  exai: ">=0.1"
  environments:
    local:
      target: local
      connections: {lab: {sqlite: {path: lab.db}}}
    prod:
      target: kubeflow
      namespace: ml-prod
      pipelines: {mode: kubernetes, timezone: UTC}
      tracking: {uri: "https://mlflow.example.com"}
      connections:
        lab: {postgresql: {host: db, database: ml, user: exai, password: {secret: db, key: p}}}
      data: {root: "s3://acme/data"}
      models: {store: "s3://acme/models"}
      images: {train: "ghcr.io/a/t@sha256:DIGEST", serve: "ghcr.io/a/s@sha256:DIGEST"}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: visits}
spec:
  source: {sql: {connection: lab, table: visits}}
  schema: {id: int64, age: int64, ill: string}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: rows}
spec:
  source: {csv: {path: rows.csv}}
  schema: {id: int64}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: training}
spec:
  parameters: {folds: {type: integer, default: 5}}
  schedules: {nightly: {cron: "0 2 * * *", timezone: UTC}}
  steps:
    load: {uses: load-dataset, with: {dataset: visits}}
    other: {uses: load-dataset, with: {dataset: rows}}
    split: {uses: split-data, with: {data: "${{ steps.load.data }}", test: 0.2}}
    train:
      uses: train-sklearn
      with:
        data: ${{ steps.split.train }}
        target: ill
        features: [age]
        estimator: LogisticRegression
        folds: ${{ parameters.folds }}
    register:
      uses: register-model
      with:
        model: ${{ steps.train.model }}
        metrics: ${{ steps.evaluate.metrics }}
        as: clinic
    evaluate:
      uses: evaluate-model
      with: {model: "${{ steps.train.model }}", data: "${{ steps.split.test }}"}
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: clinic}
spec:
  task: classification
  gates: {accuracy: {min: 0.9}}
  aliases: {champion: {promote: manual}}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: web}
spec: {model: clinic@champion, protocol: v2, stopped: true}
---
apiVersion: exai.dev/v1alpha1
kind: Overlay
metadata: {name: more}
spec: {environment: prod, target: Service/web, patch: {spec: {replicas: {min: 1, max: 2}}}}
""".replace("DIGEST", "0" * 64)


def told(root: Path, *edits: tuple[str, str]) -> list[tuple[str, int]]:
    text = PROJECT
    for right, wrong in edits:
        assert right in text
        text = text.replace(right, wrong, 1)
    (root / "exai.yaml").write_text(text)
    found = validate(root).diagnostics
    return [(each.code, each.at.line) for each in found if each.severity == "error"]


def line_of(words: str) -> int:
    return PROJECT[: PROJECT.index(words)].count("\n") + 1


def test_the_project_is_sound(tmp_path: Path) -> None:
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("sqlite: {path", "sqlit: {path", "unknown-field"),
        ("{sqlite: {path: lab.db}}", "{sqlite: lab.db}", "wrong-type"),
        ("namespace: ml-prod", "namespace: ML_prod", "invalid-name"),
        ('tracking: {uri: "https://mlflow.example.com"}', "tracking: https://m", "wrong-type"),
        ('data: {root: "s3://acme/data"}', "data: s3://acme/data", "wrong-type"),
        ("    prod:", "    Prod:", "invalid-name"),
        ("timezone: UTC}\n      tracking", "timezone: UTZ}\n      tracking", "bad-schedule"),
        ("default: 5", "default: five", "wrong-type"),
        ("default: 5", 'default: "5"', "wrong-type"),
        ("features: [age]", "features: [age, 5]", "wrong-input-type"),
    ],
)
def test_what_is_refused_is_told_once(tmp_path: Path, right: str, wrong: str, code: str) -> None:
    assert told(tmp_path, (right, wrong)) == [(code, line_of(right))]


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (("protocol: v2", "protocol: v3"), ("accuracy:", "acuracy:"), "gate-without-metric"),
        (("name: web", "name: Web"), ("clinic@champion", "clinic@champio"), "unknown-alias"),
        (("tracking: {uri", "tracking: {url"), ("{min: 1, max: 2}", "{minn: 1}"), "unknown-field"),
        (
            ("tracking: {uri", "tracking: {url"),
            ("features: [age]", "features: [agee]"),
            "unknown-column",
        ),
    ],
)
def test_what_is_elsewhere_is_told_beside_it(
    tmp_path: Path, one: tuple[str, str], other: tuple[str, str], code: str
) -> None:
    assert (code, line_of(other[0])) in told(tmp_path, one, other)
    assert len(told(tmp_path, one, other)) >= 2
