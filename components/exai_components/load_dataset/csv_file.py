"""A CSV file as columns of text: UTF-8, a header, commas.

An unquoted empty field is missing, a quoted one is an empty text. Types come later.
"""

import csv
from pathlib import Path
from typing import Any

from exai_components.load_dataset.places import missing_column, missing_file
from exai_components.outcome import StepFailure


def read_csv(path: Path, written: str, wanted: tuple[str, ...]) -> dict[str, Any]:
    """The wanted columns as Arrow text; `written` is the path as the spec has it."""
    if not path.is_file():
        raise missing_file(path, written)
    header = _header(path, written)
    for name in wanted:
        if name not in header:
            raise missing_column(name, header, written)
        if header.count(name) > 1:
            raise StepFailure(
                "duplicate-column",
                f'{written} has the column "{name}" {header.count(name)} times',
                "Give each column of the header its own name",
            )
    return _columns(path, written, wanted)


def _header(path: Path, written: str) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return next(csv.reader(stream), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(written, error) from None


def _columns(path: Path, written: str, wanted: tuple[str, ...]) -> dict[str, Any]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    text = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(wanted, pa.string()),
        include_columns=list(wanted),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    parse = arrow_csv.ParseOptions(newlines_in_values=True)
    try:
        table = arrow_csv.read_csv(path, convert_options=text, parse_options=parse)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(written, error) from None
    return {name: table.column(name) for name in wanted}


def _unreadable(written: str, error: Exception) -> StepFailure:
    what = "it isn't UTF-8" if isinstance(error, UnicodeDecodeError) else str(error).splitlines()[0]
    return StepFailure(
        "unreadable-file",
        f"{written} can't be read as CSV: {what}",
        "It must be UTF-8 with a header, commas, and as many fields in each row as in the header",
    )
