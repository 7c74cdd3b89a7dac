"""Steps that are wired alike are rendered once: what each writes is still its own, and the JSON
that is hashed is that of the tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.backends.kfp.ir import Intermediate, intermediate
from exai_compiler.resolved import Resolved
from exai_specs.frozen import canonical, thaw
from exai_specs.kinds.pipeline import PipelineSpec

HERE = Path(__file__).parent
PROJECTS = sorted(path.name for path in HERE.iterdir() if (path / "project.yaml").exists())

ROOT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: alike}
spec: {exai: ">=0.1"}
"""
PIPELINE = """\
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: %s}
spec:
  parameters: {word: {type: string, default: w}}
  steps:
    one: {uses: echo, with: {text: %s}%s}
    two: {uses: echo, with: {text: "${{ steps.one.text }}"}}
"""
WRITTEN = (
    "plain",
    "100 %s of 50 %",
    '{"runtimeValue":{"constant":"?"}}',
    "?",
    'quotes " and \\ more',
    "ünd so \u2713",
    "${{ parameters.word }}",
    "a ${{ parameters.word }} b",
    "b %s ${{ parameters.word }}",
)


def found(resolved: Resolved, name: str) -> Intermediate:
    body = resolved.project.body(PipelineSpec, name)
    assert body is not None
    return intermediate(resolved, body, resolved.graphs[name])


def tasks(made: Intermediate) -> Any:
    tree: Any = thaw(made.pipeline.tree)
    return tree["root"]["dag"]["tasks"]


@pytest.mark.parametrize("project", PROJECTS)
def test_what_is_hashed_is_the_tree(project: str, compiled: Callable[..., Resolved]) -> None:
    resolved = compiled((HERE / project / "project.yaml").read_text())
    for spec, _ in resolved.project.bodies(PipelineSpec):
        pipeline = found(resolved, spec.ref.name).pipeline
        assert pipeline.text == canonical(pipeline.tree).decode()


def test_each_step_has_what_it_writes(compiled: Callable[..., Resolved]) -> None:
    text = ROOT + "".join(
        PIPELINE % (f"p-{number}", _quoted(value), "") for number, value in enumerate(WRITTEN)
    )
    resolved = compiled(text)
    whole = [found(resolved, f"p-{number}") for number in range(len(WRITTEN))]
    for value, made in zip(WRITTEN, whole, strict=True):
        assert made.pipeline.text == canonical(made.pipeline.tree).decode()
        given = tasks(made)["one"]["inputs"]["parameters"]["text"]
        if value == "${{ parameters.word }}":
            assert given == {"componentInputParameter": "word"}
        else:
            placed = "{{$.inputs.parameters['pipelinechannel--word']}}"
            expected = value.replace("${{ parameters.word }}", placed)
            assert given == {"runtimeValue": {"constant": expected}}
    assert len({made.hash for made in whole}) == len(WRITTEN)


@pytest.mark.parametrize(
    ("more", "block"),
    [
        (", displayName: Other", "taskInfo"),
        (", cache: false", "cachingOptions"),
        (", cache: {key: k}", "cachingOptions"),
        (", retry: {max: 3}", "retryPolicy"),
    ],
)
def test_what_a_step_says_of_itself_is_its_own(
    more: str, block: str, compiled: Callable[..., Resolved]
) -> None:
    text = ROOT + PIPELINE % ("plain", "x", "") + PIPELINE % ("other", "x", more)
    resolved = compiled(text)
    plain, other = (tasks(found(resolved, name)) for name in ("plain", "other"))
    assert plain["one"].get(block) != other["one"].get(block)
    rest = [{k: v for k, v in each["one"].items() if k != block} for each in (plain, other)]
    assert rest[0] == rest[1] and plain["two"] == other["two"]


def test_containers_are_told_apart_by_what_they_get(compiled: Callable[..., Resolved]) -> None:
    kinds = ("", ", env: {A: b}", ", env: {A: c}", ", resources: {cpu: 1}", ", resources: {cpu: 2}")
    text = ROOT + "".join(
        PIPELINE % (f"p-{number}", "x", more) for number, more in enumerate(kinds)
    )
    resolved = compiled(text)
    trees: list[Any] = [thaw(found(resolved, f"p-{n}").pipeline.tree) for n in range(len(kinds))]
    one = [str(tree["deploymentSpec"]["executors"]["exec-one"]) for tree in trees]
    assert len(set(one)) == len(kinds)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
