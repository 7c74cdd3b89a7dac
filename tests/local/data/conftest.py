"""A project of one dataset and one pipeline (load, validate) in a folder of its own, driven through
the command line as a person would.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
SPECS = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {{name: shop}}
spec:
  environments:
    local:
      target: local
{environment}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {{name: orders}}
spec:
  source: {source}
{version}  key: [order_id]
  schema:
    order_id: int64
    amount: {{type: float64, nullable: false}}
    customer: {{type: string, pii: true}}
  quality:
    expectations:
      - expect_column_values_to_be_between: {{column: amount, min_value: 0}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {{name: orders-check}}
spec:
  steps:
    load: {{uses: load-dataset, with: {{dataset: orders}}}}
    validate:
      uses: validate-dataset
      with: {{dataset: orders, data: "${{{{ steps.load.data }}}}"}}
"""


@dataclass(frozen=True)
class Project:
    root: Path
    env: dict[str, str]

    def write(self, source: str, version: str = "", environment: str = "") -> None:
        line = f"  version: {version}\n" if version else ""
        text = SPECS.format(source=source, version=line, environment=environment)
        (self.root / "exai.yaml").write_text(text)

    def exai(self, *words: str, code: int = 0) -> str:
        """All that a command says; the traceback of a bug fails the test."""
        command = [sys.executable, "-m", "exai_runtime.cli.main", "-C", str(self.root), *words]
        done = subprocess.run(
            command, env=self.env, capture_output=True, text=True, check=False, timeout=300
        )
        text = done.stdout + done.stderr
        assert "Traceback" not in text, text
        assert done.returncode == code, text
        return text

    def json(self, *words: str, code: int = 0) -> dict[str, Any]:
        command = [sys.executable, "-m", "exai_runtime.cli.main", "-C", str(self.root), *words]
        done = subprocess.run(
            [*command, "--output", "json", "-q"],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    def holds(self, secret: str) -> list[Path]:
        """The files below the project and its home that have this in them."""
        folders = (self.root / ".exai", Path(self.env["HOME"]))
        files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
        return [path for path in files if secret.encode() in path.read_bytes()]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    home, root = tmp_path / "home", tmp_path / "shop"
    (home / "tmp").mkdir(parents=True)
    root.mkdir()
    env = {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "TMPDIR": str(home / "tmp"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.startswith(str(ROOT))),
        "NO_COLOR": "1",
    }
    made = Project(root, env)
    yield made
    if (root / ".exai").exists():
        made.exai("destroy", "--yes", "--purge")


Load = Callable[..., Any]


@pytest.fixture
def load() -> Load:
    """What load-dataset reads, in this process."""

    def run(source: dict[str, Any], schema: dict[str, Any], key: tuple[str, ...] = ()) -> Any:
        from exai_components.load_dataset.declared import read_declared
        from exai_components.load_dataset.table import load_table

        columns = {
            name: kind if isinstance(kind, dict) and "type" in kind else {"type": kind}
            for name, kind in schema.items()
        }
        told = {"name": "d", "source": source, "key": list(key), "schema": columns}
        return load_table(read_declared(told))

    return run
