"""What we render runs: KFP's own local runner takes the goldens, in a child process."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

GOLDEN = Path(__file__).parents[1] / "golden" / "kfp"
ECHO = GOLDEN / "components" / "echo_program.py"

RUN = """
import sys
from kfp import components, local
local.init(local.SubprocessRunner(use_venv=False), pipeline_root=sys.argv[2])
components.load_component_from_file(sys.argv[1])(**__import__("json").loads(sys.argv[3]))
"""


def run(
    case: str,
    arguments: dict[str, Any],
    root: Path,
    only: tuple[str, ...] = (),
    **env: str,
) -> dict[str, Path]:
    """The folder of each step, after a run that succeeded; `echo` is a program of the tests."""
    bodies = yaml.safe_load_all((GOLDEN / case / "objects.yaml").read_text())
    spec = next(b["spec"]["pipelineSpec"] for b in bodies if b["kind"] == "PipelineVersion")
    for step in set(spec["root"]["dag"]["tasks"]).difference(only) if only else ():
        del spec["root"]["dag"]["tasks"][step]
        del spec["components"][f"comp-{step}"]
        del spec["deploymentSpec"]["executors"][f"exec-{step}"]
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
        env={"PATH": "/usr/bin:/bin", "HOME": str(root), **env},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = (root / "out").iterdir()
    steps = {path.name: path for path in folder.iterdir() if path.is_dir()}
    assert sorted(steps) == sorted(spec["root"]["dag"]["tasks"])
    return steps


def seen(step: Path) -> Any:
    return json.loads((step / "table").read_text())


@pytest.mark.slow
def test_references_arrive(tmp_path: Path) -> None:
    steps = run("references", {"who": "all", "depth": 3}, tmp_path)
    second = seen(steps["second-step"])["values"]
    assert second["text"] == "hello all and nothing, all: ${{ kept }}"
    # In a struct a reference is text (LANGUAGE section 6.3): the component converts it.
    depth, rate = second["options"]["depth"], second["options"]["rate"]
    assert (float(depth), float(rate)) == (3, 0.5)
    assert second["options"]["names"] == ["all", "fixed", "a nothing"]
    third = seen(steps["third"])["values"]
    assert third["text"].isdigit()
    assert third["maybe"] == "${{ not.an.expression }}"
    count, text = third["items"]
    assert (float(count), text) == (1, second["text"])


@pytest.mark.slow
def test_parameters_arrive(tmp_path: Path) -> None:
    # `maybe` is optional without a default: KFP's local runner needs a value for it all the same
    # (`pb2_value_to_python` in kfp/local/executor_output_utils.py refuses an absent default).
    given = {"needed": "words", "maybe": "", "exai_run_key": "k"}
    steps = run("parameters", given, tmp_path)
    first, second = seen(steps["first"])["values"], seen(steps["second"])
    assert (first["text"], first["count"], first["number"]) == ("words", 20, 1.0)
    assert first["flag"] is False
    assert first["items"] == ["a", 1, 2.5]
    assert first["options"] == {"depth": 3, "deep": {"rate": 2.0}}
    assert (second["values"]["text"], second["values"]["count"]) == ("words", 20)
    assert second["artifacts"] == ["table"]


@pytest.mark.slow
def test_modifiers_count(tmp_path: Path) -> None:
    """Every step fails at its first try, and has a retry; env and the memory limit are there."""
    steps = run("modifiers", {}, tmp_path)
    assert seen(steps["own"])["env"] == {
        "STAGE": "test",
        "SHARED": "mine",
        "EXAI_MEMORY": str(4 * 1024**3),
    }
    assert all((step / "table.tried").exists() for step in steps.values())


@pytest.mark.slow
def test_real_components_run(tmp_path: Path) -> None:
    """The first steps of the iris golden: rows from SQLite, checked and split."""
    with sqlite3.connect(tmp_path / "iris.db") as database:
        database.execute(
            "CREATE TABLE demo_iris (flower_id INTEGER, sepal_length REAL, sepal_width REAL,"
            " petal_length REAL, petal_width REAL, species TEXT)"
        )
        kinds = ("setosa", "versicolor", "virginica")
        rows = [(n, 5.0 + n % 3, 3.0, 1.5, 0.2, kinds[n % 3]) for n in range(120)]
        database.executemany("INSERT INTO demo_iris VALUES (?, ?, ?, ?, ?, ?)", rows)
    database.close()
    steps = run(
        "iris",
        {},
        tmp_path,
        only=("load", "check", "split"),
        EXAI_DATA_ROOT=str(tmp_path),
        EXAI_CONNECTION_WAREHOUSE=json.dumps({"sqlite": {"path": "iris.db"}}),
    )
    from pyarrow import parquet

    train, test = (parquet.read_table(steps["split"] / name) for name in ("train", "test"))
    assert (train.num_rows, test.num_rows) == (96, 24)
    assert sorted(train.column_names) == sorted(
        ("flower_id", "sepal_length", "sepal_width", "petal_length", "petal_width", "species")
    )
