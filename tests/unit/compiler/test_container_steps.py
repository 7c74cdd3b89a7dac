"""Container steps: what their arguments may say, and how the columns that they declare go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.backends.kfp import RENDERERS
from exai_compiler.catalog import Catalog, catalog
from exai_compiler.checks import check
from exai_compiler.edges import Node
from exai_compiler.facts import Facts, Lock
from exai_compiler.graph import graph
from exai_compiler.lineage import lineage
from exai_compiler.maybe import Known
from exai_compiler.project import Project, link
from exai_compiler.resolve import resolve
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import read
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec, parse

HEAD = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: box}
spec: {environments: {prod: {target: kubeflow, namespace: ml, images: {train: "x@sha256:DIGEST"}}}}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: flowers}
spec: {source: {csv: {path: "s3://b/f.csv"}}, schema: {width: float64, kind: string, id: int64}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: p}
spec:
  parameters: {word: {type: string, default: x}, seed: {type: integer, optional: true}}
  steps:
    load: {uses: load-dataset, with: {dataset: flowers}}
""".replace("DIGEST", "1" * 64)


@pytest.fixture(scope="module")
def components() -> Catalog:
    folder = Path(__file__).parents[3] / "components/exai_components"
    return catalog({str(p): p.read_text() for p in sorted(folder.glob("*/component.yaml"))})


def project_of(*steps: str) -> Project:
    documents, problems = read(HEAD + "".join(f"    {step}\n" for step in steps), "exai.yaml")
    assert not problems
    specs = [parse(document) for document in documents]
    assert all(isinstance(spec, Spec) for spec in specs), specs
    project = link(spec for spec in specs if isinstance(spec, Spec))
    assert project is not None
    return project


def errors(*steps: str, components: Catalog) -> tuple[Diagnostic, ...]:
    found = check(project_of(*steps), components)
    return tuple(each for each in found if each.severity == "error")


BOX = (
    "box: {image: 'a/bcd:1.23', command: [run, '%s'], outputs: {out: string, data: Dataset}, "
    "with: {word: '${{ parameters.word }}', seed: '${{ parameters.seed }}', "
    "data: '${{ steps.load.data }}'}}"
)


@pytest.mark.parametrize(
    ("text", "code", "column", "says"),
    [
        ("${{ inputs.wrd }}", "unknown-reference", 52, "no input `wrd`"),
        ("${{ outputs.od }}", "unknown-reference", 52, "no output `od`"),
        ("${{ run.ids }}", "unknown-reference", 52, "a run has no `ids`"),
        ("${{ stuff.x }}", "unknown-reference", 52, "means nothing here"),
        ("a ${{ parameters.word }}", "expression-not-allowed", 54, "its own inputs only"),
        ("${{ steps.load.data }}", "expression-not-allowed", 52, "its own inputs only"),
        ("${{ inputs.word == true }}", "expression-not-allowed", 64, "only be a reference"),
        ("${{ inputs.word.path }}", "bad-expression", 52, "`word` is a value"),
        ("${{ inputs.data }}", "bad-expression", 52, "`data` is an artifact"),
        ("${{ inputs.data.metadata }}", "bad-expression", 52, "`data` is an artifact"),
        ("${{ outputs.data }}", "bad-expression", 52, "`data` is an artifact"),
        ("${{ outputs.data.metadata.x }}", "bad-expression", 52, "`data` is an artifact"),
        ("${{ inputs. }}", "bad-expression", 58, "name"),
    ],
)
def test_what_an_argument_can_t_say(
    components: Catalog, text: str, code: str, column: int, says: str
) -> None:
    (found,) = errors(BOX % text, components=components)
    assert (found.code, found.at.line, found.at.column) == (code, 19, column), found
    assert says in found.message
    assert found.hint


def test_what_an_argument_can_say(components: Catalog) -> None:
    said = (
        "${{ inputs.word }} ${{ inputs.data.path }} ${{ inputs.data.uri }} $${{ x }} {{$}} "
        "${{ inputs.data.metadata.rows }} ${{ outputs.out }} ${{ outputs.data.path }} ${{ run.id }}"
    )
    assert errors(BOX % said, components=components) == ()


def test_an_input_that_nothing_gives_has_no_branch(components: Catalog) -> None:
    step = "box: {image: 'a/bcd:1.23', args: [{ifPresent: seeed, then: [x]}], with: {seed: 1}}"
    (found,) = errors(step, components=components)
    assert (found.code, found.at.column) == ("unknown-reference", 51)
    assert "seed" in found.hint
    assert [(words, at.column) for words, at in found.related] == [("its inputs", 71)]


def test_inputs_have_the_types_of_what_they_are_given(components: Catalog) -> None:
    project = project_of(
        "box: {image: a, with: {n: 1, r: 0.5, b: true, t: x, l: [1], s: {a: 1}, "
        "seed: '${{ parameters.seed }}', data: '${{ steps.load.data }}', run: '${{ run.id }}', "
        "text: 'a ${{ parameters.word }}'}, outputs: {m: google.VertexModel, r: {list: integer}}}",
        "after: {image: a, with: {m: '${{ steps.box.m }}', r: '${{ steps.box.r }}'}}",
        "lost: {image: a, with: {x: '${{ steps.box.nothing }}'}}",
    )
    ((spec, _),) = project.bodies(PipelineSpec)
    steps = graph(spec, components).steps
    box, after = steps["box"].component, steps["after"].component
    assert box is not None and after is not None
    assert [f"{name} {port.type}" for name, port in box.inputs.items()] == [
        *("n integer", "r double", "b boolean", "t string", "l list", "s struct"),
        *("seed integer", "data Dataset", "run string", "text string"),
    ]
    assert [name for name, port in box.inputs.items() if port.optional] == ["seed"]
    assert after.inputs["m"].type == "google.VertexModel"
    assert after.inputs["r"].refined == {"list": "integer"}
    assert steps["lost"].component is None


def test_python_steps_have_the_image_of_the_defaults(components: Catalog) -> None:
    project = project_of(
        "own: {python: 'own.py:f'}",
        "other: {python: 'own.py:f', image: 'other/bcd:1.2.3'}",
        "box: {image: 'a/bcd:1.23'}",
        "x: {uses: load-dataset, with: {dataset: flowers}}\n  defaults: {image: 'mine/bcd:1.23'}",
    )
    files = {"own.py": "def f() -> None: ...\n"}
    ((spec, _),) = project.bodies(PipelineSpec)
    steps = graph(spec, replace(components, files=files)).steps
    images = [step.component.image for step in steps.values() if step.component is not None]
    assert images[1:] == ["mine/bcd:1.23", "other/bcd:1.2.3", "a/bcd:1.23", "exai/python-train"]


MAKES = (
    "make: {image: 'a/bcd:1.23', with: {data: '${{ steps.load.data }}'}, outputs: "
    "{rows: {type: Dataset, columns: {width: float64, tall: {type: string, enum: [a, b]}}}}}"
)


def test_declared_columns_are_checked(components: Catalog) -> None:
    split = "split: {uses: split-data, with: {data: '${{ steps.make.rows }}', test: 0.2, %s}}"
    assert errors(MAKES, split % "stratify: tall", components=components) == ()
    (found,) = errors(MAKES, split % "stratify: tal", components=components)
    assert found.code == "unknown-column"
    assert found.message == "step `make` declares no column `tal` of its output `rows`"
    assert "tall" in found.hint
    assert [str(at) for _, at in found.related] == ["exai.yaml:19:105"]


def test_columns_go_on_through_a_container(components: Catalog) -> None:
    project = project_of(
        MAKES,
        "split: {uses: split-data, with: {data: '${{ steps.make.rows }}', test: 0.2}}",
    )
    graphs = {s.ref.name: graph(s, components) for s, _ in project.bodies(PipelineSpec)}
    found = lineage(project, graphs)
    assert found.up(Node("Pipeline", "p", "split", "width"))[-1] == Node(
        "Dataset", "flowers", "", "width"
    )
    assert found.up(Node("Pipeline", "p", "split", "tall")) == (
        Node("Pipeline", "p", "make", "tall"),
    )
    assert Node("Pipeline", "p", "split", "kind") not in found.numbers


@pytest.mark.parametrize(
    ("written", "code", "says"),
    [
        ("uri: '${{ parameters.wrd }}', type: Model", "unknown-reference", "no parameter `wrd`"),
        ("uri: '${{ steps.load }}', type: Model", "bad-expression", "doesn't say which one"),
        ("uri: '${{ steps.load.data }}', type: Model", "wrong-input-type", "a Dataset"),
        (
            "uri: x, type: Model, metadata: {a: ['${{ parameters.wrd }}']}",
            "unknown-reference",
            "no parameter `wrd`",
        ),
        ("uri: x, type: Model, metadata: {a: '${{ 1 + }}'}", "bad-expression", ""),
        ("uri: x, type: Model, metadata: {a: '${{ 1 == 2 }}'}", "expression-not-allowed", ""),
        ("uri: x, type: '${{ parameters.word }}'", "", ""),
        ("uri: x, type: Model, toWorkspace: true", "unknown-reference", "no workspace"),
    ],
)
def test_what_an_import_can_t_say(components: Catalog, written: str, code: str, says: str) -> None:
    step = f"file: {{import: {{{written}}}}}"
    if not code:
        with pytest.raises(AssertionError):
            project_of(step)
        return
    (found,) = errors(step, components=components)
    assert (found.code, found.at.line) == (code, 19), found
    assert found.at.column > len("    file: {import: {"), found
    assert says in found.message, found


def test_an_import_makes_one_artifact(components: Catalog) -> None:
    project = project_of(
        "file: {import: {uri: '${{ parameters.word }}', type: Model, metadata: {a: b}}}",
        "use: {image: 'a/bcd:1.23', with: {model: '${{ steps.file.artifact }}'}}",
    )
    assert [e for e in check(project, components) if e.severity == "error"] == []
    ((spec, _),) = project.bodies(PipelineSpec)
    steps = graph(spec, components).steps
    assert steps["use"].component is not None
    assert steps["use"].component.inputs["model"].type == "Model"
    assert steps["use"].needs == ("file",)


def test_an_address_from_outside_of_a_group_is_where_the_launcher_looks(
    components: Catalog,
) -> None:
    project = project_of(
        "name: {image: 'a/bcd:1.23', args: ['${{ outputs.text }}'], outputs: {text: string}}",
        "late: {steps: {file: {import: {uri: '${{ steps.name.text }}', type: Model}}}, "
        "outputs: {artifact: '${{ steps.file.artifact }}'}}",
    )
    ((spec, _),) = project.bodies(PipelineSpec)
    facts = Facts(data={"flowers": Known("v1")})
    found = resolve(
        project, "prod", project.root.body.environments["prod"], components, Lock(), facts
    )
    body: Any = RENDERERS["Pipeline"](found, spec)[1].body
    root, components_ = (body["spec"]["pipelineSpec"][key] for key in ("root", "components"))
    channel = "pipelinechannel--name--text"
    assert root["dag"]["tasks"]["late"]["inputs"]["parameters"][channel]["taskOutputParameter"]
    task = components_["comp-late"]["dag"]["tasks"]["file"]
    assert task["inputs"]["parameters"] == {"uri": {"componentInputParameter": channel}}
