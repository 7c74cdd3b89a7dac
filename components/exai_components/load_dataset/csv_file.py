"""A CSV file as columns of text: UTF-8, a header, commas.

An unquoted empty field is missing, a quoted one is an empty text. Types come later.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from exai_components.load_dataset.places import empty_data, missing_file
from exai_components.load_dataset.source import Chunk, Found, OpenSource
from exai_components.outcome import StepFailure


@contextmanager
def open_csv(path: Path, written: str, guess: bool = False) -> Iterator[OpenSource]:
    """The file as a source; `written` is its path as the spec has it.

    Its columns come as text; with `guess` as what Arrow takes them for.
    """
    if not path.is_file():
        raise missing_file(path, written)
    header = _header(path, written)
    if not header:
        raise empty_data(written, "it has not even a header")

    def chunks(names: Sequence[str]) -> Iterator[Chunk]:
        for name in names:
            if header.count(name) > 1:
                raise StepFailure(
                    "duplicate-column",
                    f'{written} has the column "{name}" {header.count(name)} times',
                    "Give each column of the header its own name",
                )
        yield _columns(path, written, names, guess)

    yield OpenSource(written, tuple(Found(name) for name in header), chunks)


def _header(path: Path, written: str) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return next(csv.reader(stream), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(written, error) from None


def _columns(path: Path, written: str, names: Sequence[str], guess: bool) -> Chunk:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    convert = arrow_csv.ConvertOptions(
        column_types=None if guess else dict.fromkeys(names, pa.string()),
        include_columns=list(names),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    parse = arrow_csv.ParseOptions(newlines_in_values=True)
    try:
        table = arrow_csv.read_csv(path, convert_options=convert, parse_options=parse)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(written, error) from None
    return {name: table.column(name) for name in names}


def _unreadable(written: str, error: Exception) -> StepFailure:
    what = "it isn't UTF-8" if isinstance(error, UnicodeDecodeError) else str(error).splitlines()[0]
    return StepFailure(
        "unreadable-file",
        f"{written} can't be read as CSV: {what}",
        "It must be UTF-8 with a header, commas, and as many fields in each row as in the header",
    )
