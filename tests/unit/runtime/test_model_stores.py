"""Where an environment keeps its models: what steps write to and servers read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exai_runtime.compiling import check_project
from exai_runtime.workspace import load

IRIS = Path(__file__).parents[3] / "examples/iris"
ENVIRONMENT = """\
    other:
      target: TARGET
      namespace: ml
      serving: {mode: Standard}
      connections: {warehouse: {sqlite: {path: data/iris.db}}}
      tracking: {uri: "https://mlflow.example.com"}
      data: {root: s3://acme-ml/data}
      models: {store: "STORE"}
      images: {train: "a/t@sha256:DIGEST", serve: "a/s@sha256:DIGEST"}
"""


@pytest.mark.parametrize(
    ("target", "store", "code"),
    [
        ("kubeflow", "s3://acme-ml/models", None),
        ("kubeflow", "gs://acme-ml/models", None),
        ("kubeflow", "file:///mnt/models", None),
        ("kubeflow", "pvc://models/all", "storage-uri"),
        ("kubeflow", "hf://acme/models", "storage-uri"),
        ("kubeflow", "ftp://acme/models", "storage-uri"),
        ("local", "s3://acme-ml/models", "not-local"),
        ("local", "models", None),
        ("local", "file:///srv/models", None),
    ],
)
def test_stores(tmp_path: Path, target: str, store: str, code: str | None) -> None:
    ignored = shutil.ignore_patterns(".exai", "data")
    root = Path(shutil.copytree(IRIS, tmp_path / "iris", ignore=ignored))
    text = (root / "exai.yaml").read_text()
    other = ENVIRONMENT.replace("TARGET", target).replace("STORE", store)
    assert "  environments:\n" in text
    text = text.replace(
        "  environments:\n", f"  environments:\n{other.replace('DIGEST', '0' * 64)}"
    )
    (root / "exai.yaml").write_text(text)
    found = check_project(load(root)).diagnostics
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "store:" in row)
    told = {each.code for each in found if (each.at.path, each.at.line) == ("exai.yaml", line)}
    assert told == ({code} if code else set()), found
