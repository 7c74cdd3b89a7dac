"""Users' Python files that specs name: read as texts, never run, whatever lies there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from exai_compiler.graph import graph
from exai_compiler.meaning import pipeline_meanings
from exai_runtime.compiling import check_project
from exai_runtime.session import validate
from exai_runtime.workspace import load
from exai_specs.kinds import PipelineSpec

SPECS = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: line}
spec: {steps: {own: {python: WRITTEN}}}
"""
FUNCTION = "def f() -> None: ...\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def test_files_of_a_feature_repository_are_read_too(root: Path) -> None:
    files = "spec: {environments: {local: {target: local, features: {files: [a.py, b/c.py]}}}}"
    (root / "exai.yaml").write_text(SPECS.partition("---")[0].replace("spec: {}", files))
    (root / "a.py").write_text("from feast import Entity\n")
    assert dict(load(root).python.texts) == {"a.py": "from feast import Entity\n"}
    assert [problem.code for problem in validate(root).diagnostics] == ["missing-file"]


def told(root: Path, written: str) -> list[tuple[str, str]]:
    (root / "exai.yaml").write_text(SPECS.replace("WRITTEN", repr(written)))
    return [(problem.code, str(problem.at)) for problem in validate(root).diagnostics]


def test_a_file_is_handed_to_the_compiler_and_to_excerpts(root: Path) -> None:
    (root / "code").mkdir()
    (root / "code" / "steps.py").write_text("\ufeff" + FUNCTION)
    (root / "code" / "beside.py").write_text("")
    (root / "code" / "package").mkdir()
    (root / "code" / "package" / "__init__.py").write_text("")
    (root / "code" / "data").mkdir()
    (root / "code" / "round").symlink_to("round")
    assert told(root, "code/steps.py:f") == []
    checked = check_project(load(root))
    assert checked.catalog.files == {"code/steps.py": FUNCTION}
    assert checked.catalog.modules == {"steps", "beside", "package"}
    assert checked.loaded.sources["code/steps.py"] == FUNCTION


@pytest.mark.parametrize("ending", ["", ".py"])
def test_what_leads_out_is_told_as_that_and_what_stays_by_what_it_lacks(
    root: Path, ending: str
) -> None:
    project, _, pipeline = SPECS.partition("---")
    (root / "specs/deep").mkdir(parents=True)
    (root / "exai.yaml").write_text(project.replace("spec: {}", "spec: {specs: [specs]}"))
    (root / "specs/deep/line.yaml").write_text(pipeline.replace("WRITTEN", f"../../../s{ending}:f"))
    (problem,) = validate(root).diagnostics
    assert (problem.code, str(problem.at)) == ("path-leaves-project", "specs/deep/line.yaml:5:30")
    (root / "specs/deep/line.yaml").write_text(pipeline.replace("WRITTEN", "../../s:f"))
    (problem,) = validate(root).diagnostics
    assert (problem.code, problem.hint) == ("unknown-function", "write ../../s.py:f")


def test_nothing_of_it_is_run(root: Path) -> None:
    (root / "steps.py").write_text(f"open({str(root / 'ran')!r}, 'w')\n{FUNCTION}")
    assert told(root, "steps.py:f") == []
    assert not (root / "ran").exists()


def _link(place: Path) -> None:
    place.symlink_to("/etc/passwd")


def _loop(place: Path) -> None:
    place.symlink_to(place.name)


def _nothing(place: Path) -> None:
    assert not place.exists()


MAKE: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (_nothing, "missing-file"),
    "link": (_link, "path-leaves-project"),
    "loop": (_loop, "missing-file"),
    "folder": (Path.mkdir, "unreadable-file"),
    "pipe": (os.mkfifo, "unreadable-file"),
    "latin": (lambda place: place.write_bytes(b"# \xff"), "unreadable-file"),
    "large": (lambda place: place.write_text("#" * (1 << 20) + "#"), "unreadable-file"),
    "binary": (lambda place: place.write_bytes(b"\0" * 9), "python-syntax"),
}


@pytest.mark.parametrize("what", MAKE)
def test_what_is_no_python_file_is_said(root: Path, what: str) -> None:
    make, code = MAKE[what]
    make(root / "steps.py")
    ((found, at),) = told(root, "steps.py:f")
    assert found == code
    assert at == ("steps.py:1:1" if code == "python-syntax" else "exai.yaml:10:30")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("/etc/passwd.py:f", "path-leaves-project"),
        ("../steps.py:f", "path-leaves-project"),
        ("a/../../steps.py:f", "path-leaves-project"),
        ("a" * 300 + ".py:f", "unreadable-file"),
        ("steps.py/more.py:f", "missing-file"),
        ('"); import os #.py:f', "missing-file"),
        ("steps.py:__import__('os')", "unknown-function"),
        ("best", "unknown-function"),
        ("steps.py", "unknown-function"),
        ("./", "unknown-function"),
    ],
)
def test_a_hostile_path_is_said(root: Path, written: str, code: str) -> None:
    (root / "steps.py").write_text(FUNCTION)
    assert [found for found, _ in told(root, written)] == [code]


COMPONENT = """
inputs: [{name: word, type: String, default: x}]
implementation: {container: {image: "alpine/own:3.20", args: [{inputValue: word}]}}
"""


def component_told(root: Path, written: str) -> list[tuple[str, str]]:
    text = SPECS.replace("python: WRITTEN", f"uses: {written}")
    text = text.replace(
        "spec: {}", 'spec: {exai: ">=0.1", environments: {prod: {target: kubeflow, namespace: ml}}}'
    )
    (root / "exai.yaml").write_text(text)
    return [(problem.code, str(problem.at)) for problem in validate(root).diagnostics]


def test_a_component_file_is_read_as_such_and_never_as_specs(root: Path) -> None:
    (root / "specs" / "x").mkdir(parents=True)
    (root / "specs" / "x" / "component.yaml").write_text(COMPONENT)
    assert component_told(root, "./specs/x/component.yaml") == [("image-by-tag", "exai.yaml:10:28")]
    found = load(root)
    assert "specs/x/component.yaml" in found.sources
    (root / "specs" / "x" / "component.yaml").write_text(COMPONENT.replace("inputValue", "input"))
    assert component_told(root, "./specs/x/component.yaml") == [
        ("bad-component", "specs/x/component.yaml:3:64")
    ]
    (root / "specs" / "x" / "component.yaml").write_text("a: [")
    ((code, place),) = component_told(root, "./specs/x/component.yaml")
    assert (code, place.partition(":")[0]) == ("yaml-syntax", "specs/x/component.yaml")


def test_a_component_file_stays_in_the_project(root: Path) -> None:
    (root.parent / "component.yaml").write_text(COMPONENT)
    assert component_told(root, "../component.yaml") == [("path-leaves-project", "exai.yaml:10:28")]
    assert component_told(root, "./gone/component.yaml") == [("missing-file", "exai.yaml:10:28")]


def test_a_component_file_is_part_of_what_a_pipeline_means(root: Path) -> None:
    (root / "component.yaml").write_text(COMPONENT)
    component_told(root, "./component.yaml")

    def meaning() -> str:
        checked = check_project(load(root))
        assert checked.usable is not None
        ((spec, _),) = checked.usable.bodies(PipelineSpec)
        graphs = {spec.ref.name: graph(spec, checked.catalog)}
        return pipeline_meanings(checked.usable, checked.catalog, graphs)[spec.ref.name]

    before = meaning()
    (root / "component.yaml").write_text(f"description: Says a word\n{COMPONENT}")
    assert meaning() == before
    (root / "lib").mkdir()
    for versioned in (False, True):
        text = COMPONENT
        if versioned:
            text += "metadata: {annotations: {exai.dev/version: '2'}}\n"
        (root / "component.yaml").write_text(text)
        component_told(root, "./component.yaml")
        here = meaning()
        (root / "lib/component.yaml").write_text(text)
        component_told(root, "./lib/component.yaml")
        assert meaning() == here
        component_told(root, "./component.yaml")
    (root / "component.yaml").write_text(COMPONENT.replace("default: x", "default: y"))
    assert meaning() != before


def test_a_notebook_may_be_large_by_its_outputs(root: Path) -> None:
    picture = [{"output_type": "display_data", "data": {"image/png": "x" * (3 << 20)}}]
    cell = {"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": picture}
    look = root / "look.ipynb"
    look.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "cells": [cell]}))
    (root / "exai.yaml").write_text(SPECS.replace("python: WRITTEN", "notebook: look.ipynb"))
    assert validate(root).diagnostics == ()
    with look.open("r+b") as file:
        file.truncate((16 << 20) + 1)
    (problem,) = validate(root).diagnostics
    assert (problem.code, str(problem.at)) == ("unreadable-file", "exai.yaml:10:32")
    assert problem.message == "`look.ipynb` has more than 16 MiB"
    assert problem.hint == "clear its outputs and save it: only the code of its cells counts"
