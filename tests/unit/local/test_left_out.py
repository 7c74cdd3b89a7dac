"""What nobody gives to a user's own code is no input of it where KFP's local runner runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exai_runtime.local.own_code import PROGRAM, substituted

TEXT = "def say(note=None): ...\n"
OPTIONAL = {"parameterType": "STRING", "isOptional": True}
GIVEN = {"inputs": {"parameters": {"note": {"runtimeValue": {"constant": "x"}}}}}


def ports(name: str) -> dict[str, Any]:
    inputs = {"note": OPTIONAL, "other": {**OPTIONAL, "defaultValue": "y"}}
    return {"executorLabel": f"exec-{name}", "inputDefinitions": {"parameters": inputs}}


def test_only_what_no_task_gives_is_left_out(tmp_path: Path) -> None:
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
    found = substituted(
        {
            "root": {"dag": {"tasks": root}},
            "components": components,
            "deploymentSpec": {"executors": {f"exec-{name}": executor for name in names}},
        },
        tmp_path,
        lambda _step, _line: None,
    )
    left = {
        name: sorted(found["components"][f"comp-{name}"]["inputDefinitions"]["parameters"])
        for name in names
    }
    both = ["note", "other"]
    assert left == {"bare": ["other"], "inner": both, "top-step": both}
