"""Nothing in an IR names what isn't there. KFP's loader takes dangling references, so we look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from exai_compiler.build import Rendered
from exai_compiler.graph import topological
from exai_compiler.resolved import Resolved
from exai_specs.frozen import thaw

HERE = Path(__file__).parent
CASES = tuple(sorted(path.parent.name for path in HERE.glob("*/project.yaml")))
# The SDK hands an image and amounts that a run gives to a task by inputs of their own.
GIVEN = (
    *("base_image", "accelerator_count"),
    *(f"{name}_{kind}" for name in ("cpu", "memory") for kind in ("request", "limit")),
)
OPERAND = re.compile(r"inputs\.parameter_values\['([^']+)'\]")
PLACEHOLDER = re.compile(r"\{\{\$\.inputs\.parameters\['([^']*)'\]\}\}")

Render = Callable[..., tuple[Rendered, ...]]


def dangling(spec: dict[str, Any]) -> Iterator[str]:
    """Everything that an IR names but doesn't have, or has but nobody names, at any depth."""
    components = spec["components"]
    executors = set(spec["deploymentSpec"]["executors"])
    dags = {"root": spec["root"], **{n: c for n, c in components.items() if "dag" in c}}
    used = [t["componentRef"]["name"] for d in dags.values() for t in d["dag"]["tasks"].values()]
    if sorted(used) != sorted(components):
        yield f"tasks use {sorted(used)} of {sorted(components)}"
    labels = [c["executorLabel"] for c in components.values() if "dag" not in c]
    if sorted(labels) != sorted(executors):
        yield f"components don't match {sorted(executors)}"
    for where, dag in dags.items():
        tasks = dag["dag"]["tasks"]
        for name, task in tasks.items():
            if (inner := components.get(task["componentRef"]["name"])) is not None:
                yield from (f"{where} {name}: {w}" for w in _task(task, inner, dag, components))
        yield from _cycles({name: set(t.get("dependentTasks", ())) for name, t in tasks.items()})
        yield from (f"{where}: {wrong}" for wrong in _outputs(dag, components))


def _task(
    task: dict[str, Any], inner: dict[str, Any], dag: dict[str, Any], components: dict[str, Any]
) -> Iterator[str]:
    tasks, needs = dag["dag"]["tasks"], task.get("dependentTasks", [])
    inputs, outer = inner.get("inputDefinitions", {}), dag.get("inputDefinitions", {})
    if needs != sorted(set(needs)):
        yield f"dependentTasks {needs} aren't sorted"
    yield from (f"waits for {need}" for need in needs if need not in tasks)
    given_inputs = task.get("inputs", {})
    given_names = {name for kind in given_inputs.values() for name in kind}
    text = yaml.safe_dump(
        [i.get("runtimeValue") for i in given_inputs.get("parameters", {}).values()]
    )
    placed = set(PLACEHOLDER.findall(text.replace("''", "'")))
    asked = set(OPERAND.findall(task.get("triggerPolicy", {}).get("condition", "")))
    yield from (f"asks for {name}" for name in asked - given_names)
    iterator = task.get("parameterIterator") or task.get("artifactIterator") or {}
    items = iterator.get("items", {})
    if items and not {"raw"} & set(items) and not set(items.values()) <= given_names:
        yield f"goes over {items}"
    for kind, output in (
        ("parameters", "taskOutputParameter"),
        ("artifacts", "taskOutputArtifact"),
    ):
        defined, given_here = inputs.get(kind, {}), given_inputs.get(kind, {})
        for name in set(defined) - set(given_here) - {iterator.get("itemInput")}:
            if not defined[name].get("isOptional"):
                yield f"{name} isn't given"
        for name, source in given_here.items():
            if name not in defined and name not in placed and name not in GIVEN:
                yield f"{name} is given but isn't an input"
            wrong = _source(source, source.get(output), outer.get(kind, {}), dag, components)
            yield from (f"{name} {each}" for each in wrong)
            for maker in (source.get(output), source.get("taskFinalStatus")):
                if maker is not None and maker["producerTask"] not in needs:
                    yield f"doesn't wait for {maker['producerTask']}"
    yield from (f"places {p}" for p in placed - set(given_inputs.get("parameters", {})))


def _source(
    source: dict[str, Any],
    made: dict[str, Any] | None,
    outer: dict[str, Any],
    dag: dict[str, Any],
    components: dict[str, Any],
) -> Iterator[str]:
    outside = source.get("componentInputParameter", source.get("componentInputArtifact"))
    if outside is not None:
        if outside not in outer:
            yield f"takes {outside}"
    elif made is not None:
        kind = "parameters" if "outputParameterKey" in made else "artifacts"
        key = made.get("outputParameterKey", made.get("outputArtifactKey"))
        producer = components[dag["dag"]["tasks"][made["producerTask"]]["componentRef"]["name"]]
        if key not in producer["outputDefinitions"][kind]:
            yield f"takes {made}"
    elif "runtimeValue" not in source and "taskFinalStatus" not in source:
        yield f"comes from {source}"


def _outputs(dag: dict[str, Any], components: dict[str, Any]) -> Iterator[str]:
    tasks, made = dag["dag"]["tasks"], dag["dag"].get("outputs", {})
    defined = dag.get("outputDefinitions", {})
    for kind, key in (("parameters", "outputParameterKey"), ("artifacts", "outputArtifactKey")):
        if set(made.get(kind, {})) != set(defined.get(kind, {})):
            yield f"{kind} {sorted(made.get(kind, {}))} aren't those that are declared"
        for name, output in made.get(kind, {}).items():
            one = output.get("valueFromParameter")
            several = output.get("valueFromOneof", {}).get("parameterSelectors", [])
            for selector in [one] if one else several or output.get("artifactSelectors", []):
                maker = components[tasks[selector["producerSubtask"]]["componentRef"]["name"]]
                if selector[key] not in maker["outputDefinitions"][kind]:
                    yield f"{name} is {selector}"


def _cycles(needs: dict[str, set[str]]) -> Iterator[str]:
    while ready := [name for name, before in needs.items() if not before & set(needs)]:
        for name in ready:
            del needs[name]
    if needs:
        yield f"a cycle among {sorted(needs)}"


def versions(objects: tuple[Rendered, ...]) -> list[dict[str, Any]]:
    found = [thaw(item.body) for item in objects]  # type: ignore[arg-type]
    return [body["spec"]["pipelineSpec"] for body in found if body["kind"] == "PipelineVersion"]


@pytest.mark.parametrize("case", CASES)
def test_a_golden_names_only_what_is_there(case: str) -> None:
    for body in yaml.safe_load_all((HERE / case / "objects.yaml").read_text()):
        if body["kind"] == "PipelineVersion":
            assert list(dangling(body["spec"]["pipelineSpec"])) == []


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
    bodies = yaml.safe_load_all((HERE / "iris" / "objects.yaml").read_text())
    spec = next(b["spec"]["pipelineSpec"] for b in bodies if b["kind"] == "PipelineVersion")
    place: Any = spec
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = wrong
    assert list(dangling(spec))


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
