"""`notebook:` steps: what of the file counts, what the step takes and gives, where it may lie."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.catalog import Catalog, catalog
from exai_compiler.checks import check
from exai_compiler.columns import Table, declared_columns
from exai_compiler.graph import Graph, graph
from exai_compiler.project import Project, link
from exai_compiler.python_code.notebook import Notebook, read_notebook
from exai_compiler.python_code.notebook_step import PACKAGES, with_packages
from exai_runtime.folder import DiskFolder
from exai_runtime.python_files import python_files
from exai_specs.documents import read
from exai_specs.kinds import Pip
from exai_specs.parse import Spec, parse

PROJECT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: reports}
spec:
  parameters: {rate: {type: double, default: 0.5}}
  run: {on: []}
  steps:
    look:
      notebook: look.ipynb
      with: {rate: "${{ parameters.rate }}", words: [a]}
      outputs: {count: integer, table: {type: Dataset, columns: {kind: string}}}
    tell:
      notebook: look.ipynb
      with: {table: "${{ steps.look.table }}", count: "${{ steps.look.count }}"}
"""


def notebook(*sources: str, tag: int = -1, **changed: Any) -> str:
    cells = [
        {
            "cell_type": "code",
            "metadata": {"tags": ["parameters"]} if number == tag else {},
            "outputs": [],
            "execution_count": number,
            "source": source.splitlines(keepends=True),
        }
        for number, source in enumerate(sources)
    ]
    return json.dumps(
        {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **changed}
    )


LOOK = notebook("rate = 1\nwords = []", "print(rate)", tag=0)


def project(text: str = PROJECT) -> Project:
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    found = link(spec for each in documents if isinstance(spec := parse(each), Spec))
    assert found is not None
    return found


def files(text: str = LOOK) -> Catalog:
    return replace(catalog({}), files={"look.ipynb": text})


def graph_of(text: str = LOOK) -> Graph:
    spec = project().find("Pipeline", "reports")
    assert spec is not None
    return graph(spec, files(text))


def version(text: str) -> str:
    component = graph_of(text).steps["look"].component
    assert component is not None
    return component.version


def test_its_inputs_are_what_it_is_given_and_its_outputs_are_declared() -> None:
    assert check(project(), files()) == ()
    look, tell = (graph_of().steps[name].component for name in ("look", "tell"))
    assert look is not None and tell is not None
    assert {name: port.type for name, port in look.inputs.items()} == {
        "rate": "double",
        "words": "list",
    }
    assert {name: port.type for name, port in look.outputs.items()} == {
        "count": "integer",
        "table": "Dataset",
    }
    assert {name: port.type for name, port in tell.inputs.items()} == {
        "table": "Dataset",
        "count": "integer",
    }
    assert tell.command[-1].endswith(
        "def notebook_step(\n    table: Input[Dataset],\n    count: int,\n):\n"
        "    dsl.run_notebook(\n        table=table.path,\n        count=count,\n    )\n\n"
    )


def test_only_the_code_of_the_cells_counts() -> None:
    seen = json.loads(LOOK)
    seen["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    seen["cells"][0]["execution_count"] = 17
    seen["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": "# Words"})
    seen["metadata"] = {"kernelspec": {"name": "python3", "language": "python"}}
    component, other = (graph_of(each).steps["look"].component for each in (LOOK, json.dumps(seen)))
    assert component == other
    assert version(notebook("rate = 1\nwords = []", "print(2)", tag=0)) != version(LOOK)
    assert version(notebook("rate = 1\nwords = []", "print(rate)")) != version(LOOK)


def test_what_is_embedded_is_a_notebook_again() -> None:
    found = read_notebook(LOOK)
    assert isinstance(found, Notebook)
    assert read_notebook(found.text()) == found


@pytest.mark.parametrize(
    ("pip", "expected"),
    [
        (None, PACKAGES),
        (Pip(packages=("six==1.17.0",)), ("six==1.17.0", *PACKAGES)),
        (
            Pip(packages=("Jupyter.Client==8.6.3",)),
            ("Jupyter.Client==8.6.3", *PACKAGES[:2]),
        ),
    ],
)
def test_what_runs_it_is_installed_with_what_it_needs(
    pip: Pip | None, expected: tuple[str, ...]
) -> None:
    assert with_packages(pip).packages == expected


def test_too_long_a_notebook_is_refused() -> None:
    problems = check(project(), files(notebook("x = 1", f"y = {'1' * 100_000!r}")))
    assert [(each.code, str(each.at)) for each in problems] == [
        ("code-too-large", "exai.yaml:15:17"),
        ("code-too-large", "exai.yaml:19:17"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "[" * 100_000,
        "1" * 10_000,
        '{"nbformat": true}',
        '{"nbformat": 4, "cells": 1}',
        '{"nbformat": 4, "cells": [null]}',
        '{"nbformat": 4, "cells": [{"cell_type": "heading", "source": ""}]}',
        '{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1]}]}',
        '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\\ud800"}]}',
        '{"nbformat": 4, "cells": [{"cell_type": "code", "source": " "}]}',
        '{"nbformat": 4, "metadata": {"language_info": {"name": "R"}}, "cells": []}',
    ],
)
def test_no_text_is_taken_for_a_notebook(text: str) -> None:
    found = check(project(), files(text))
    assert {each.code for each in found} == {"bad-notebook"}
    assert {each.at.path for each in found} == {"look.ipynb"}
    assert all(each.hint for each in found)


def test_columns_that_it_declares_go_on() -> None:
    table = Table(made=("reports", "look", "table"))
    assert list(declared_columns({"reports": graph_of()}, table)) == ["kind"]


def test_the_file_is_read_below_the_project_alone(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "look.ipynb").write_text(LOOK)
    assert dict(python_files(DiskFolder(root), project().all).texts) == {"look.ipynb": LOOK}
    (tmp_path / "look.ipynb").write_text(LOOK)
    outside = project(PROJECT.replace("look.ipynb", "../look.ipynb"))
    (wrong,) = python_files(DiskFolder(root), outside.all).problems
    assert wrong.code == "path-leaves-project"
