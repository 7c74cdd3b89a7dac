"""A file that leads out of the project hides nothing but what it would decide, whatever the step is
called that names it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exai_runtime.compiling import check_project
from exai_runtime.workspace import load

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {exai: ">=0.1"}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: rows}
spec: {source: {csv: {path: rows.csv}}, schema: {a: int64}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: one}
spec:
  steps:
    NAME: {BODY}
    read: {python: code.py:nothing, with: {a: "${{ steps.NAME.rows }}"}}
    load: {uses: load-dataset, with: {dataset: rowz}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: two}
spec:
  steps:
    called: {pipeline: one}
    read: {python: code.py:nothing}
"""
OTHERS = [
    ("unknown-function", 17),
    ("unknown-reference", 18),
    ("unknown-function", 26),
]


@pytest.mark.parametrize("body", ["python: ../outside.py:run", "uses: ../../component.yaml"])
@pytest.mark.parametrize("name", ["anything", "one", "two", "rows", "p", "code", "nothing"])
def test_what_is_wrong_elsewhere_is_told(tmp_path: Path, name: str, body: str) -> None:
    (tmp_path / "code.py").write_text("def run() -> None: ...\n")
    (tmp_path / "exai.yaml").write_text(PROJECT.replace("NAME", name).replace("BODY", body))
    found = check_project(load(tmp_path)).diagnostics
    told = [(each.code, each.at.line) for each in found if each.severity == "error"]
    told = [each for each in told if each[0] != "not-local"]  # of a container
    assert told == [("path-leaves-project", 16), *OTHERS]


RENDERED = f"""\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {{name: p}}
spec:
  environments:
    prod: {{target: kubeflow, namespace: ml, images: {{train: "ghcr.io/a/t@sha256:{"0" * 64}"}}}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {{name: one}}
spec: {{run: {{on: []}}, steps: {{a: {{BODY}}}}}}
---
apiVersion: exai.dev/v1alpha1
kind: Manifest
metadata: {{name: photos}}
spec:
  manifest:
    apiVersion: v1
    kind: PersistentVolumeClaim
    spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
"""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("python: ../x.py:f", "path-leaves-project"),
        ("python: /x.py:f", "path-leaves-project"),
        ("python: link.py:f", "path-leaves-project"),
        ("python: folder.py:f", "unreadable-file"),
        ("python: pipe.py:f", "unreadable-file"),
        ("python: latin.py:f", "unreadable-file"),
        ("python: code.py:f, embed: ../x", "path-leaves-project"),
        ("uses: ../component.yaml", "path-leaves-project"),
        ("notebook: ../x.ipynb", "path-leaves-project"),
    ],
)
def test_nothing_is_rendered_of_what_cannot_be_read(tmp_path: Path, body: str, code: str) -> None:
    (tmp_path / "link.py").symlink_to("/etc/hostname")
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "latin.py").write_bytes(b"# caf\xe9\ndef f() -> None: ...\n")
    (tmp_path / "code.py").write_text("def f() -> None: ...\n")
    (tmp_path / "exai.yaml").write_text(RENDERED.replace("BODY", body))
    found = check_project(load(tmp_path)).diagnostics
    assert [each.code for each in found if each.severity == "error"] == [code]
