"""Nothing in an IR names what isn't there. KFP's loader takes dangling references, so we look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from dangling import dangling
from hypothesis import given, settings
from hypothesis import strategies as st

from exai_compiler.build import Rendered
from exai_compiler.graph import topological
from exai_compiler.resolved import Resolved
from exai_specs.frozen import thaw

HERE = Path(__file__).parent
CASES = tuple(sorted(path.parent.name for path in HERE.glob("*/project.yaml")))
DEFINED = ("inputDefinitions", "parameters")
MADE = ("inputDefinitions", "artifacts", "table", "artifactType")
POD = ("platformSpec", "platforms", "kubernetes", "deploymentSpec", "executors")
Render = Callable[..., tuple[Rendered, ...]]


def versions(objects: tuple[Rendered, ...]) -> list[dict[str, Any]]:
    found = [thaw(item.body) for item in objects]  # type: ignore[arg-type]
    return [body["spec"]["pipelineSpec"] for body in found if body["kind"] == "PipelineVersion"]


@pytest.mark.parametrize("case", CASES)
def test_a_golden_names_only_what_is_there(case: str) -> None:
    for body in yaml.safe_load_all((HERE / case / "objects.yaml").read_text()):
        if body["kind"] == "PipelineVersion":
            found = body["spec"]
            assert list(dangling(found["pipelineSpec"], found.get("platformSpec"))) == []


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("root", "dag", "tasks", "split", "dependentTasks", 0), "nobody"),
        (("components", "comp-split", "executorLabel"), "exec-nobody"),
        (("root", "dag", "tasks", "split", "componentRef", "name"), "comp-load"),
        (
            (
                *("root", "dag", "tasks", "split", "inputs", "artifacts", "data"),
                *("taskOutputArtifact", "outputArtifactKey"),
            ),
            "nothing",
        ),
        (
            (
                *("root", "dag", "tasks", "register", "inputs", "parameters", "exai_run_key"),
                "componentInputParameter",
            ),
            "nothing",
        ),
    ],
)
def test_the_walker_finds_what_is_missing(path: tuple[str | int, ...], wrong: str) -> None:
    assert len(found_with("iris", ("pipelineSpec", *path), wrong)) >= 1


ARGUMENT = ("dag", "tasks", "third", "inputs", "parameters")


@pytest.mark.parametrize(
    ("case", "path", "wrong", "told"),
    [
        (
            "parameters",
            ("pipelineSpec", "root", *ARGUMENT, "count", "runtimeValue", "constant"),
            "seven",
            "root third: count is 'seven', and a NUMBER_INTEGER",
        ),
        (
            "parameters",
            ("pipelineSpec", "components", "comp-first", *DEFINED, "text", "parameterType"),
            "LIST",
            "root first: text is a LIST, and needed a STRING",
        ),
        (
            "parameters",
            ("pipelineSpec", "components", "comp-second", *MADE, "schemaTitle"),
            "system.Model",
            "root second: table is a {'schemaTitle': 'system.Model', 'schemaVersion': '0.0.1'}, and"
            " {'outputArtifactKey': 'table', 'producerTask': 'first'} a"
            " {'schemaTitle': 'system.Dataset', 'schemaVersion': '0.0.1'}",
        ),
        (
            "pods",
            (*POD, "exec-given", "nodeSelector", "nodeSelectorJson", "componentInputParameter"),
            "nothing",
            "root given: its pod takes nothing",
        ),
        (
            "pods",
            (*POD, "exec-nobody"),
            {},
            "the platform spec has exec-nobody",
        ),
    ],
)
def test_the_walker_finds_what_has_another_type(
    case: str, path: tuple[str | int, ...], wrong: Any, told: str
) -> None:
    assert found_with(case, path, wrong) == [told]


def found_with(case: str, path: tuple[str | int, ...], wrong: Any) -> list[str]:
    """What the walker says of a golden after a change."""
    bodies = yaml.safe_load_all((HERE / case / "objects.yaml").read_text())
    spec = next(b["spec"] for b in bodies if b["kind"] == "PipelineVersion")
    place: Any = spec
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = wrong
    return list(dangling(spec["pipelineSpec"], spec.get("platformSpec")))


NAMES = ("a", "b-2", "load", "a-b", "x-y-z", "z9", "train")
OUTPUTS = {"text": "text", "count": "count", "number": "number"}


@st.composite
def pipelines(draw: st.DrawFn) -> dict[str, Any]:
    """A pipeline of `echo` steps whose inputs come from parameters or from steps before them."""
    names = draw(st.permutations(NAMES))[: draw(st.integers(1, len(NAMES)))]
    steps: dict[str, Any] = {}
    for name in names:
        before = st.sampled_from(sorted(steps)) if steps else st.nothing()

        def source(port: str, before: st.SearchStrategy[str] = before) -> st.SearchStrategy[str]:
            parameter = st.just(f"${{{{ parameters.{port} }}}}")
            return parameter | before.map(lambda s: f"${{{{ steps.{s}.{OUTPUTS[port]} }}}}")

        chosen: dict[str, Any] = {}
        text = source("text")
        options: dict[str, st.SearchStrategy[Any]] = {
            "text": text | st.tuples(text, text).map(" and ".join) | st.just("$${{ plain }}"),
            "count": source("count") | st.integers(-5, 5),
            "number": source("number"),
            "options": st.fixed_dictionaries({"depth": source("count"), "names": st.lists(text)}),
        }
        if steps:
            options["table"] = before.map(lambda s: f"${{{{ steps.{s}.table }}}}")
        for port, values in options.items():
            if draw(st.booleans()):
                chosen[port] = draw(values)
        after = draw(st.lists(before, unique=True, max_size=3)) if steps else []
        steps[name] = {"uses": "echo", "with": chosen, "after": after}
    shuffled = draw(st.permutations(sorted(steps)))
    parameters = {
        "text": {"type": "string", "default": "x"},
        "count": {"type": "integer", "default": 1},
        "number": "double",
    }
    return {
        "apiVersion": "exai.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": "random"},
        "spec": {"parameters": parameters, "steps": {name: steps[name] for name in shuffled}},
    }


PROJECT = {
    "apiVersion": "exai.dev/v1alpha1",
    "kind": "Project",
    "metadata": {"name": "p"},
    "spec": {},
}


@given(pipeline=pipelines())
@settings(max_examples=60)
def test_a_random_graph_names_only_what_is_there(
    pipeline: dict[str, Any], rendered: Render, compiled: Callable[..., Resolved]
) -> None:
    text = yaml.safe_dump_all([PROJECT, pipeline], sort_keys=False)
    (spec,) = versions(rendered(text))
    assert list(dangling(spec)) == []
    order = topological(compiled(text).graphs["random"])
    assert sorted(order) == sorted(pipeline["spec"]["steps"])
    for name, task in spec["root"]["dag"]["tasks"].items():
        assert all(order.index(n) < order.index(name) for n in task.get("dependentTasks", ()))
