"""The oracle for `component.yaml`: the SDK's own reading of the file, and the command line that its
local runner makes of the same arguments."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from google.protobuf import json_format
from kfp import components
from kfp.local.placeholder_utils import replace_placeholders

from exai_compiler.backends.kfp import RENDERERS
from exai_compiler.backends.kfp.components import component_spec
from exai_compiler.backends.kfp.executors import executor
from exai_compiler.backends.kfp.settings import Settings
from exai_compiler.bodies.presence import Presence, named
from exai_compiler.catalog import Catalog, Component
from exai_compiler.facts import Facts, Lock
from exai_compiler.project import link
from exai_compiler.resolve import resolve
from exai_compiler.user_components import read_component
from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.kinds import Environment
from exai_specs.parse import Spec, parse

PARAMETERS = (
    *("String", "str", "Text", "Integer", "int", "Float", "double", "Boolean", "bool"),
    *("JsonArray", "List", "list", "List[str]", "typing.List[int]", "List[Dict[str, int]]"),
    *("JsonObject", "Dict", "dict", "Dict[str, int]", "typing.Dict[str, str]"),
)
ARTIFACTS = (
    *("Artifact", "Dataset", "Model", "Metrics", "ClassificationMetrics", "HTML", "Markdown"),
    *("SlicedClassificationMetrics", "dataset", "google.VertexModel"),
)
DEFAULTS = (
    *(("String", "x"), ("String", ""), ("Integer", "7"), ("Integer", 7), ("Integer", "-1")),
    *(("Float", "1"), ("Float", 1), ("Float", "1e-5"), ("Float", 0.5)),
    *(("Boolean", "True"), ("Boolean", "false"), ("Boolean", True), ("Boolean", "yes")),
    *(("Boolean", "0"), ("Boolean", "off")),
    *(("JsonArray", '[1, 2.5, "a", {"b": []}]'), ("JsonObject", '{"a": {"b": [1]}}')),
)


def text(inputs: list[Any], outputs: list[Any] | None = None, args: list[Any] | None = None) -> str:
    container = {"image": "example.com/a:1", "command": ["run"], "args": args or []}
    whole = {"name": "step", "inputs": inputs, "outputs": outputs or []}
    return json.dumps({**whole, "implementation": {"container": container}})


def ours(written: str) -> Component:
    found = read_component(written, "component.yaml")
    assert isinstance(found, Component), found
    return found


def theirs(written: str) -> dict[str, Any]:
    spec = components.load_component_from_text(written).pipeline_spec
    return cast(dict[str, Any], json_format.MessageToDict(spec))


def compare(written: str) -> None:
    found: Any = thaw(component_spec("step", ours(written)).tree)
    assert found == theirs(written)["components"]["comp-step"]


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize("type_", (*PARAMETERS, *ARTIFACTS))
def test_types_are_the_sdk_s(type_: str, optional: bool) -> None:
    port = {"name": "it", "type": type_}
    compare(text([{**port, **({"optional": True} if optional else {})}], [port]))


@pytest.mark.parametrize(("type_", "default"), DEFAULTS)
def test_defaults_are_the_sdk_s(type_: str, default: Any) -> None:
    compare(text([{"name": "it", "type": type_, "default": default}]))


def test_a_status_and_an_untyped_port_are_the_sdk_s() -> None:
    status = {"name": "how", "type": "PipelineTaskFinalStatus"}
    compare(text([status, {"name": "rest"}], [{"name": "made"}]))


@pytest.mark.parametrize("name", ["Label column", "label-column", "2nd % of All!", "_A b"])
def test_names_that_no_step_can_write_are_the_sdk_s(name: str) -> None:
    args = [{"inputValue": name}, {"outputPath": name}]
    port = {"name": name, "type": "String"}
    if name[0] == "2":  # no name of the language, the SDK's neither
        assert not isinstance(read_component(text([port], [port], args), "c.yaml"), Component)
        return
    written = text([port], [port], args)
    compare(written)
    assert arguments(ours(written), [*ours(written).inputs]) == container(written)["args"]


INPUTS = [
    {"name": "word", "type": "String"},
    {"name": "count", "type": "Integer", "optional": True},
    {"name": "flag", "type": "Boolean", "default": "true"},
    {"name": "data", "type": "Dataset", "optional": True},
]
OUTPUTS = [{"name": "said", "type": "String"}, {"name": "model", "type": "Model"}]
COUNT = {"inputValue": "count"}


def if_(name: str, then: Any, *otherwise: Any) -> Any:
    branches = {"then": then, **({"else": otherwise[0]} if otherwise else {})}
    return {"if": {"cond": {"isPresent": name}, **branches}}


SETTINGS = Settings(env={}, resources=None, retry=None, cache=True, timeout=None)
LOCAL = Environment(target="local")
ARGUMENTS = [
    {"concat": ["--word=", {"inputValue": "word"}, {"concat": ["/", {"outputUri": "model"}]}]},
    if_("count", ["--count", COUNT]),
    if_("count", "some", "none"),
    if_("count", {"concat": ["n=", COUNT]}, "no n"),
    if_("count", [if_("flag", "both", "count alone")], ["neither"]),
    if_("data", [{"inputPath": "data"}, {"inputUri": "data"}], []),
    if_("data", [{"outputPath": "model"}], [{"outputPath": "said"}]),
    {"concat": ["a", if_("count", COUNT, "-"), if_("data", "d"), "z"]},
    {"concat": [if_("flag", if_("count", "fc", "f"), "-"), "!"]},
    {"outputPath": "said"},
    {"executorInput": None},
    'quo"te é',
]


def container(written: str) -> dict[str, Any]:
    found = theirs(written)["deploymentSpec"]["executors"]["exec-step"]["container"]
    return cast(dict[str, Any], found)


def arguments(component: Component, given: list[str]) -> list[str]:
    there = Presence(frozenset(given) & named(component))
    found: Any = thaw(executor(component, component.image, SETTINGS, there=there).tree)
    return cast(list[str], found["container"]["args"])


@pytest.mark.parametrize("given", [[], ["count"], ["data"], ["count", "data"]])
def test_the_command_line_is_the_sdk_s(given: list[str]) -> None:
    """Of the same inputs, whatever is known of them before a run."""
    values = {"word": "w", "flag": True, **({"count": 3} if "count" in given else {})}
    artifact = {"artifacts": [{"uri": "/data/x", "name": "data"}]}
    told = {
        "inputs": {
            "parameterValues": values,
            "artifacts": {"data": artifact} if "data" in given else {},
        },
        "outputs": {
            "outputFile": "/out/executor",
            "parameters": {"said": {"outputFile": "/out/said"}},
            "artifacts": {"model": {"artifacts": [{"uri": "/out/model", "name": "model"}]}},
        },
    }
    written = text(INPUTS, OUTPUTS, ARGUMENTS)

    def line(args: list[str]) -> list[str]:
        return cast(list[str], replace_placeholders(args, told, "p", "t", "/root", "1"))

    own = arguments(ours(written), ["word", "flag", *given])
    assert not any("IfPresent" in each or "Concat" in each for each in own)
    assert line(own) == line(container(written)["args"])
    left_open = Presence(frozenset({"word", "flag"}), frozenset({"count"}))
    mine = ours(written)
    tree: Any = thaw(executor(mine, mine.image, SETTINGS, there=left_open).tree)
    if "data" not in given:
        assert line(tree["container"]["args"]) == line(container(written)["args"])


FILES = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: alike}
spec:
  steps:
    one: {uses: ./one.yaml/component.yaml}
    other: {uses: ./other.yaml/component.yaml}
    again: {uses: ./one.yaml/component.yaml}
"""


def test_files_of_one_container_and_two_interfaces_are_told_apart() -> None:
    """KFP's backend keeps the interface of a component under the hash of its container."""
    files = {
        f"{name}.yaml/component.yaml": text([], [{"name": name, "type": "Model"}])
        for name in ("one", "other")
    }
    found, _ = read(FILES, "project.yaml")
    specs = [spec for spec in map(parse, found) if isinstance(spec, Spec)]
    project = link(specs)
    assert project is not None
    resolved = resolve(project, "local", LOCAL, Catalog({}, files), Lock(), Facts())
    version: Any = thaw(RENDERERS["Pipeline"](resolved, specs[1])[1].body)  # type: ignore[arg-type]
    executors = version["spec"]["pipelineSpec"]["deploymentSpec"]["executors"]
    told = {name: "env" in each["container"] for name, each in executors.items()}
    assert told == {"exec-again": False, "exec-one": False, "exec-other": True}
