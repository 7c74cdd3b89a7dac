"""At which lines of a notebook's file its cells are said to stand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.python_code.ephemeral import program
from exai_compiler.python_code.notebook import Notebook, read_notebook
from exai_compiler.python_code.notebook_step import beside_of, function_of_notebook
from exai_runtime.local.notebook_files import cells_of

Placed = tuple[tuple[int, int, bool], ...]


def placed(folder: Path, text: str) -> Placed:
    file = folder / "look.ipynb"
    file.write_text(text, "utf-8")
    notebook = read_notebook(text)
    assert isinstance(notebook, Notebook)
    found = cells_of(program(function_of_notebook({}, {}), beside_of(notebook)), folder, [file])
    assert found is not None
    assert found.path == "look.ipynb"
    return found.cells


def cell(*source: str, kind: str = "code", **more: object) -> dict[str, Any]:
    # "outputs" and "metadata" come before "source", as Jupyter has it.
    return {"cell_type": kind, "metadata": {}, **more, "source": list(source)}


def outputs(*lines: str) -> list[dict[str, Any]]:
    return [{"name": "stdout", "output_type": "stream", "text": list(lines)}]


def saved(*cells: dict[str, Any], indent: int | None = 1, **how: Any) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, indent=indent, **how)


@pytest.mark.parametrize(
    "cells",
    [
        (cell("print(1)\n", "a"), cell("print(1)\n", "b"), cell("print(1)\n", "a")),
        (cell("import os is great", kind="markdown"), cell("import os\n", "1/0")),
        (cell("c = 4\n", "c", outputs=outputs("c = 5\n", "c\n")), cell("c")),
        (cell("\n", "\n", "one"), cell("\n", "two")),
        (cell("source"), cell("cell_type\n", "metadata"), cell("cells")),
        (cell('print("é\\t{[")\n', "# ]}"), cell("x = '😀'")),
        (cell(), cell(" \n"), cell("a", attachments={"b": [{"source": ["a"]}]})),
    ],
    ids=range(7),
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_each_line_of_each_cell(
    tmp_path: Path, cells: tuple[dict[str, Any], ...], ascii_only: bool
) -> None:
    """Each line is marked where it is written, and found there."""
    text = saved(*cells, ensure_ascii=ascii_only)
    lines = text.split("\n")
    known = placed(tmp_path, text)
    code = {
        number: each["source"]
        for number, each in enumerate(cells, 1)
        if each["cell_type"] == "code" and "".join(each["source"]).strip()
    }
    assert [number for number, _, _ in known] == list(code)
    for number, first, apart in known:
        assert apart
        told = [json.loads(lines[first - 1 + at].strip(" ,")) for at in range(len(code[number]))]
        assert told == code[number]
        assert lines[first - 2] == '   "source": ['
        before = "\n".join(lines[: first - 2])
        assert before.count('\n   "cell_type": ') == number


def test_a_source_that_is_one_string(tmp_path: Path) -> None:
    text = saved(cell("a"), cell("b\n", "c")).replace('[\n    "a"\n   ]', '"a\\nb"')
    assert '"source": "a\\nb"' in text
    at = text[: text.index('"a\\nb"')].count("\n") + 1
    assert placed(tmp_path, text)[0] == (1, at, False)
    assert placed(tmp_path, text)[1][2]


def test_lines_that_do_not_stand_apart(tmp_path: Path) -> None:
    cells = (cell("a\n", "b"), cell("c\nd\n", "e"), cell("f\n", "g\nh"), cell("i", "j"))
    assert placed(tmp_path, saved(*cells, indent=None)) == tuple((n, 1, False) for n in range(1, 5))
    assert [apart for _, _, apart in placed(tmp_path, saved(*cells))] == [True, *[False] * 3]
    spaced = saved(cell("a\n", "", "b")).replace('"a\\n",', '"a\\n",\n\n')
    assert [apart for _, _, apart in placed(tmp_path, spaced)] == [False]


def test_of_a_key_that_stands_twice_the_last_counts(tmp_path: Path) -> None:
    text = '{"nbformat": 4,\n"cells": [],\n"cells": [{"cell_type": "code", "source": "a",\n'
    assert placed(tmp_path, text + '"source"\t:\r\n\r\n"b"}]}') == ((1, 6, True),)


def test_a_notebook_that_has_been_edited_since_is_not_taken_for_it(tmp_path: Path) -> None:
    notebook = read_notebook(saved(cell("a")))
    assert isinstance(notebook, Notebook)
    (tmp_path / "look.ipynb").write_text(saved(cell("b")))
    text = program(function_of_notebook({}, {}), beside_of(notebook))
    assert cells_of(text, tmp_path, [tmp_path / "look.ipynb"]) is None
