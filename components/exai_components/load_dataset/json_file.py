"""A JSON file as columns: one object a line (JSON Lines), or one array of objects. UTF-8.

In: a path below the data root. Out: an open source whose columns are the keys of the first
`_PIECE` objects; a key that an object lacks is a missing value. Values come as JSON has them, and
are cast later. Reads the file piece by piece, an array as well: never holds more than a piece.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from exai_components.load_dataset.places import empty_data, missing_file
from exai_components.load_dataset.source import Chunk, Found, OpenSource
from exai_components.outcome import StepFailure

_PIECE = 1 << 16  # objects
_READ = 1 << 20  # characters of an array that are read in one go
_SAFE = 15  # so many characters of a number a double always holds


@contextmanager
def open_json(path: Path, written: str) -> Iterator[OpenSource]:
    """The file as a source; `written` is its path as the spec has it."""
    if not path.is_file():
        raise missing_file(path, written)
    with path.open(encoding="utf-8-sig") as stream:
        rows = _objects(stream, written)
        first = list(islice(rows, _PIECE))
        if not first:
            raise empty_data(written, "there is no object in it")

        def chunks(names: Sequence[str]) -> Iterator[Chunk]:
            piece, rest = first, rows
            while piece:
                yield {name: [row.get(name) for row in piece] for name in names}
                piece = list(islice(rest, _PIECE))

        yield OpenSource(written, _columns(first), chunks)


def _columns(rows: Sequence[dict[str, Any]]) -> tuple[Found, ...]:
    kinds: dict[str, set[type]] = {}
    for row in rows:
        for name, value in row.items():
            kinds.setdefault(name, set()).add(type(value))
    return tuple(Found(name, _kind(found - {type(None)})) for name, found in kinds.items())


def _kind(found: set[type]) -> str:
    """The type of all values of a column; none for text, which may stand for a time or a number."""
    if found and found <= {int, float, Decimal}:
        return "int64" if found == {int} else "float64"
    known = {bool: "bool", list: "list", dict: "struct"}
    return known.get(next(iter(found)), "") if len(found) == 1 else ""


def _objects(stream: TextIO, written: str) -> Iterator[dict[str, Any]]:
    """Each object in its order; a final failure at the first thing that is none."""
    number = 0
    try:
        for number, value in enumerate(_values(stream), 1):
            if not isinstance(value, dict):
                raise _unreadable(written, f"value {number} is no object")
            yield value
    except UnicodeEncodeError:
        wrong = f"object {number + 1} has half of a surrogate pair, which is no text"
        raise _unreadable(written, wrong) from None
    except (OSError, RecursionError, ValueError) as error:
        what = "it isn't UTF-8" if isinstance(error, UnicodeDecodeError) else _said(error)
        raise _unreadable(written, f"object {number + 1}: {what}") from None


def _values(stream: TextIO) -> Iterator[Any]:
    start = ""
    while not start and (line := stream.readline(_READ)):
        start = line.lstrip()
    if start.startswith("["):
        yield from _of_array(stream, start[1:])
        return
    if start and not start.endswith("\n"):
        start += stream.readline()
    for line in chain([start], stream):
        if line.strip():
            yield _checked(_DECODER.decode(line), line, 0, len(line))


def _of_array(stream: TextIO, text: str) -> Iterator[Any]:
    """The values of an array, of which `text` is the beginning after its bracket."""
    source = _Text(stream, text)
    if source.next() == "]":
        source.at += 1
    else:
        while True:
            yield source.value()
            mark = source.next()
            source.at += 1
            if mark == "]":
                break
            if mark != ",":
                raise ValueError("a comma is missing" if mark else "the array has no end")
    if source.next():
        raise ValueError("something follows after the array")


@dataclass(slots=True)
class _Text:
    """A window into a stream. Mutable: `at` is where reading goes on in `text`."""

    stream: TextIO
    text: str
    at: int = 0

    def next(self) -> str:
        """The next character that isn't white space; empty at the end."""
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr] # matches ""
            if self.at < len(self.text) or not self._more(_READ):
                return self.text[self.at : self.at + 1]

    def value(self) -> Any:
        """The value that begins at the next character."""
        self.next()
        more = True
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
                if end < len(self.text) or not more:  # a number may go on in the next piece
                    break
            except ValueError:
                if not more:
                    raise
            # Twice as much each time: a value of any size is tried but a few times.
            more = self._more(max(_READ, len(self.text)))
        begin, self.at = self.at, end
        return _checked(value, self.text, begin, end)

    def _more(self, many: int) -> bool:
        piece = self.stream.read(many)
        self.text, self.at = self.text[self.at :] + piece, 0
        return bool(piece)


def _number(text: str) -> float | Decimal:
    """A double where it holds all digits that are written."""
    number = float(text)
    if len(text) <= _SAFE or Decimal(text) == Decimal(repr(number)):
        return number
    return Decimal(text)


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_no_number)


def _checked(value: Any, text: str, begin: int, end: int) -> Any:
    """`value`, once its text is seen to be text: JSON can escape what no encoding can write."""
    if text.find("\\u", begin, end) >= 0:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    return value


def _said(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return getattr(error, "msg", "") or str(error).splitlines()[0]


def _unreadable(written: str, what: str) -> StepFailure:
    return StepFailure(
        "unreadable-file",
        f"{written} can't be read as JSON: {what}",
        "It must be UTF-8 with one object a line, or one array of objects",
    )
