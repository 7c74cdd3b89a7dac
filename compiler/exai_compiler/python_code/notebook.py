"""A notebook, read and never run.

In: the text of an .ipynb file (nbformat 4). Out: a `Notebook`: the sources of its code cells, which
are all that it means; or the `Problem` with its place in the file. Outputs, metadata and text cells
are left out, so that a run of it in an editor changes nothing.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from exai_compiler.python_code.problem import Problem
from exai_specs.values import frozen

CODE = "bad-notebook"
NAME = "notebook.ipynb"
"""Its name where it is unpacked."""
PARAMETERS = "parameters"
"""The tag of the cell after which KFP puts the inputs; without one they come first."""

_SAVE = "open it in Jupyter and save it again"


@frozen
class Cell:
    """A cell of code; `parameters`: whether the inputs come after it; `number`: which one of the
    whole notebook it is, from 1 on.
    """

    source: str
    parameters: bool = False
    number: int = 0


@frozen
class Notebook:
    """Its cells of code, in their order."""

    cells: tuple[Cell, ...]

    def text(self) -> str:
        """A notebook with these cells and nothing else: the same bytes for the same cells."""
        cells: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "execution_count": None,
                "metadata": {"tags": [PARAMETERS]} if cell.parameters else {},
                "outputs": [],
                "source": cell.source,
            }
            for cell in self.cells
        ]
        # The last minor version in which cells have no ids.
        whole = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        return json.dumps(whole, indent=1, sort_keys=True) + "\n"


@functools.lru_cache(maxsize=256)
def read_notebook(text: str) -> Notebook | Problem:
    """The notebook of a file's text."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"this is no notebook: {error.msg}, as JSON has it"
        return Problem(CODE, message, error.lineno, error.colno, _SAVE)
    except (RecursionError, ValueError):
        return _wrong("this is no notebook: it is nested too deeply, or has too long a number")
    version = value.get("nbformat") if isinstance(value, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        return _wrong("this is JSON, but no notebook: it has no `nbformat`")
    if version != 4:
        line = _line(text, r'"nbformat"\s*:')
        return _wrong(f"this notebook has version {version} of its form, and 4 is read", line)
    if (language := _language(value)) not in ("", "python"):
        line = _line(text, r'"language"\s*:|"language_info"\s*:')
        hint = "Kubeflow Pipelines runs notebooks by a Python kernel; choose one and save it"
        return _wrong(f"this notebook is written in {language}", line, hint)
    cells = _cells(value.get("cells"))
    if isinstance(cells, str):
        return _wrong(cells, _line(text, r'"cells"\s*:'))
    if not cells:
        hint = "write at least one cell of code, and save it"
        return _wrong("this notebook has no code", _line(text, r'"cells"\s*:'), hint)
    return Notebook(cells)


def _cells(found: Any) -> tuple[Cell, ...] | str:
    """Those with code; what is wrong with one, for people."""
    if not isinstance(found, list):
        return "this notebook has no list of `cells`"
    cells: list[Cell] = []
    for number, each in enumerate(found, 1):
        kind = each.get("cell_type") if isinstance(each, dict) else None
        if kind not in ("code", "markdown", "raw"):
            return f"cell {number} of this notebook is of no known type"
        source = _source(each.get("source"))
        if source is None:
            return f"cell {number} of this notebook has no text as its `source`"
        if kind != "code" or not source.strip():
            continue
        about = each.get("metadata")
        tags = about.get("tags") if isinstance(about, dict) else None
        cells.append(Cell(source, isinstance(tags, list) and PARAMETERS in tags, number))
    return tuple(cells)


def _source(found: Any) -> str | None:
    lines = [found] if isinstance(found, str) else found
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        return None
    whole = "".join(lines)
    # Half a surrogate, which JSON can spell, is no text.
    return whole if whole.isascii() or whole.encode("utf-8", "replace").decode() == whole else None


def _language(value: Any) -> str:
    """What the notebook says of its language; "" when it doesn't."""
    about = value.get("metadata")
    for key, field in (("kernelspec", "language"), ("language_info", "name")):
        inner = about.get(key) if isinstance(about, dict) else None
        found = inner.get(field) if isinstance(inner, dict) else None
        if isinstance(found, str):
            return found.lower()
    return ""


def _line(text: str, pattern: str) -> int:
    found = re.search(pattern, text)
    return text.count("\n", 0, found.start()) + 1 if found is not None else 1


def _wrong(message: str, line: int = 1, hint: str = _SAVE) -> Problem:
    return Problem(CODE, message, line, 1, hint)
