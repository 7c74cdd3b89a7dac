"""Which of the user's notebooks a step runs, and where its cells stand there.

In: the program of a step, as KFP has it, a project's folder. Out: the notebook's path and its cells
in the order in which they are executed. Reads only notebooks below the folder.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from exai_compiler.python_code.notebook import NAME, Notebook, read_notebook
from exai_specs.regexes import regex
from exai_specs.values import frozen

_ARCHIVE = regex(r"^__KFP_EMBEDDED_ARCHIVE_B64 = '([^']*)'$", re.MULTILINE)
_NO_INPUTS = "dsl.run_notebook()"
_LARGEST = 1 << 24
_DECODER = json.JSONDecoder()


@frozen
class Cells:
    """A notebook and, of each cell, its number (0: the inputs, which KFP puts in), its first line
    in the file, and whether each line of it has one there.
    """

    path: str
    cells: tuple[tuple[int, int, bool], ...]


def cells_of(program: str, root: Path, files: Iterable[Path]) -> Cells | None:
    """None when the program runs no notebook, or none that is among the files."""
    text = _embedded(program)
    if text is None:
        return None
    for file in files:
        try:
            written = file.read_text("utf-8-sig") if file.stat().st_size <= _LARGEST else ""
        except (OSError, UnicodeDecodeError):
            continue
        found = read_notebook(written)
        if isinstance(found, Notebook) and found.text() == text:
            placed = list(_placed(found, written))
            if _NO_INPUTS not in program:
                tagged = [at for at, cell in enumerate(found.cells, 1) if cell.parameters]
                placed.insert(tagged[0] if tagged else 0, (0, 1, False))
            return Cells(file.relative_to(root).as_posix(), tuple(placed))
    return None


def _embedded(program: str) -> str | None:
    found = _ARCHIVE.search(program)
    if found is None or "__KFP_NOTEBOOK_REL_PATH" not in program:
        return None
    try:
        data = base64.b64decode(found[1], validate=True)
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
            file = tar.extractfile(NAME)
            return file.read().decode() if file is not None else None
    except (binascii.Error, tarfile.TarError, KeyError, OSError, UnicodeDecodeError):
        return None


def _placed(notebook: Notebook, text: str) -> Iterator[tuple[int, int, bool]]:
    """Each cell's number, its first line, and whether each line of its own is one of the file's."""
    starts = list(_inside(text, _inside(text, text.index("{"))["cells"]).values())
    line, counted = 1, 0
    for cell in notebook.cells:
        source = _inside(text, starts[cell.number - 1])["source"]
        parts = _inside(text, source).values() if text[source] == "[" else (source,)
        # Where each part that isn't empty begins, and what it says.
        said = [(at, _DECODER.raw_decode(text, at)[0]) for at in parts]
        said = [(at, part) for at, part in said if part]
        first = said[0][0]
        line += text.count("\n", counted, first)
        counted = first
        apart = all(
            part.find("\n") == len(part) - 1 and text.count("\n", at, after) == 1
            for (at, part), (after, _) in pairwise(said)
        )
        yield cell.number, line, apart and "\n" not in said[-1][1][:-1]


def _inside(text: str, at: int) -> dict[str | int, int]:
    """Where the values of the object or list begin that begins here; `text` is known to be JSON.
    Of a key that stands there twice, the last counts, as json.loads has it.
    """
    keyed = text[at] == "{"
    found: dict[str | int, int] = {}
    at = _after(text, at + 1)
    while text[at] not in "]}":
        key: str | int = len(found)
        if keyed:
            key, at = _DECODER.raw_decode(text, at)
            at = _after(text, at)
        found[key] = at
        at = _after(text, _DECODER.raw_decode(text, at)[1])
    return found


def _after(text: str, at: int) -> int:
    """Where the next key, value or closing bracket begins."""
    while text[at] in " \t\r\n,:":
        at += 1
    return at
