"""What nobody gives to a user's own code is no input of it where KFP's local runner runs it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from exai_compiler.python_code.ephemeral import PROGRAM
from exai_runtime.local.left_out import left_out

TEXT = "def say(note=None): ...\n"
OPTIONAL = {"parameterType": "STRING", "isOptional": True}
GIVEN = {"inputs": {"parameters": {"note": {"runtimeValue": {"constant": "x"}}}}}


def ports(name: str) -> dict[str, Any]:
    inputs = {"note": OPTIONAL, "other": {**OPTIONAL, "defaultValue": "y"}}
    return {"executorLabel": f"exec-{name}", "inputDefinitions": {"parameters": inputs}}


def test_only_what_no_task_gives_is_left_out() -> None:
    """The task may be in any DAG, and called otherwise than its component."""
    command = ["sh", "-ec", PROGRAM, TEXT]
    executor = {"container": {"image": "i", "command": command, "args": ["--f", "say"]}}
    names = ("bare", "inner", "top-step")
    inner = {"inner": {"componentRef": {"name": "comp-inner"}, **GIVEN}}
    root = {
        "each": {"componentRef": {"name": "comp-each"}},
        "bare": {"componentRef": {"name": "comp-bare"}},
        "top": {"componentRef": {"name": "comp-top-step"}, **GIVEN},
    }
    components: dict[str, Any] = {f"comp-{name}": ports(name) for name in names}
    components["comp-each"] = {"dag": {"tasks": inner}}
    found = left_out(
        {
            "root": {"dag": {"tasks": root}},
            "components": components,
            "deploymentSpec": {"executors": {f"exec-{name}": executor for name in names}},
        },
        (),
    )
    left = {
        name: sorted(found["components"][f"comp-{name}"]["inputDefinitions"]["parameters"])
        for name in names
    }
    both = ["note", "other"]
    assert left == {"bare": ["other"], "inner": both, "top-step": both}


def from_outside(name: str) -> dict[str, Any]:
    return {"inputs": {"parameters": {"note": {"componentInputParameter": name}}}}


def test_what_a_pipeline_isnt_given_it_gives_to_nobody() -> None:
    """Through two pipelines, of which one gets it; a default is its owner's."""
    inputs = {"inputDefinitions": {"parameters": {"a": OPTIONAL, "b": OPTIONAL}}}
    command = ["sh", "-ec", PROGRAM, TEXT]
    executor = {"container": {"image": "i", "command": command, "args": ["--f", "say"]}}
    tasks = {
        "one": {"componentRef": {"name": "comp-one"}, **from_outside("a")},
        "two": {"componentRef": {"name": "comp-two"}, **from_outside("b")},
    }
    call = {
        "a": {"componentInputParameter": "a"},
        "b": {"componentInputParameter": "b"},
    }
    ir: dict[str, Any] = {
        "root": {
            "dag": {
                "tasks": {
                    "call": {"componentRef": {"name": "comp-call"}, "inputs": {"parameters": call}}
                }
            },
            **inputs,
        },
        "components": {
            "comp-call": {"dag": {"tasks": tasks}, **inputs},
            "comp-one": ports("one"),
            "comp-two": ports("two"),
        },
        "deploymentSpec": {"executors": {"exec-one": executor, "exec-two": executor}},
    }
    before = deepcopy(ir)
    found = left_out(ir, ["b"])
    assert ir == before
    inner = found["components"]["comp-call"]
    assert list(found["root"]["inputDefinitions"]["parameters"]) == ["b"]
    assert list(inner["inputDefinitions"]["parameters"]) == ["b"]
    given = {n: list(task["inputs"]["parameters"]) for n, task in inner["dag"]["tasks"].items()}
    assert given == {"one": [], "two": ["note"]}
    for name, left in (("one", ["other"]), ("two", ["note", "other"])):
        assert sorted(found["components"][f"comp-{name}"]["inputDefinitions"]["parameters"]) == left
    assert left_out(ir, ["a", "b"]) == before
