"""Pipelines that call each other again and again: what goes through them comes to an end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exai_compiler.catalog import Catalog
from exai_compiler.checks.demanded import MAX_DEMANDS, asked_of
from exai_compiler.graph import MAX_STEPS, Frame, everything, graphs
from exai_compiler.project import Project, link
from exai_runtime.workspace import component_catalog
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

CODE = "def take(x: int) -> int:\n    return x\n"
PROJECT = "apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: p}\nspec: {}\n"
PIPELINE = """\
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {{name: p{level}}}
spec:
  run: {{on: []}}
  parameters: {{x: list}}
  steps:
{steps}
"""
LEAF = (
    "    a: {forEach: {in: '${{ parameters.x }}', as: it}, python: 'code.py:take', "
    "with: {x: '${{ it.q }}'}, resources: {memory: '${{ it.m }}'}}"
)
CALL = (
    "    s%d: {forEach: {in: '${{ parameters.x }}', as: it}, pipeline: p%d, "
    "with: {x: '${{ it.f%d }}'}}"
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return replace(component_catalog(), files={"code.py": CODE}, modules=frozenset({"code"}))


def chain(levels: int, calls: int) -> Project:
    """Each pipeline goes over one list, and gives a field of its items to each of several steps
    that are the next pipeline."""
    text = PROJECT
    for level in range(levels):
        steps = "\n".join(CALL % (n, level - 1, n) for n in range(calls)) if level else LEAF
        text += PIPELINE.format(level=level, steps=steps)
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [parse(each) for each in documents]
    assert all(isinstance(spec, Spec) for spec in specs), specs
    project = link(spec for spec in specs if isinstance(spec, Spec))
    assert project is not None
    return project


def test_what_is_asked_of_one_parameter_is_bounded(catalog: Catalog) -> None:
    project = chain(6, 4)
    built = graphs((spec for spec in project.all if spec.ref.kind == "Pipeline"), catalog)
    assert len(asked_of(project, built, "p2")["x"]) == 4**2, "each of them"
    assert len(asked_of(project, built, "p5")["x"]) == MAX_DEMANDS


def test_nothing_goes_through_more_steps_than_a_run_may_have(catalog: Catalog) -> None:
    project = chain(16, 2)
    built = graphs((spec for spec in project.all if spec.ref.kind == "Pipeline"), catalog)
    walked = {name: sum(1 for _ in everything(Frame(graph))) for name, graph in built.items()}
    assert walked["p10"] == 2**10, "each of them"
    assert max(walked.values()) <= 2 * MAX_STEPS
    assert max(graph.size for graph in built.values()) <= 2 * MAX_STEPS
