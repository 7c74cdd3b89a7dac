"""The failure of a notebook's cell, out of what its kernel says of it.

In: the lines of a step's standard error, where KFP prints a kernel's traceback (IPython's, in
colours), and which of the user's cells each executed one is. Out: the failure, in the user's cells
and lines. Standard library alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r" *(?:Cell In ?|Input In ?)\[(?P<count>\d+)\], line (?P<line>\d+)(?P<rest>.*)")
_AT = re.compile(r"-+> ?(?P<line>\d+) ?(?P<code>.*)")
_HEADER = re.compile(r"[A-Za-z_][\w.]* +Traceback \(most recent call last\)")
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(:.*)?")
_ENDED = "An exception has occurred, use %tb to see the full traceback."
_TRACEBACK = "Traceback (most recent call last):"
_CHAINED = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_LONGEST = 5000  # lines that are held


@dataclass(frozen=True, slots=True)
class Cell:
    """One that was executed: its number in the notebook from 1 on (0: KFP put it in, for the
    inputs), the line of the file with its first line, and whether each of its lines has one.
    """

    number: int
    line: int
    apart: bool


@dataclass(frozen=True, slots=True)
class CellFailure:
    """What people see of it; `place` is `look.ipynb:30`, a line of the file."""

    message: str
    hint: str
    trace: tuple[str, ...]
    place: str


class Kernel:
    """Listens to a step's standard error."""

    def __init__(self, path: str, cells: tuple[Cell, ...]) -> None:
        self._path = path
        self._cells = cells
        self._lines: list[str] = []
        self._done = False

    def hear(self, line: str) -> None:
        """One more line. What comes after the kernel's own words is KFP's, which repeats them."""
        plain = _COLOUR.sub("", line).rstrip()
        if self._lines and plain == _TRACEBACK:
            self._done = True
        if self._done or len(self._lines) > _LONGEST:
            return
        if plain in _CHAINED:
            self._lines.clear()
        elif self._lines or plain == _ENDED or _HEADER.fullmatch(plain) or _FRAME.fullmatch(plain):
            self._lines.append(plain)

    def failure(self) -> CellFailure | None:
        """None when no cell has failed."""
        frames = list(self._frames())
        said = self._exception()
        if said and self._lines[0] == _ENDED:  # of a cell that calls sys.exit nothing else is said
            return CellFailure(said[0], "a cell ended the notebook", tuple(said), "")
        if not frames or not said:
            return None
        first, (cell, line, code, _) = frames[0], frames[-1]
        trace = [_TRACEBACK]
        for each, number, text, rest in frames:
            trace += [f'  File "{self._path}", cell {each.number}, line {number}{rest}']
            trace += [f"    {text}"] if text else []
        written = f": {code}" if code else ""
        return CellFailure(
            f"cell {first[0].number}: {said[0]}",
            f"cell {cell.number} of {self._path} raised it, in line {line}{written}",
            (*trace, *said),
            f"{self._path}:{cell.line + (line - 1 if cell.apart else 0)}",
        )

    def _frames(self) -> Iterator[tuple[Cell, int, str, str]]:
        """Those in cells of the user's, from the one that was executed to the innermost."""
        for at, text in enumerate(self._lines):
            found = _FRAME.fullmatch(text)
            if found is None:
                continue
            index = int(found["count"]) - 1
            if index < len(self._cells) and self._cells[index].number:
                yield self._cells[index], int(found["line"]), self._code(at + 1), found["rest"]

    def _code(self, start: int) -> str:
        """The line of code that a frame points at; of a syntax error that is the next one."""
        below = self._lines[start : start + 20]
        for text in below:
            if (found := _AT.fullmatch(text)) is not None:
                return found["code"].strip()
            if not text or _FRAME.fullmatch(text):
                break
        return below[0].strip() if below and below[0].startswith("    ") else ""

    def _exception(self) -> list[str]:
        """The exception's own lines, which come last."""
        last = max(
            (
                at
                for at, text in enumerate(self._lines)
                if _FRAME.fullmatch(text) or _AT.match(text)
            ),
            default=0,
        )
        for at in range(last + 1, len(self._lines)):
            if _EXCEPTION.fullmatch(self._lines[at]):
                said = self._lines[at:]
                while said and not said[-1]:
                    said.pop()
                return said
        return []
