"""All that is wrong in a user's own `component.yaml` is told at once, and comments in it allow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exai_compiler.catalog import Component
from exai_compiler.user_components import read_component
from exai_runtime.compiling import check_project
from exai_runtime.workspace import load

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {exai: ">=0.1", environments: {prod: {target: kubeflow, namespace: n}}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: one}
spec: {steps: {make: {uses: ./component.yaml}}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: two}
spec: {steps: {make: {uses: ./component.yaml}}}
"""
COMPONENT = """\
name: make
inputs:
  - {name: rate, type: Float, default: '0.5'}
outputs:
  - {name: rows, type: Dataset}
implementation:
  container:
    image: "a@sha256:DIGEST"
    command: [make, {inputValue: rate}]
    args: [{outputPath: rows}]
    env:
      DB_PASSWORD: hunter2abc
""".replace("DIGEST", "0" * 64)
NOTES = """\
metadata:
  annotations:
    exai.dev/limits: '{"rate": {"above": 0}}'
"""
ALLOW = "# exai: allow credential-in-env"


def told(root: Path, component: str) -> list[tuple[str, str]]:
    (root / "exai.yaml").write_text(PROJECT)
    (root / "component.yaml").write_text(component)
    found = check_project(load(root)).diagnostics
    return [(each.code, str(each.at)) for each in found if each.severity != "note"]


PLACE = "component.yaml:12:7"
WRITTEN = "      DB_PASSWORD: hunter2abc\n"


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        (COMPONENT, [("credential-in-env", PLACE)]),
        (COMPONENT.replace("2abc", f"2abc  {ALLOW} -- a test's own"), []),
        (COMPONENT.replace(WRITTEN, f"      {ALLOW} -- a test's own\n{WRITTEN}"), []),
        (
            COMPONENT.replace("2abc", f"2abc  {ALLOW}"),
            [("credential-in-env", PLACE), ("allow-without-reason", "component.yaml:12:32")],
        ),
        (
            COMPONENT.replace("name: make", "name: make  # exai: allow unused-model -- gone"),
            [("unused-allow", "component.yaml:1:13"), ("credential-in-env", PLACE)],
        ),
        (
            COMPONENT.replace("name: make", "name: make  # exai: allow bad-component -- never"),
            [("unusable-allow", "component.yaml:1:13"), ("credential-in-env", PLACE)],
        ),
    ],
)
def test_a_comment_allows_what_it_stands_beside(
    tmp_path: Path, component: str, expected: list[tuple[str, str]]
) -> None:
    assert told(tmp_path, component) == expected


def wrong(text: str) -> list[tuple[int, str]]:
    found = read_component(text, "component.yaml")
    assert not isinstance(found, Component)
    return sorted((each.at.line, each.message) for each in found)


def test_a_mistake_of_one_kind_hides_none_of_another() -> None:
    text = COMPONENT.replace("name: make", "name: 5").replace("type: Float", "type: Flaot")
    text = text.replace("inputValue: rate", "inputValue: rat").replace('"a@', '"A b@')
    found = wrong(text.replace("outputs:", "descripton: x\noutputs:"))
    assert [line for line, _ in found] == [1, 3, 4, 9, 10]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        # Nobody knows what inputs there are, so no name of one is wrong.
        ("inputs:\n  - {name: rate", "inputs:\n  - {nam: rate", [3]),
        ("inputs:", "input:", [2]),
        ("type: Float", "typ: Float", [3]),
        ("implementation:", "implementaton:", [6]),
        # What follows of a key too many is nothing.
        ("type: Float,", "type: Float, unit: percent,", [3]),
    ],
)
def test_what_may_come_of_another_mistake_waits(before: str, after: str, lines: list[int]) -> None:
    assert [line for line, _ in wrong(COMPONENT.replace(before, after))] == lines


def test_a_secret_hides_nothing_else() -> None:
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    text = COMPONENT.replace("hunter2abc", token).replace("type: Float", "type: Flaot")
    assert [line for line, _ in wrong(text)] == [3, 12]


WHOLE: dict[str, Any] = {
    "name": "a",
    "metadata": {"annotations": {"exai.dev/effects": "none", "exai.dev/refs": "{}"}, "labels": {}},
    "inputs": [{"name": "a", "type": "Integer", "default": "1", "optional": True}],
    "outputs": [{"name": "b", "type": "Dataset"}],
    "implementation": {
        "container": {
            "image": "a",
            "command": ["x", {"if": {"cond": {"isPresent": "a"}, "then": ["y"]}}],
            "args": [{"inputValue": "a"}, {"concat": ["a", {"outputPath": "b"}]}],
            "env": {"A": "b"},
        }
    },
}
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, 1, True, "text", "", [], {}, [1], [[]], ["a"], {"a": 1}, [{}]]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    items: Any = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, list):
        return [changed(v, path[1:], new) if n == path[0] else v for n, v in enumerate(value)]
    return {k: changed(v, path[1:], new) if k == path[0] else v for k, v in value.items()}


@example(("inputs", 0, "default"), None)
@example(("implementation", "container", "command", 1, "if", "cond", "isPresent"), {"a": 1})
@given(st.sampled_from(places(WHOLE)), VALUES)
def test_whatever_stands_in_one_is_told_or_read(path: tuple[Any, ...], value: Any) -> None:
    found = read_component(json.dumps(changed(WHOLE, path, value)), "component.yaml")
    assert isinstance(found, Component) or (found and all(each.message for each in found))


@pytest.mark.parametrize("names", [("X Y", "x_y"), ("x_y", "X Y"), ("X Y", "X-Y")])
@pytest.mark.parametrize(
    "note", ['refs: \'{"x_y": "Dataset"}\'', 'limits: \'{"other": {"above": 0}}\'']
)
def test_ports_that_get_one_name_hide_what_may_come_of_it(
    names: tuple[str, str], note: str
) -> None:
    first, second = names
    ports = f"  - {{name: {first}, type: String}}\n  - {{name: {second}, type: Integer}}\n"
    rate = "  - {name: rate, type: Float, default: '0.5'}\n"
    text = (
        NOTES.partition("exai.dev")[0]
        + f"exai.dev/{note}\n"
        + COMPONENT.replace(rate, rate + ports)
    )
    assert [line for line, _ in wrong(text)] == [8]


@pytest.mark.parametrize(
    ("right", "wrong", "places"),
    [
        ("type: Float, default: '0.5'", "type: Flaot", ["3:24"]),
        ("type: Dataset", "type: Datset", ["5:24"]),
        # Which of two is meant nobody can tell, nor whether one of them was to be `other`.
        (
            "'0.5'}\n",
            "'0.5'}\n  - {name: rate, type: Dataset}\n  - {name: z, type: Flaot}\n",
            ["4:12", "5:21"],
        ),
        ("{inputValue: rate}]", "{inputValue: rte}]", ["9:34"]),
        ("    image:", "    imge:", ["8:5"]),
        ("    image:", "    comand: []\n    image:", ["8:5"]),
    ],
)
@pytest.mark.parametrize("also", ["", "    args: [{outputPaht: rows}]\n"])
def test_a_mistake_is_told_once_and_hides_none_beside_it(
    tmp_path: Path, right: str, wrong: str, places: list[str], also: str
) -> None:
    text = COMPONENT.replace(WRITTEN, "").replace("    env:\n", "")
    text = text.replace("name: make\n", f"name: make\n{NOTES}")
    text = text.replace(right, wrong, 1)
    if also:
        text = text.replace("    args: [{outputPath: rows}]\n", also)
    found = [place for code, place in told(tmp_path, text) if code == "bad-component"]
    lines = text.splitlines()
    shift = NOTES.count("\n")
    expected = {
        f"component.yaml:{int(p.partition(':')[0]) + shift}:{p.partition(':')[2]}" for p in places
    }
    if also:
        line = next(n for n, each in enumerate(lines, 1) if "outputPaht" in each)
        expected.add(f"component.yaml:{line}:13")
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("right", "wrong", "told_too"),
    [
        ("    image:", "    imge:", True),
        ("type: Float", "type: Flaot", True),
        ("inputs:", "inptus:", False),
        ("name: rate", "nam: rate", False),
        ("'0.5'}\n", "'0.5'}\n  - {name: rate}\n", False),
        ("outputs:", "outputs: [", False),
    ],
)
def test_a_misspelt_input_is_told_beside_what_is_wrong_in_its_component(
    tmp_path: Path, right: str, wrong: str, told_too: bool
) -> None:
    text = COMPONENT.replace(WRITTEN, "").replace("    env:\n", "").replace(right, wrong, 1)
    (tmp_path / "component.yaml").write_text(text)
    step = "{uses: ./component.yaml, with: {raate: 1}}"
    (tmp_path / "exai.yaml").write_text(PROJECT.replace("{uses: ./component.yaml}", step))
    found = check_project(load(tmp_path)).diagnostics
    inputs = [each for each in found if each.code in ("missing-input", "unknown-input")]
    assert [each.code for each in inputs] == ["unknown-input"] * 2 * told_too
    assert all('did you mean "rate"?' in each.hint for each in inputs)
    assert any(each.at.path == "component.yaml" for each in found)


TWICE = """\
name: Twice
metadata:
  annotations:
    exai.dev/metrics: 'no'
inputs:
  - {name: data, type: Dataset}
  - {name: data, type: String}
  - {name: rate, type: Flaot}
implementation:
  container:
    image: alpine:3.20
    args: [{inputValue: data}, {inputValue: dta}, {inputPath: rate}]
"""


def test_a_port_that_stands_twice_and_a_type_that_is_none_hide_what_may_come_of_them(
    tmp_path: Path,
) -> None:
    project = PROJECT.replace(
        "{uses: ./component.yaml}", "{uses: ./component.yaml, with: {rate: 1}}"
    )
    (tmp_path / "exai.yaml").write_text(project)
    (tmp_path / "component.yaml").write_text(TWICE)
    found = check_project(load(tmp_path)).diagnostics
    assert [(each.code, each.at.line) for each in found if each.severity == "error"] == [
        ("bad-component", 4),
        ("bad-component", 7),
        ("bad-component", 8),
    ]


NOTED = """\
name: noted
metadata:
  annotations: {exai.dev/NOTE: 'VALUE'}
inputs:
  - {name: data, type: Dataset}
  - {name: rate, type: Float}
  - {name: name, type: String}
implementation:
  container: {image: alpine:3.20, args: [{inputPath: data}, {inputValue: rate}]}
"""
# Of any component that one may have meant.
WHICHEVER = [
    ("metrics", "no"),
    ("metrics", '{"classification": "f1"}'),
    ("limits", "[]"),
    ("limits", '{"rate": {"over": 0}}'),
    ("types", '{"rate": "flaot"}'),
    ("refs", '{"name": "Table"}'),
]


@pytest.mark.parametrize(("note", "value"), WHICHEVER)
@pytest.mark.parametrize(
    ("right", "wrong_", "line"),
    [
        ("{name: name,", "{name: rate,", 7),  # twice
        ("type: Float", "type: Flaot", 6),
        ("inputs:", "inptus:", 4),
        ("{name: data,", "{nmae: data,", 5),
    ],
)
def test_an_annotation_that_no_port_makes_right_is_told_beside_one(
    note: str, value: str, right: str, wrong_: str, line: int
) -> None:
    text = NOTED.replace("NOTE", note).replace("VALUE", value).replace(right, wrong_)
    assert [line for line, _ in wrong(text)] == [3, line]


@pytest.mark.parametrize(
    ("note", "value", "right", "wrong_", "lines"),
    [
        ("limits", '{"rte": {"above": 0}}', "{name: name,", "{name: rate,", [7]),
        ("limits", '{"rte": {"above": 0}}', "inputs:", "inptus:", [4]),
        ("limits", '{"rte": {"above": 0}}', "type: Float", "type: Flaot", [3, 6]),
        ("refs", '{"rate": "Dataset"}', "type: Float", "type: Sting", [6]),
        ("refs", '{"rate": "Dataset"}', "type: String", "type: Sting", [3, 7]),
        ("refs", '{"rate": "Dataset"}', "{name: name,", "{name: rate,", [7]),
        ("refs", '{"name": "Dataset"}', "{name: rate,", "{name: name,", [7]),
    ],
)
def test_one_that_a_port_may_make_right_waits(
    note: str, value: str, right: str, wrong_: str, lines: list[int]
) -> None:
    text = NOTED.replace("NOTE", note).replace("VALUE", value).replace(right, wrong_)
    assert [line for line, _ in wrong(text)] == lines
