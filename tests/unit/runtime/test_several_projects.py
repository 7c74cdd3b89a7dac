"""The Project of exai.yaml is the Project, whatever another one is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_runtime.compiling import check_project
from exai_runtime.workspace import load

HEAD = "apiVersion: exai.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
FIRST = """\
spec:
  environments: {dev: {target: local, connections: {w: {sqlite: {path: a.db}}}}}
"""
ROWS = """\
spec:
  source: {sql: {connection: w, query: SELECT a FROM t}}
  schema: {a: float64}
"""


def told(root: Path) -> list[tuple[str, str, str]]:
    found = check_project(load(root)).diagnostics
    return [
        (each.code, str(each.at), " ".join(str(at) for _, at in each.related))
        for each in found
        if each.severity == "error"
    ]


@pytest.mark.parametrize("name", ["a", "m", "z"])
@pytest.mark.parametrize("path", ["specs/p.yaml", "a.yaml"])
def test_the_other_one_is_at_fault(tmp_path: Path, name: str, path: str) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "exai.yaml").write_text(HEAD.format(kind="Project", name="m") + FIRST)
    (tmp_path / path).write_text(HEAD.format(kind="Project", name=name) + "spec: {}\n")
    (tmp_path / "specs/d.yaml").write_text(HEAD.format(kind="Dataset", name="d") + ROWS)
    if path == "a.yaml":
        text = (tmp_path / "exai.yaml").read_text()
        (tmp_path / "exai.yaml").write_text(text + "  specs: [a.yaml, specs/d.yaml]\n")
    loaded = load(tmp_path)
    assert loaded.project is not None
    assert set(loaded.project.root.body.environments) == {"dev"}  # type: ignore[union-attr]
    assert told(tmp_path) == [("several-projects", f"{path}:3:18", "exai.yaml:3:18")]


def test_of_two_in_exai_yaml_the_first_is_the_project(tmp_path: Path) -> None:
    first = HEAD.format(kind="Project", name="z") + FIRST
    second = HEAD.format(kind="Project", name="b") + "spec: {}\n"
    (tmp_path / "exai.yaml").write_text(f"{first}---\n{second}")
    assert told(tmp_path) == [("several-projects", "exai.yaml:9:18", "exai.yaml:3:18")]
