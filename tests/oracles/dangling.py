"""What a compiled pipeline names but doesn't have, has but nobody names, or takes for another type.

In: a PipelineSpec, and a PlatformSpec, as JSON. Out: a sentence for each. KFP's loader takes all of
it; the cluster fails in the middle of a run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

# The SDK hands an image and amounts that a run gives to a task by inputs of their own.
GIVEN = (
    *("base_image", "accelerator_count"),
    *(f"{name}_{kind}" for name in ("cpu", "memory") for kind in ("request", "limit")),
)
OPERAND = re.compile(r"inputs\.parameter_values\['([^']+)'\]")
PLACEHOLDER = re.compile(r"\{\{\$\.inputs\.parameters\['([^']*)'\]\}\}")
NUMBERS = {"NUMBER_INTEGER", "NUMBER_DOUBLE"}
_JSON: Mapping[type, frozenset[str]] = {
    str: frozenset({"STRING"}),
    bool: frozenset({"BOOLEAN"}),
    int: frozenset(NUMBERS),
    float: frozenset(NUMBERS),
    list: frozenset({"LIST"}),
    dict: frozenset({"STRUCT"}),
}

Ports = Mapping[str, Any]


def dangling(spec: dict[str, Any], platform: dict[str, Any] | None = None) -> Iterator[str]:
    """Everything wrong in it, at any depth."""
    components = spec["components"]
    executors = set(spec["deploymentSpec"]["executors"])
    dags = {"root": spec["root"], **{n: c for n, c in components.items() if "dag" in c}}
    used = [t["componentRef"]["name"] for d in dags.values() for t in d["dag"]["tasks"].values()]
    if sorted(used) != sorted(components):
        yield f"tasks use {sorted(used)} of {sorted(components)}"
    labels = [c["executorLabel"] for c in components.values() if "dag" not in c]
    if sorted(labels) != sorted(executors):
        yield f"components don't match {sorted(executors)}"
    loops = {
        task["componentRef"]["name"]
        for dag in dags.values()
        for task in dag["dag"]["tasks"].values()
        if "parameterIterator" in task or "artifactIterator" in task
    }
    for where, dag in dags.items():
        tasks = dag["dag"]["tasks"]
        for name, task in tasks.items():
            if (inner := components.get(task["componentRef"]["name"])) is not None:
                yield from (f"{where} {name}: {w}" for w in _task(task, inner, dag, components))
        yield from _cycles({name: set(t.get("dependentTasks", ())) for name, t in tasks.items()})
        yield from (f"{where}: {wrong}" for wrong in _outputs(dag, components, where in loops))
    yield from _platform(platform or {}, dags, components, executors)


def _ports(component: dict[str, Any], side: str) -> dict[str, Ports]:
    found = component.get(side, {})
    return {kind: found.get(kind, {}) for kind in ("parameters", "artifacts")}


def _task(
    task: dict[str, Any], inner: dict[str, Any], dag: dict[str, Any], components: dict[str, Any]
) -> Iterator[str]:
    tasks, needs = dag["dag"]["tasks"], task.get("dependentTasks", [])
    inputs, outer = _ports(inner, "inputDefinitions"), _ports(dag, "inputDefinitions")
    if needs != sorted(set(needs)):
        yield f"dependentTasks {needs} aren't sorted"
    yield from (f"waits for {need}" for need in needs if need not in tasks)
    given_inputs = task.get("inputs", {})
    given_names = {name for kind in given_inputs.values() for name in kind}
    constants = [i.get("runtimeValue") for i in given_inputs.get("parameters", {}).values()]
    placed = set(PLACEHOLDER.findall(json.dumps(constants)))
    asked = set(OPERAND.findall(task.get("triggerPolicy", {}).get("condition", "")))
    yield from (f"asks for {name}" for name in asked - given_names)
    iterator = task.get("parameterIterator") or task.get("artifactIterator") or {}
    items = iterator.get("items", {})
    if items and not {"raw"} & set(items) and not set(items.values()) <= given_names:
        yield f"goes over {items}"
    if iterator and iterator["itemInput"] not in {**inputs["parameters"], **inputs["artifacts"]}:
        yield f"its item {iterator['itemInput']} is no input"
    for kind, output in (
        ("parameters", "taskOutputParameter"),
        ("artifacts", "taskOutputArtifact"),
    ):
        defined, given_here = inputs[kind], given_inputs.get(kind, {})
        for name in set(defined) - set(given_here) - {iterator.get("itemInput")}:
            if not defined[name].get("isOptional"):
                yield f"{name} isn't given"
        for name, source in given_here.items():
            if name not in defined and name not in placed and name not in GIVEN:
                yield f"{name} is given but isn't an input"
            wrong = _source(source, defined.get(name), source.get(output), outer[kind])
            yield from (f"{name} {each}" for each in wrong)
            made = source.get(output)
            if made is not None and made["producerTask"] in tasks:
                yield from _made(name, made, defined.get(name), tasks, components)
            for maker in (made, source.get("taskFinalStatus")):
                if maker is not None and maker["producerTask"] not in needs:
                    yield f"doesn't wait for {maker['producerTask']}"
    yield from (f"places {p}" for p in placed - set(given_inputs.get("parameters", {})))


def _source(source: dict[str, Any], wanted: Any, made: Any, outer: Ports) -> Iterator[str]:
    outside = source.get("componentInputParameter", source.get("componentInputArtifact"))
    if outside is not None:
        if outside not in outer:
            yield f"takes {outside}"
        elif "parameterExpressionSelector" in source:
            if outer[outside]["parameterType"] != "STRUCT":
                yield f"takes a field of {outside}, a {outer[outside]['parameterType']}"
        elif wanted is not None:
            yield from _fits(wanted, outer[outside], outside)
    elif "runtimeValue" in source:
        value = source["runtimeValue"]["constant"]
        if wanted is not None and wanted["parameterType"] not in _JSON[type(value)]:
            yield f"is {value!r}, and a {wanted['parameterType']}"
    elif made is None and "taskFinalStatus" not in source:
        yield f"comes from {source}"


def _made(
    name: str, made: dict[str, Any], wanted: Any, tasks: dict[str, Any], components: dict[str, Any]
) -> Iterator[str]:
    kind = "parameters" if "outputParameterKey" in made else "artifacts"
    key = made.get("outputParameterKey", made.get("outputArtifactKey"))
    producer = components.get(tasks[made["producerTask"]]["componentRef"]["name"], {})
    outputs = _ports(producer, "outputDefinitions")[kind]
    if key not in outputs:
        yield f"{name} takes {made}"
    elif wanted is not None:
        yield from (f"{name} {each}" for each in _fits(wanted, outputs[key], f"{made}"))


def _fits(wanted: Any, given: Any, source: str) -> Iterator[str]:
    """As KFP has it: the same type; a double takes an integer, `system.Artifact` any artifact."""
    if "parameterType" in wanted:
        there, here = given.get("parameterType"), wanted["parameterType"]
        if there != here and (here, there) != ("NUMBER_DOUBLE", "NUMBER_INTEGER"):
            yield f"is a {here}, and {source} a {there}"
        return
    there, here = given.get("artifactType", {}), wanted["artifactType"]
    if here != there and here.get("schemaTitle") != "system.Artifact":
        yield f"is a {here}, and {source} a {there}"
    if wanted.get("isArtifactList", False) != given.get("isArtifactList", False):
        yield f"and {source} are one and a list"


def _outputs(dag: dict[str, Any], components: dict[str, Any], looped: bool) -> Iterator[str]:
    tasks, made = dag["dag"]["tasks"], dag["dag"].get("outputs", {})
    defined = _ports(dag, "outputDefinitions")
    for kind, key in (("parameters", "outputParameterKey"), ("artifacts", "outputArtifactKey")):
        if set(made.get(kind, {})) != set(defined[kind]):
            yield f"{kind} {sorted(made.get(kind, {}))} aren't those that are declared"
        for name, output in made.get(kind, {}).items():
            one = output.get("valueFromParameter")
            several = output.get("valueFromOneof", {}).get("parameterSelectors", [])
            for selector in [one] if one else several or output.get("artifactSelectors", []):
                if selector["producerSubtask"] not in tasks:
                    yield f"{name} comes from {selector['producerSubtask']}"
                    continue
                task = tasks[selector["producerSubtask"]]
                outputs = _ports(components[task["componentRef"]["name"]], "outputDefinitions")
                if selector[key] not in outputs[kind]:
                    yield f"{name} is {selector}"
                elif name in defined[kind]:
                    wanted, given = defined[kind][name], outputs[kind][selector[key]]
                    compare = _collected if looped else _fits
                    yield from (f"{name} {each}" for each in compare(wanted, given, f"{selector}"))


def _collected(wanted: Any, given: Any, source: str) -> Iterator[str]:
    """What a loop hands out is a list of what its tasks make."""
    if "parameterType" in wanted:
        if wanted["parameterType"] != "LIST":
            yield f"is a {wanted['parameterType']}, and collects {source}"
    elif not wanted.get("isArtifactList"):
        yield f"is one, and collects {source}"
    elif not given.get("isArtifactList"):
        yield from _fits({**wanted, "isArtifactList": False}, given, source)


def _platform(
    platform: dict[str, Any],
    dags: dict[str, Any],
    components: dict[str, Any],
    executors: set[str],
) -> Iterator[str]:
    """References of a KubernetesExecutorConfig are to the DAG that its task is in."""
    kubernetes = platform.get("platforms", {}).get("kubernetes", {})
    for label, config in kubernetes.get("deploymentSpec", {}).get("executors", {}).items():
        if label not in executors:
            yield f"the platform spec has {label}"
            continue
        for where, dag in dags.items():
            tasks = dag["dag"]["tasks"]
            for name, task in tasks.items():
                if components[task["componentRef"]["name"]].get("executorLabel") != label:
                    continue
                for outside, maker in _references(config):
                    inputs = _ports(dag, "inputDefinitions")["parameters"]
                    if outside and outside not in inputs:
                        yield f"{where} {name}: its pod takes {outside}"
                    if maker and maker["producerTask"] not in task.get("dependentTasks", ()):
                        yield f"{where} {name}: its pod doesn't wait for {maker['producerTask']}"
                    elif maker:
                        wrong = _made("its pod", maker, None, tasks, components)
                        yield from (f"{where} {name}: {each}" for each in wrong)


def _references(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        if "componentInputParameter" in value:
            yield value["componentInputParameter"], None
        if "taskOutputParameter" in value:
            yield "", value["taskOutputParameter"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _cycles(needs: dict[str, set[str]]) -> Iterator[str]:
    while ready := [name for name, before in needs.items() if not before & set(needs)]:
        for name in ready:
            del needs[name]
    if needs:
        yield f"a cycle among {sorted(needs)}"
