"""`exai data preview`: what it says when it can't."""

from __future__ import annotations

from pathlib import Path

import pytest

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


READ = PROJECT.replace("schema: {a: int64}", "schema: {a: int64, b: {type: int64, pii: true}}")
MODEL = """
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: flowers}
spec: {TASK}
"""
OVERLAY = """
---
apiVersion: exai.dev/v1alpha1
kind: Overlay
metadata: {name: there}
spec: {environment: local, target: Dataset/unread, patch: {spec: {schema: {a: {PII: true}}}}}
"""


@pytest.mark.parametrize(
    "text",
    [
        MODEL.replace("TASK", "taks: regression"),
        MODEL.replace("TASK", "task: regression").replace("kind: Model", "kind: Modle"),
        MODEL.replace("{TASK}", "{task: ["),
    ],
)
def test_a_mistake_in_another_document_is_nothing_to_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/x.csv").write_text("a,b\n1,2\n")
    (tmp_path / "exai.yaml").write_text(READ + text)
    assert validate(tmp_path).exit_code == 1
    found = preview(tmp_path, "local", "unread", 5)
    assert (found.diagnostics, found.rows) == ((), 1)
    assert [(each.name, each.masked) for each in found.columns] == [("a", False), ("b", True)]


@pytest.mark.parametrize(
    "text",
    [
        READ.replace("a: int64", "a: int46"),
        READ.replace("environments:", "enviroments:"),
        READ + OVERLAY.replace("PII", "ppi"),
    ],
    ids=["its own", "the Project's", "of an overlay that may mask a column"],
)
def test_where_its_own_document_may_be_another_it_refuses(tmp_path: Path, text: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/x.csv").write_text("a,b\n1,2\n")
    (tmp_path / "exai.yaml").write_text(text)
    found = preview(tmp_path, "local", "unread", 5)
    assert found.exit_code == 1 and found.columns == ()
    assert {each.severity for each in found.diagnostics} == {"error"}
