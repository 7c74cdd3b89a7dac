"""What every kind of source looks like once it is open: its columns, and its rows in pieces.

In: nothing. Out: the shapes that the doors (`csv_file`, `parquet_files`, `sql`) fill and that the
load, the preview and the data versions read.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# Column name there -> Arrow array, or a list of raw values. All are equally long.
Chunk = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A column as the source has it; `type` in the language's words, or in the source's own where
    the language has none, and empty where the source doesn't say (CSV, SQLite).
    """

    name: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class OpenSource:
    """A source while it is open. `where` is what messages call it: `data/iris.csv`.

    `chunks(names)` yields the rows of these columns, piece by piece; it can be asked for once.
    """

    where: str
    columns: tuple[Found, ...]
    chunks: Callable[[Sequence[str]], Iterator[Chunk]]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)
