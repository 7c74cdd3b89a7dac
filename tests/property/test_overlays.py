"""Laws of overlays, held on generated documents and patches.

The merge is RFC 7386's, by its own table; an empty patch changes nothing; overlays in any order
give the same bytes; a value's place is in the text of the last who set it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from line_counts import lines_run

from exai_compiler.environments import environments
from exai_compiler.project import Project, link
from exai_specs.diagnostics import Span
from exai_specs.documents import Document, Path, read
from exai_specs.frozen import Json, canonical, freeze, thaw
from exai_specs.overlays import PATCH, PatchedDocument, merged, overlaid, touched
from exai_specs.parse import Spec, parse

# Appendix A of RFC 7386: original, patch, result.
APPENDIX_A = """
{"a":"b"}      {"a":"c"}              {"a":"c"}
{"a":"b"}      {"b":"c"}              {"a":"b","b":"c"}
{"a":"b"}      {"a":null}             {}
{"a":"b","b":"c"} {"a":null}          {"b":"c"}
{"a":["b"]}    {"a":"c"}              {"a":"c"}
{"a":"c"}      {"a":["b"]}            {"a":["b"]}
{"a":{"b":"c"}} {"a":{"b":"d","c":null}} {"a":{"b":"d"}}
{"a":[{"b":"c"}]} {"a":[1]}           {"a":[1]}
["a","b"]      ["c","d"]              ["c","d"]
{"a":"b"}      ["c"]                  ["c"]
{"a":"foo"}    null                   null
{"a":"foo"}    "bar"                  "bar"
{"e":null}     {"a":1}                {"e":null,"a":1}
[1,2]          {"a":"b","c":null}     {"a":"b"}
{}             {"a":{"bb":{"ccc":null}}} {"a":{"bb":{}}}
""".strip().splitlines()

KEYS = st.sampled_from(["a", "b", "c", "d", "e"])
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["x", "yes", "1.10"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner), max_leaves=12
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


def document(value: Any, path: str) -> Document:
    (found,), problems = read(yaml.safe_dump(value, sort_keys=False), path)
    assert problems == ()
    return found


def overlay(patch: Any, path: str) -> Document:
    return document({"spec": {"patch": patch}}, path)


def everything(value: Json, path: Path = ()) -> list[tuple[Path, Json]]:
    found = [(path, value)]
    pairs: Any = value.items() if isinstance(value, Mapping) else ()
    if isinstance(value, tuple):
        pairs = enumerate(value)
    for key, item in pairs:
        found += everything(item, (*path, key))
    return found


@pytest.mark.parametrize("line", APPENDIX_A)
def test_the_merge_is_the_one_of_rfc_7386(line: str) -> None:
    parts: list[Any] = []
    decoder, rest = json.JSONDecoder(), line
    while rest:
        value, end = decoder.raw_decode(rest)
        parts.append(value)
        rest = rest[end:].lstrip()
    original, patch, result = parts
    assert thaw(merged(freeze(original), freeze(patch))) == result


@settings(max_examples=60)
@given(OBJECTS)
def test_an_empty_patch_changes_nothing(value: Any) -> None:
    base = document({"spec": value}, "base.yaml")
    same = overlaid(base, [overlay({}, "overlay.yaml")])
    assert same.value == base.value
    assert overlaid(base, []) is base
    for path, _ in everything(base.value):
        assert (same.at(path), same.key_at(path)) == (base.at(path), base.key_at(path))
        assert not same.patched(path)


@settings(max_examples=60)
@given(OBJECTS, OBJECTS)
def test_a_patch_twice_is_the_patch_once(value: Any, patch: Any) -> None:
    once = merged(freeze(value), freeze(patch))
    assert canonical(merged(once, freeze(patch))) == canonical(once)


@settings(max_examples=60)
@given(OBJECTS, st.lists(OBJECTS, min_size=1, max_size=3))
def test_each_value_stands_where_the_last_who_set_it_wrote_it(
    value: Any, patches: list[Any]
) -> None:
    base = document({"spec": value}, "base.yaml")
    layers = [overlay({"spec": one}, f"{at}.yaml") for at, one in enumerate(patches)]
    found = overlaid(base, layers)
    for path, here in everything(found.value):
        last = base
        own: Path = path
        for layer in layers:
            inside = ("spec", "patch", *path)
            # A mapping that was there already is merged into: it stays where it stood.
            if set_by(layer, path):
                last, own = layer, inside
        at = found.at(path)
        assert found.file_of(path) == at.path
        if not isinstance(here, Mapping):
            assert (at, found.key_at(path)) == (last.at(own), last.key_at(own)), path


class Counted(dict[Path, int]):
    """Origins that count how often somebody goes through all of them."""

    searches = 0

    def __iter__(self) -> Iterator[Path]:
        self.searches += 1
        return super().__iter__()


def test_a_place_is_found_without_a_search_through_all_that_is_patched() -> None:
    base = document({"spec": {"a": {"b": 1, "c": 2}, "d": {"e": 1}}}, "base.yaml")
    layer = overlay({"spec": {"a": {"b": 3}, "d": {"e": None}}}, "overlay.yaml")
    found = overlaid(base, [layer])
    assert isinstance(found, PatchedDocument)
    origins = Counted(found.origins)
    counted = replace(found, origins=origins)
    for path in (("spec",), ("spec", "a"), ("spec", "a", "b"), ("spec", "a", "c"), ("x",)):
        assert counted.at(path) == found.at(path)
    assert origins.searches == 0
    assert counted.at(("spec", "d")) == layer.key_at(("spec", "patch", "spec", "d", "e"))
    assert origins.searches == 1


def test_many_places_in_one_patch_are_found_by_one_list() -> None:
    def taken(asked: int) -> int:
        layer = overlay({"spec": {f"a{number}": number for number in range(1000)}}, "overlay.yaml")
        found = overlaid(document({"spec": {"b": 1}}, "base.yaml"), [layer])
        places = [layer.at((*PATCH, "spec", f"a{number}")) for number in range(asked)]
        return lines_run(lambda: [found.onto(at) for at in places])

    assert taken(200) < 2 * taken(1)


@settings(max_examples=60)
@example({"a": "x", "b": ["x", 1]}, 2)
@given(OBJECTS, st.integers(0, 2))
def test_a_place_in_a_patch_is_of_the_last_value_before_it(patch: Any, shares: int) -> None:
    shared = "&s {x: [1, {y: 2}], z: 3}"
    text = yaml.safe_dump({"spec": {"patch": {"spec": patch}}}, sort_keys=False)
    for number in range(shares):  # by an alias, too
        text = text.replace(" x\n", f" {'*s' if number else shared}\n", 1)
    (layer,), problems = read(text, "overlay.yaml")
    assert problems == ()
    base = document({"spec": patch}, "base.yaml")
    found = overlaid(base, [layer])
    inside = [path for path, _ in everything(layer.value) if path[:2] == PATCH]
    for line in range(1, text.count("\n") + 2):
        for column in (1, 5, 9, 13, 17):
            at = Span("overlay.yaml", line, column)
            above = [path for path in inside if layer.key_at(path) <= at]
            within = bool(above) and any(layer.key_at(path).line >= line for path in inside)
            assert found.onto(at) == (base.key_at(above[-1][2:]) if within else None)


def set_by(layer: Document, path: Path) -> bool:
    """Whether a patch says what stands at a path, by itself or as a part of a list."""
    patch: Json = layer.value["spec"]["patch"]  # type: ignore[index,call-overload]
    return any(
        (path == leaf and value is not None)
        or (path[: len(leaf)] == leaf and isinstance(value, tuple))
        for leaf, value in touched(patch)
    )


@settings(max_examples=60)
@given(OBJECTS, st.lists(OBJECTS, min_size=2, max_size=3))
def test_patches_that_touch_no_common_path_commute(value: Any, patches: list[Any]) -> None:
    paths = [path for patch in patches for path in {path for path, _ in touched(freeze(patch))}]
    if any(
        one[: len(other)] == other
        for at, one in enumerate(paths)
        for number, other in enumerate(paths)
        if at != number
    ):
        return
    results = set()
    for some in permutations(patches):
        result: Json = freeze(value)
        for patch in some:
            result = merged(result, freeze(patch))
        results.add(canonical(result))
    assert len(results) == 1


PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {environments: {prod: {target: kubeflow}}}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: iris}
spec: {model: {uri: s3://acme/iris, format: sklearn}}
"""
OVERLAY = """\
apiVersion: exai.dev/v1alpha1
kind: Overlay
metadata: {{name: {name}}}
spec: {{environment: prod, target: Service/iris, patch: {patch}}}
"""
PATCHES = {
    "size": "{spec: {replicas: {min: 2, max: 3}}}",
    "limits": "{spec: {resources: {cpu: 2, memory: 2Gi}}}",
    "labels": "{metadata: {labels: {tier: gold}}}",
}


def project_of(files: dict[str, str]) -> Project:
    specs = []
    for path, text in files.items():
        for found in map(parse, read(text, path)[0]):
            assert isinstance(found, Spec), found
            specs.append(found)
    project = link(specs)
    assert project is not None
    return project


def test_files_in_any_order_give_the_same_bytes() -> None:
    texts = {f"{n}.yaml": OVERLAY.format(name=n, patch=patch) for n, patch in PATCHES.items()}
    results = set()
    for order in permutations([("exai.yaml", PROJECT), *texts.items()]):
        there = environments(project_of(dict(order)))
        assert there.problems == ()
        spec = there.projects["prod"].find("Service", "iris")
        assert spec is not None
        # The order of keys, too: it becomes an order in what is rendered.
        results.add(json.dumps(thaw(spec.document.value)))
    assert len(results) == 1
    assert '"min": 2' in results.pop()
