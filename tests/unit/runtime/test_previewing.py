"""`exai data preview`: what it says when it can't."""

from __future__ import annotations

from pathlib import Path

from exai_runtime.previewing import preview
from exai_runtime.session import validate

PROJECT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: flowers}
spec: {environments: {local: {target: local}}}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: unread}
spec: {source: {csv: {path: data/x.csv}}, schema: {a: int64}}
"""


def test_it_says_only_what_stands_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "exai.yaml").write_text(PROJECT)
    assert [d.code for d in validate(tmp_path).diagnostics] == ["unused-dataset"]
    found = preview(tmp_path, "nowhere", "unread", 5)
    assert [d.code for d in found.diagnostics] == ["unknown-environment"]
