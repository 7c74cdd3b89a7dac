"""A notebook under KFP's own runner: what it is given, what it gives, which of its cells failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from exai_runtime.results import Applied
from exai_runtime.session import apply

pytestmark = pytest.mark.slow

SPECS = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: line}
spec:
  parameters: {n: {type: integer, default: %d}}
  steps:
    look:
      notebook: books/look.ipynb
      pip: {indexUrls: ["http://127.0.0.1:9/no-index"]}
      with: {n: "${{ parameters.n }}"}
      outputs: {total: double, table: Dataset}
"""
CELLS = (
    ("markdown", ["# Look"]),
    ("parameters", ["n = 1"]),
    ("code", []),
    ("code", ["def half(x):\n", "    return x / (n - 3)\n"]),
    (
        "code",
        [
            "print('so far')\n",
            "total = half(n)\n",
            "open(total_path, 'w').write(str(total))\n",
            "open(table_path, 'w').write('a table')",
        ],
    ),
)


def notebook() -> str:
    """With outputs of an earlier run, which say something else."""
    cells: list[dict[str, Any]] = []
    for kind, source in CELLS:
        tags = {"tags": [kind]} if kind == "parameters" else {}
        cell: dict[str, Any] = {"metadata": tags, "source": source}
        if kind == "markdown":
            cells.append({**cell, "cell_type": "markdown"})
            continue
        old = [{"output_type": "stream", "name": "stdout", "text": ["half(x)\n"]}]
        cells.append({**cell, "cell_type": "code", "execution_count": 7, "outputs": old})
    whole = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(whole, indent=1) + "\n"


def applied(root: Path) -> Applied:
    return apply(root, "local", lambda _: True, lambda _: None)


def test_a_notebook_gets_gives_and_says_which_cell_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "project"
    (root / "books").mkdir(parents=True)
    (root / "books" / "look.ipynb").write_text(notebook())
    (root / "exai.yaml").write_text(SPECS % 7)
    done = applied(root)
    assert done.exit_code == 0, done
    (table,) = root.glob(".exai/local/runs/*/work/*/look/table")
    assert table.read_text() == "a table"
    assert (table.parent / "total").read_text() == "1.75"

    (root / "exai.yaml").write_text(SPECS % 3)
    failed = next(o for o in applied(root).outcomes if o.result == "failed")
    assert failed.detail == "step look: cell 5: ZeroDivisionError: division by zero"
    line = notebook().split("\n").index('    "    return x / (n - 3)\\n"') + 1
    assert str(failed.at) == f"books/look.ipynb:{line}:1"
    assert failed.tail == (
        "Traceback (most recent call last):",
        '  File "books/look.ipynb", cell 5, line 2',
        "    total = half(n)",
        '  File "books/look.ipynb", cell 4, line 2, in half(x)',
        "    return x / (n - 3)",
        "ZeroDivisionError: division by zero",
    )
