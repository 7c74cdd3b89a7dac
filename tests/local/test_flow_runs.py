"""Control flow runs: the goldens' conditions, loops and `finally`, leaves by KFP's own local
runner, in a child process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

GOLDEN = Path(__file__).parents[1] / "golden" / "kfp"
ECHO = GOLDEN / "components" / "echo_program.py"

RUN = """
import json, sys
import kfp.dsl.component_factory
from kfp import components, local
from exai_runtime.local import dags
dags.use()
local.init(local.SubprocessRunner(use_venv=False), pipeline_root=sys.argv[2])
components.load_component_from_file(sys.argv[1])(**json.loads(sys.argv[3]))
"""


def run(case: str, root: Path, fails: bool = False, **arguments: Any) -> Path:
    """The folder of a run; `echo` is a program of the tests."""
    bodies = yaml.safe_load_all((GOLDEN / case / "objects.yaml").read_text())
    versions = [b["spec"] for b in bodies if b["kind"] == "PipelineVersion"]
    chosen = next(v for v in versions if len(versions) == 1 or v["pipelineName"] == "outer")
    spec = chosen["pipelineSpec"]
    for executor in spec["deploymentSpec"]["executors"].values():
        container = executor["container"]
        if container["args"][0] == "echo":
            container["command"] = ["python3", str(ECHO), "kfp.dsl.executor_main"]
    ir = root / "pipeline.yaml"
    ir.write_text(yaml.safe_dump(spec))
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(ir), str(root / "out"), json.dumps(arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=root,
        env={"PATH": "/usr/bin:/bin", "HOME": str(root), "_KFP_RUNTIME": "true"},
    )
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    (folder,) = (root / "out").iterdir()
    return folder


def seen(step: Path) -> Any:
    return json.loads((step / "table").read_text())["values"]


def output(step: Path) -> Any:
    written = json.loads((step / "executor_output.json").read_text())
    return written["parameterValues"]["Output"]


@pytest.mark.slow
def test_conditions(tmp_path: Path) -> None:
    """What a condition says is decided by values, whatever characters they hold."""
    folder = run("conditions", tmp_path, who="it's && me")
    ran = {path.name for path in folder.iterdir()}
    assert ran == {
        *("first", "enough-do", "one", "three", "inside", "after-together", "none", "chosen"),
    }
    assert seen(folder / "enough-do")["text"] == "nothing for it's && me"
    assert seen(folder / "chosen")["text"] == "nothing"  # of the way that was taken
    assert json.loads((folder / "chosen" / "table").read_text())["artifacts"] == ["table"]


@pytest.mark.slow
def test_loops(tmp_path: Path) -> None:
    folder = run("loops", tmp_path)
    first = seen(folder / "sweep-iteration-0" / "train")
    assert (first["text"], first["number"]) == ("run a for you", 0.5)
    assert first["options"] == {"lr": 0.5, "tag": "a"}
    deep = seen(folder / "sweep-iteration-1" / "inner-iteration-1" / "deep")
    assert (deep["count"], deep["text"], deep["number"]) == (2, "run b for you", 0.25)
    assert seen(folder / "each-iteration-1" / "each-do")["text"] == "y and nothing"
    assert seen(folder / "some-each-iteration-0" / "some-do")["text"] == "p"
    assert (folder / "tables-iteration-1" / "tables-do").is_dir()
    assert seen(folder / "fields-iteration-1" / "fields-do")["text"] == "run b"
    sized = json.loads((folder / "sized-iteration-1" / "sized-do" / "table").read_text())
    assert sized["env"]["EXAI_MEMORY"] == str(4 * 1024**3)
    assert output(folder / "best") == (
        "4 [0.25, 0.5] [[1.0, 2.0], [1.0, 2.0]] ['x and nothing', 'y and nothing']"
    )


@pytest.mark.slow
def test_pipelines_in_pipelines(tmp_path: Path) -> None:
    folder = run("calls", tmp_path, who="me")
    assert seen(folder / "middle--pass")["text"] == "so !"
    # Every call has folders of its own: the components of its steps have their own names.
    said = {path.name: seen(path)["text"] for path in folder.glob("*--first")}
    said_so = ("middle--deep--first", "once--first", "again--first")
    assert said == {**dict.fromkeys(said_so, "so !"), "maybe-do--first": "me"}
    assert output(folder / "collected") == "['a', 'b'] 2"


@pytest.mark.slow
def test_an_empty_loop_collects_nothing(tmp_path: Path) -> None:
    # Of values, that is: an empty list of files never reaches a function (kfp/dsl/executor.py).
    folder = run("loops", tmp_path, names=[])
    assert output(folder / "best").endswith(" []")


@pytest.mark.slow
@pytest.mark.parametrize(("who", "fails"), [("you", False), ("fail", True)])
def test_the_last_step_runs_and_is_told(who: str, fails: bool, tmp_path: Path) -> None:
    folder = run("last", tmp_path, fails, who=who)
    state = "FAILED" if fails else "SUCCEEDED"
    assert output(folder / "finally") == f"to {who}: {state} exit-handler"
    assert (folder / "anyway").is_dir()
    assert (folder / "second-do").is_dir() is not fails
