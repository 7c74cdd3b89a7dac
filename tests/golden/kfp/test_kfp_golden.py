"""The KFP backend's specification: a folder's project.yaml compiles to its objects.yaml.

`UPDATE_GOLDEN=1 pytest tests/golden/kfp` writes them anew; review the difference as code.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from dangling import dangling
from kfp import components as kfp_components

from exai_compiler.build import Rendered
from exai_specs.frozen import thaw

HERE = Path(__file__).parent
CASES = tuple(sorted(path.parent.name for path in HERE.glob("*/project.yaml")))

Render = Callable[..., tuple[Rendered, ...]]


@pytest.mark.parametrize("case", CASES)
def test_a_project_compiles_to_its_golden(case: str, rendered: Render) -> None:
    objects = rendered((HERE / case / "project.yaml").read_text())
    bodies = [thaw(item.body) for item in objects]  # type: ignore[arg-type]
    text = yaml.safe_dump_all(bodies, sort_keys=False, width=100)
    golden = HERE / case / "objects.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("case", CASES)
def test_containers_that_are_alike_have_one_interface(case: str) -> None:
    """KFP's backend keeps the interface of a component under the hash of its container."""
    for version in yaml.safe_load_all((HERE / case / "objects.yaml").read_text()):
        spec = version["spec"].get("pipelineSpec")
        found: dict[str, object] = {}
        for component in spec["components"].values() if spec else ():
            label = component.pop("executorLabel", None)
            executor = spec["deploymentSpec"]["executors"].get(label, {})
            if container := executor.get("container"):
                assert found.setdefault(yaml.safe_dump(container), component) == component, label


@pytest.mark.parametrize("case", CASES)
def test_what_is_rendered_is_read_only(case: str, rendered: Render) -> None:
    for item in rendered((HERE / case / "project.yaml").read_text()):
        left = [item.body]
        while left:
            match left.pop():
                case MappingProxyType() as tree:
                    left += tree.values()
                case tuple() as items:
                    left += items
                case leaf:
                    assert leaf is None or isinstance(leaf, bool | int | float | str), item.id


@pytest.mark.parametrize("case", CASES)
def test_the_loader_of_kfp_takes_a_golden(case: str) -> None:
    for body in yaml.safe_load_all((HERE / case / "objects.yaml").read_text()):
        if body["kind"] == "PipelineVersion":
            documents = [body["spec"]["pipelineSpec"]]
            documents += [body["spec"][key] for key in ("platformSpec",) if key in body["spec"]]
            loaded = kfp_components.load_component_from_text(yaml.safe_dump_all(documents))
            assert loaded.pipeline_spec.pipeline_info.name == body["spec"]["pipelineName"]
            platforms = loaded.platform_spec.platforms
            assert ("kubernetes" in platforms) == ("platformSpec" in body["spec"])


def test_names_are_the_content_s(rendered: Render) -> None:
    text = (HERE / "branching" / "project.yaml").read_text()
    pipeline, version = rendered(text)
    assert str(pipeline.id) == "Pipeline/flower-training"
    assert (pipeline.wave, version.wave) == (1, 2)
    assert version.id.name.removeprefix("flower-training-").isalnum()
    assert len(version.id.name) == len("flower-training-") + 12
    again = rendered(text.replace("test: 0.25", "test: 0.3"))[1]
    assert again.id != version.id


def test_what_people_read_is_no_new_version(rendered: Render) -> None:
    text = (HERE / "branching" / "project.yaml").read_text()
    named = "metadata: {name: flower-training}"
    described = named[:-1] + ", description: New, displayName: Shown, owner: me, labels: {a: b}}"
    edited = text.replace(named, described).replace("Never in the pipeline", "Still not in it")
    before, after = rendered(text)[1], rendered(edited)[1]
    assert edited != text
    assert before.id == after.id
    assert before.body["spec"]["pipelineSpec"] == after.body["spec"]["pipelineSpec"]  # type: ignore[index,call-overload]


def test_no_golden_holds_what_people_read_or_a_tool_says_of_itself() -> None:
    """The name of a version is made of all that is in it: no description may get there."""
    defined: set[str] = set()
    for case in CASES:
        for body in yaml.load_all((HERE / case / "objects.yaml").read_text(), yaml.CSafeLoader):
            if body["kind"] != "PipelineVersion":
                continue
            ir = body["spec"]["pipelineSpec"]
            assert "sdkVersion" not in ir, case
            assert list(ir["pipelineInfo"]) == ["name"], case
            for component in (ir["root"], *ir["components"].values()):
                for side in ("inputDefinitions", "outputDefinitions"):
                    for of, ports in component.get(side, {}).items():
                        defined.add(f"{side} {of}")
                        told = [name for name, port in ports.items() if "description" in port]
                        assert not told, (case, side, of)
    assert len(defined) == 4, "parameters and artifacts, on both sides"


def test_the_order_of_steps_and_parameters_means_nothing(rendered: Render) -> None:
    for case in ("branching", "parameters"):
        documents = list(yaml.safe_load_all((HERE / case / "project.yaml").read_text()))
        for document in documents:
            for field in ("steps", "parameters"):
                if field in document["spec"]:
                    document["spec"][field] = dict(reversed(document["spec"][field].items()))
        turned = yaml.safe_dump_all(documents, sort_keys=False)
        straight = rendered((HERE / case / "project.yaml").read_text())
        assert [(i.id, yaml.safe_dump(thaw(i.body))) for i in rendered(turned)] == [  # type: ignore[arg-type]
            (i.id, yaml.safe_dump(thaw(i.body)))  # type: ignore[arg-type]
            for i in straight
        ]


NAMED = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: NAME}
spec:
  parameters: {depth: {type: integer, default: 3}, way: {type: string, default: a}}
  steps:
    train: {uses: echo, with: {count: "${{ parameters.depth }}"}}
    train-step: {uses: echo, with: {text: "${{ steps.train.text }}"}}
    each: {uses: echo, forEach: {in: [a, b]}, with: {text: "${{ item }}"}}
    some: {if: "${{ parameters.way == 'a' }}", steps: {inner: {uses: echo}}}
  outputs: {said: "${{ steps.train.text }}"}
"""


@pytest.mark.parametrize(
    "name", ["train", "train-step", "each", "each-do", "some", "inner", "train--step", "other"]
)
def test_the_sdk_takes_no_step_for_the_pipeline_of_its_name(name: str, rendered: Render) -> None:
    body = rendered(NAMED.replace("NAME", name))[-1].body
    spec: Any = thaw(body)["spec"]["pipelineSpec"]  # type: ignore[index,arg-type,call-overload]
    assert list(dangling(spec)) == []
    loaded = kfp_components.load_component_from_text(yaml.safe_dump(spec)).component_spec
    assert loaded.implementation.container is None
    assert set(loaded.inputs or ()) == {"depth", "way", "exai_run_key", "exai_data_versions"}
    assert set(loaded.outputs or ()) == {"said"}
