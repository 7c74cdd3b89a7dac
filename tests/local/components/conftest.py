"""Runs a component as KFP does: a fresh process, an executor input, artifacts as files."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TYPES = {"model": "system.Model", "metrics": "system.Metrics", "report": "system.HTML"}
FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


@dataclass(frozen=True)
class Done:
    """A step that has ended."""

    folder: Path
    code: int
    out: str
    err: str

    def outcome(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.folder / "exai-outcome.json").read_text())
        return value

    def parameters(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.folder / "executor_output.json").read_text())
        return dict(value["parameterValues"])


def executor_input(
    folder: Path,
    parameters: Mapping[str, Any],
    artifacts: Mapping[str, Path],
    outputs: tuple[str, ...],
) -> str:
    def artifact(name: str, path: Path) -> dict[str, Any]:
        kind = {"schemaTitle": TYPES.get(name, "system.Dataset")}
        return {"artifacts": [{"name": name, "uri": str(path), "type": kind, "metadata": {}}]}

    return json.dumps(
        {
            "inputs": {
                "parameterValues": dict(parameters),
                "artifacts": {name: artifact(name, path) for name, path in artifacts.items()},
            },
            "outputs": {
                "outputFile": str(folder / "executor_output.json"),
                "artifacts": {name: artifact(name, folder / name) for name in outputs},
                "parameters": {"version": {"outputFile": str(folder / "version")}},
            },
        }
    )


Step = Callable[..., Done]


@pytest.fixture
def step(tmp_path: Path) -> Step:
    """`step("split-data", {"test": 0.2}, {"data": path}, ("train", "test"))`."""
    environment = {
        "EXAI_DATA_ROOT": str(tmp_path),
        "EXAI_MODEL_STORE": str(tmp_path / "models"),
        "EXAI_CONNECTION_WAREHOUSE": json.dumps({"sqlite": {"path": "iris.db"}}),
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path / 'mlflow.db'}",
        "EXAI_ENVIRONMENT": "local",
    }

    def run(
        name: str,
        parameters: Mapping[str, Any],
        artifacts: Mapping[str, Path] | None = None,
        outputs: tuple[str, ...] = (),
        *,
        folder: str = "",
        env: Mapping[str, str] | None = None,
    ) -> Done:
        place = tmp_path / "run" / (folder or name)
        told = executor_input(place, parameters, artifacts or {}, outputs)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "exai_components.step", "kfp.dsl.executor_main"),
                *(name, "--executor_input", told),
            ],
            env={**os.environ, **environment, **(env or {})},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        return Done(place, done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    """A SQLite table of 150 flowers, made up by rule; three kinds that can be told apart."""
    import random

    dice = random.Random(7)  # noqa: S311  # flowers, not keys
    rows = []
    for at in range(150):
        kind = at % 3
        sizes = [round(3 + kind * 1.5 + dice.gauss(0, 0.4), 1) for _ in FEATURES]
        rows.append((at + 1, *sizes, ("setosa", "versicolor", "virginica")[kind]))
    columns = ", ".join(f"{name} real" for name in FEATURES)
    with sqlite3.connect(tmp_path / "iris.db") as session:
        session.execute(f"create table demo_iris (flower_id integer, {columns}, species text)")
        session.executemany("insert into demo_iris values (?, ?, ?, ?, ?, ?)", rows)
    session.close()
    return tmp_path / "iris.db"


@pytest.fixture
def iris() -> dict[str, Any]:
    """The Dataset as the compiler inlines it, whole numbers as KFP's doubles."""
    return {
        "name": "iris",
        "source": {"sql": {"connection": "warehouse", "table": "demo_iris"}},
        "key": ["flower_id"],
        "timestamp": "",
        "schema": {
            "flower_id": {"type": "int64", "nullable": True, "source": ""},
            **{name: {"type": "float64", "nullable": True, "source": ""} for name in FEATURES},
            "species": {
                "type": "string",
                "nullable": True,
                "source": "",
                "enum": ["setosa", "versicolor", "virginica"],
            },
        },
        "quality": {
            "onFailure": "block",
            "expectations": [{"expect_table_row_count_to_be_between": {"min_value": 100.0}}],
        },
    }
