"""Flows of every shape, made by chance: sound ones are found sound, their IR names only what is
there, of the type that it is, and the order of documents and keys means nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import yaml
from dangling import dangling
from hypothesis import given, settings
from hypothesis import strategies as st

from exai_compiler.build import Rendered
from exai_compiler.catalog import Catalog
from exai_compiler.checks import check
from exai_compiler.project import link
from exai_specs.documents import read
from exai_specs.frozen import canonical, thaw
from exai_specs.parse import Spec, parse

Seen = dict[str, tuple[str, ...]]
"""What a scope may refer to, by its type."""

CONSTANT = "'a'"
TYPES = {"text": "string", "count": "integer", "number": "double", "table": "Dataset"}
PARAMETERS: dict[str, Any] = {
    "text": {"type": "string", "default": "x"},
    "count": {"type": "integer", "default": 1},
    "number": {"type": "double", "default": 0.5},
    "memory": {"type": "string", "default": "2Gi"},
    "words": {"type": {"list": "string"}, "default": ["a", "b"]},
    "sizes": {
        "type": {"list": {"struct": {"text": "string", "count": "integer"}}},
        "default": [{"text": "a", "count": 1}],
    },
}
START: Seen = {
    "string": ("parameters.text",),
    "integer": ("parameters.count",),
    "double": ("parameters.number",),
    "list": ("parameters.words",),
    "Dataset": (),
    "Datasets": (),
}
AROUND = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  environments:
    prod: {target: kubeflow, namespace: ml, data: {root: "s3://d"}, models: {store: "s3://m"},
      tracking: {uri: "https://m.example.com"}, images: {train: "t@sha256:%s"}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: inner}
spec:
  parameters: {text: string, count: {type: integer, default: 2}}
  steps:
    first: {uses: echo, with: {text: "${{ parameters.text }}", count: "${{ parameters.count }}"}}
    maybe:
      uses: echo
      if: ${{ steps.first.count > 1 }}
      env: {A: {secret: "${{ parameters.text }}", key: a}}
  outputs:
    text: ${{ steps.first.text }}
    count: ${{ steps.first.count }}
    table: ${{ steps.first.table }}
""" % ("0" * 64)


def whole(reference: str) -> str:
    return f"${{{{ {reference} }}}}"


def added(seen: Seen, more: dict[str, str]) -> Seen:
    return {of: (*names, *(r for r, t in more.items() if t == of)) for of, names in seen.items()}


class Flow:
    """Draws one pipeline; every name is new."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.names = (f"s{number}" for number in count())

    def one(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def may(self) -> bool:
        return bool(self.draw(st.booleans()))

    def condition(self, seen: Seen) -> str:
        number, other = self.one(*seen["integer"]), self.one(*seen["integer"], 3)
        double, word = self.one(*seen["double"]), self.one(*seen["string"])
        terms = (
            f"{number} {self.one('>', '<=', '==', '!=')} {other}",
            f"{double} {self.one('>=', '<')} {self.one(0.5, 2)}",
            f"{word} == {self.one(*seen['string'], CONSTANT)}",
        )
        first, second = self.one(*terms), self.one(*terms)
        both = (f"{first} and {second}", f"{first} or {second}")
        return whole(self.one(first, f"not ({first})", *both))

    def leaf(self, seen: Seen) -> dict[str, Any]:
        given_inputs: dict[str, Any] = {}
        for port, of in (*TYPES.items(), ("items", "list")):
            if seen[of] and self.may():
                given_inputs[port] = whole(self.one(*seen[of]))
        if self.may():
            given_inputs["maybe"] = (
                f"of {whole(self.one(*seen['string'], *seen['integer']))} and more"
            )
        step: dict[str, Any] = {"uses": "echo", "with": given_inputs}
        if self.may():
            step["env"] = {"A": {"secret": whole(self.one(*seen["string"])), "key": "k"}}
        if self.may():
            step["volumes"] = {"/a": {"configMap": whole(self.one(*seen["string"]))}}
        if self.may():
            step["resources"] = {"memory": whole("parameters.memory")}
        return step

    def called(self, seen: Seen) -> dict[str, Any]:
        given_inputs = {"text": whole(self.one(*seen["string"]))}
        if self.may():
            given_inputs["count"] = whole(self.one(*seen["integer"]))
        return {"pipeline": "inner", "with": given_inputs}

    def loop(self, seen: Seen, name: str) -> tuple[dict[str, Any], Seen]:
        """A `forEach`, and what the inside of it sees."""
        item = f"{name}_item"
        over, more = self.one(
            (["a", "b"], {item: "string"}),
            ([1, 2], {item: "integer"}),
            (whole("parameters.words"), {item: "string"}),
            (whole("parameters.sizes"), {f"{item}.text": "string", f"{item}.count": "integer"}),
            *((whole(each), {item: "Dataset"}) for each in seen["Datasets"]),
        )
        each = {"in": over, "as": item, **({"parallelism": 2} if self.may() else {})}
        return each, added(seen, more)

    def scope(self, seen: Seen, depth: int) -> tuple[dict[str, Any], Seen]:
        """Steps, and what somebody after all of them sees."""
        steps: dict[str, Any] = {}
        inside = ("group", "loop", "choose", "each", "if") if depth else ()
        for _ in range(self.draw(st.integers(1, 3))):
            name = next(self.names)
            body = self.one("leaf", "leaf", "call", *inside)
            made = {f"steps.{name}.{port}": of for port, of in TYPES.items()}
            match body:
                case "leaf":
                    steps[name] = self.leaf(seen)
                case "call":
                    steps[name] = self.called(seen)
                    made.pop(f"steps.{name}.number")
                case "if":
                    steps[name] = {**self.leaf(seen), "if": self.condition(seen)}
                    made = {}
                case "each":
                    over, within = self.loop(seen, name)
                    steps[name] = {**self.leaf(within), "forEach": over}
                    made = self.collected(name, TYPES)
                case "group":
                    inner, _ = self.scope(seen, depth - 1)
                    steps[name] = {"steps": inner, "if": self.condition(seen)}
                    made = {}
                case "loop":
                    over, within = self.loop(seen, name)
                    inner, after = self.scope(within, depth - 1)
                    out = self.outputs(within, after)
                    steps[name] = {"forEach": over, "steps": inner, "outputs": out}
                    made = self.collected(name, out)
                case "choose":
                    steps[name], made = self.choice(seen, name, depth)
            seen = added(seen, made)
        return steps, seen

    @staticmethod
    def collected(name: str, ports: Any) -> dict[str, str]:
        return {
            f"steps.{name}.{port}": "Datasets" if TYPES[port] == "Dataset" else "list"
            for port in ports
        }

    def outputs(self, before: Seen, after: Seen) -> dict[str, str]:
        """Of each type one that the inside made."""
        found = {}
        for port, of in TYPES.items():
            made = [each for each in after[of] if each not in before[of]]
            if made:
                found[port] = whole(self.one(*made))
        return found

    def choice(self, seen: Seen, name: str, depth: int) -> tuple[dict[str, Any], dict[str, str]]:
        ways = []
        for last in (False, self.may(), True):
            inner, after = self.scope(seen, depth - 1)
            way: dict[str, Any] = {"steps": inner, "outputs": self.outputs(seen, after)}
            ways.append(way if last else {"if": self.condition(seen), **way})
            if last:
                break
        shared = set.intersection(*(set(way["outputs"]) for way in ways))
        for way in ways:
            way["outputs"] = {port: ref for port, ref in way["outputs"].items() if port in shared}
        return {"choose": ways}, {f"steps.{name}.{port}": TYPES[port] for port in shared}


@st.composite
def pipelines(draw: st.DrawFn) -> dict[str, Any]:
    flow = Flow(draw)
    steps, _ = flow.scope(START, draw(st.integers(1, 3)))
    spec: dict[str, Any] = {"parameters": PARAMETERS, "steps": steps}
    if flow.may():
        spec["finally"] = {"uses": "echo", "with": {"text": whole("parameters.text")}}
    about = {"apiVersion": "exai.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "made"}}
    return {**about, "spec": spec}


def compiled_versions(objects: tuple[Rendered, ...]) -> Iterator[dict[str, Any]]:
    for item in objects:
        body: Any = thaw(item.body)  # type: ignore[arg-type]
        if body["kind"] == "PipelineVersion":
            yield body["spec"]


@given(pipeline=pipelines())
@settings(max_examples=40)
def test_a_flow_of_any_shape_names_only_what_is_there(
    pipeline: dict[str, Any], rendered: Callable[..., tuple[Rendered, ...]], components: Catalog
) -> None:
    text = f"{AROUND}---\n{yaml.safe_dump(pipeline, sort_keys=False)}"
    documents, problems = read(text, "project.yaml")
    assert not problems
    specs = [parse(document) for document in documents]
    project = link(spec for spec in specs if isinstance(spec, Spec))
    assert project is not None and all(isinstance(spec, Spec) for spec in specs), specs
    errors = [each for each in check(project, components) if each.severity == "error"]
    assert errors == []
    objects = tuple(compiled_versions(rendered(text)))
    for version in objects:
        assert list(dangling(version["pipelineSpec"], version.get("platformSpec"))) == []
    # The keys of a struct that somebody wrote stay as they are written.
    other_way = f"{yaml.safe_dump(turned(pipeline), sort_keys=False)}---\n{AROUND}"
    again = tuple(compiled_versions(rendered(other_way)))
    assert sorted(map(canonical, again)) == sorted(map(canonical, objects))


def turned(value: Any) -> Any:
    """The same with the keys of every mapping in the other order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(each) for each in value] if isinstance(value, list) else value
