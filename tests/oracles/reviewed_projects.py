"""Small projects under Git, and what a reviewer is told of a change of one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from git_repository import git

from exai_compiler.changes import subject, verb
from exai_compiler.revisions import Comparison
from exai_runtime.comparing import plan_against
from exai_specs.effects import Effect

HEAD = "apiVersion: exai.dev/v1alpha1\n"
DATASET = f"""
{HEAD}kind: Dataset
metadata: {{name: flowers, owner: ml}}
spec:
  source: {{csv: {{path: data/flowers.csv}}}}
  key: [flower_id]
  schema: {{flower_id: int64, width: float64, kind: string}}
  quality: {{expectations: [{{expect_table_row_count_to_be_between: {{min_value: 10}}}}]}}
"""
MODEL = f"""
{HEAD}kind: Model
metadata: {{name: kinds, owner: ml}}
spec:
  task: classification
  aliases: {{champion: {{promote: auto}}, challenger: {{promote: manual}}}}
"""
SERVING = f"""
{HEAD}kind: Service
metadata: {{name: serving, owner: ml}}
spec: {{model: kinds@champion}}
"""
TRAINING = f"""
{HEAD}kind: Pipeline
metadata: {{name: training, owner: ml}}
spec:
  run: {{on: [spec]}}
  steps:
    load: {{uses: load-dataset, with: {{dataset: flowers}}}}
    train:
      uses: train-h2o
      with:
        data: "${{{{ steps.load.data }}}}"
        algorithm: gbm
        target: kind
        features: [width]
    evaluate:
      uses: evaluate-model
      with: {{model: "${{{{ steps.train.model }}}}", data: "${{{{ steps.load.data }}}}"}}
    register:
      uses: register-model
      with:
        model: "${{{{ steps.train.model }}}}"
        metrics: "${{{{ steps.evaluate.metrics }}}}"
        as: kinds
"""

SERVICE = f"""
{HEAD}kind: Service
metadata: {{name: scoring, owner: ml}}
spec:
  model: {{uri: "s3://b/m", format: sklearn}}
  replicas: {{min: 1, max: 3}}
"""
IMAGE = f"example.com/exai@sha256:{'0' * 64}"
THERE = (
    "target: kubeflow, namespace: ml, data: {root: s3://b/d}, models: {store: s3://b/m}, "
    f"tracking: {{uri: 'https://m.example.com'}}, images: {{train: '{IMAGE}', serve: '{IMAGE}'}}"
)
CLUSTER = f"{{prod: {{{THERE}, serving: {{mode: MODE}}}}, other: {{{THERE}}}}}"
STANDARD = CLUSTER.replace("MODE", "Standard")
CLAIM = f"""
{HEAD}kind: Manifest
metadata: {{name: photos, owner: ml}}
spec:
  manifest:
    apiVersion: v1
    kind: PersistentVolumeClaim
    spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 5Gi}}}}}}
"""
RUNTIME = f"""
{HEAD}kind: Runtime
metadata: {{name: mine, owner: ml}}
spec: {{image: "example.com/mine:1", formats: {{sklearn: {{version: "1"}}}}}}
"""
TALKING = f"""
{HEAD}kind: LLMService
metadata: {{name: chat, owner: ml}}
spec:
  model: {{uri: "hf://a/b", name: talk, lora: {{adapters: {{sql: "hf://a/sql", rust: "hf://a/r"}}}}}}
"""


def project(root: Path, *documents: str, environments: str = "{local: {target: local}}") -> Path:
    """These documents beside a Project, committed."""
    (root / "specs").mkdir(exist_ok=True)
    (root / "exai.yaml").write_text(
        f"{HEAD}kind: Project\nmetadata: {{name: shop}}\nspec: {{environments: {environments}}}\n"
    )
    (root / "specs/all.yaml").write_text("---".join(documents))
    git(root, "init", "-q", "-b", "main")
    commit(root)
    return root


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "specs")


def edit(file: Path, *pairs: tuple[str, str]) -> None:
    text = file.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


def remove(root: Path, index: int = 0) -> None:
    """One of the documents that `project` wrote."""
    file = root / "specs/all.yaml"
    documents = file.read_text().split("---")
    del documents[index]
    file.write_text("---".join(documents))


def compared(root: Path, environment: str = "local") -> Comparison:
    found = plan_against(root, environment, "HEAD")
    assert found.comparison is not None, found.diagnostics
    assert found.comparison.plan is not None, found.diagnostics
    return found.comparison


def rows(found: Comparison) -> dict[str, tuple[str, Effect]]:
    return {str(each.ref): (each.verb, each.impact) for each in found.documents}


def actions(found: Comparison) -> Iterator[tuple[str, str, Effect]]:
    assert found.plan is not None
    for each in found.plan.changes:
        yield verb(each.change), subject(each.change), each.impact
