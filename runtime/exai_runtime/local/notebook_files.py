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
from pathlib import Path
from typing import Any

from exai_compiler.python_code.notebook import NAME, Notebook, read_notebook
from exai_specs.values import frozen

_ARCHIVE = re.compile(r"^__KFP_EMBEDDED_ARCHIVE_B64 = '([^']*)'$", re.MULTILINE)
_NO_INPUTS = "dsl.run_notebook()"
_LARGEST = 1 << 24


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
    """Each cell's number, its first line, and whether the file has a line for each of its own."""
    sources: Any = json.loads(text)["cells"]
    at = 0
    for cell in notebook.cells:
        first = cell.source.split("\n", 1)[0]
        spelled = {json.dumps(first, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
        found = [place for each in spelled if (place := text.find(f'"{each}', at)) >= 0]
        at = min(found, default=at)
        apart = isinstance(sources[cell.number - 1]["source"], list)
        yield cell.number, text.count("\n", 0, at) + 1, apart
