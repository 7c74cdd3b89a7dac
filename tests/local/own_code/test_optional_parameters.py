"""What an optional parameter is where nobody gives it, under KFP's own runner: None."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exai_runtime.session import apply, destroy

pytestmark = pytest.mark.slow

SPECS = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  environments:
    local: {target: local}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: called}
spec:
  parameters: {n: {type: integer, optional: true}, s: {type: string, optional: true}}
  steps:
    inner:
      python: code/steps.py:say
      with: {n: "${{ parameters.n }}", s: "${{ parameters.s }}"}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: line}
spec:
  parameters: {n: {type: integer, optional: true}}
  steps:
    bare: {python: code/steps.py:say}
    full: {python: code/steps.py:say, with: {n: 3, s: x}}
    half: {python: code/steps.py:say, with: {n: "${{ parameters.n }}", s: y}}
    first: {pipeline: called, with: {n: 4, s: z}}
    second: {pipeline: called, with: {n: "${{ parameters.n }}"}}
    third: {pipeline: called}
"""
STEPS = """from kfp.dsl import Dataset, Output


def say(said: Output[Dataset], n: int | None = None, s: str | None = None) -> None:
    with open(said.path, "w") as file:
        file.write(repr((n, s)))
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "code").mkdir()
    (tmp_path / "exai.yaml").write_text(SPECS)
    (tmp_path / "code" / "steps.py").write_text(STEPS)
    yield tmp_path
    destroy(tmp_path, "local", True, lambda _: True, lambda _: None)


def test_each_step_gets_what_it_is_given(root: Path) -> None:
    """A function's parameters, a pipeline's own, and those that one hands on to another: steps of
    one function and calls of one pipeline don't share what they are given."""
    outcomes = apply(root, "local", lambda _: True, lambda _: None).outcomes
    assert [(str(o.change), o.detail) for o in outcomes if o.result == "failed"] == []
    said = {
        path.parent.name: path.read_text() for path in root.glob(".exai/local/runs/*/work/*/*/said")
    }
    assert said == {
        "inner": "(None, None)",
        "bare": "(None, None)",
        "full": "(3, 'x')",
        "half": "(None, 'y')",
        "first--inner": "(4, 'z')",
        "second--inner": "(None, None)",
        "third--inner": "(None, None)",
    }
