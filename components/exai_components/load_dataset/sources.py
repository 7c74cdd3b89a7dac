"""The doors that data comes in by: one for each kind of source.

In: a Dataset's `source`. Out: an open source, whose columns are known and whose rows come in
pieces, as Arrow arrays or lists of raw values. Never writes to a source, never reads a file
outside the data root.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from exai_components.load_dataset.declared import Declared
from exai_components.load_dataset.drift import require_declared
from exai_components.load_dataset.places import inside_data_root
from exai_components.load_dataset.source import Chunk, OpenSource
from exai_components.outcome import StepFailure

KINDS = ("csv", "http", "json", "parquet", "sql")


def open_source(
    source: Mapping[str, Any], guess: bool = False, seconds: float | None = None
) -> AbstractContextManager[OpenSource]:
    """The source, opened. `guess`: CSV comes as what it looks like, instead of as text. `seconds`
    bounds each statement that a database runs.
    """
    match dict(source):
        case {"csv": {"path": str(path)}}:
            from exai_components.load_dataset.csv_file import open_csv

            return open_csv(inside_data_root(path), path, guess)
        case {"parquet": {"path": str(path)}}:
            from exai_components.load_dataset.parquet_files import open_parquet

            return open_parquet(inside_data_root(path), path)
        case {"json": {"path": str(path)}}:
            from exai_components.load_dataset.json_file import open_json

            return open_json(inside_data_root(path), path)
        case {"http": dict(http)}:
            from exai_components.load_dataset.http_file import open_http

            return open_http(http, guess)
        case {"sql": dict(sql)}:
            from exai_components.load_dataset.sql import open_sql

            return open_sql(sql, seconds)
    kinds = ", ".join(sorted(source)) or "nothing"
    raise StepFailure(
        "unsupported-source",
        f"load-dataset can't read {kinds}, the source of the Dataset",
        f"It reads {', '.join(KINDS)}",
    )


def read_source(declared: Declared, seconds: float | None = None) -> Iterator[Chunk]:
    """The columns that the schema names, by their names there, piece by piece.

    A final failure lists all columns that the source lacks, or has of another type.
    """
    with open_source(declared.source, seconds=seconds) as source:
        require_declared(declared, source)
        yield from source.chunks(wanted(declared))


def wanted(declared: Declared) -> tuple[str, ...]:
    """Source names of the declared columns, each once, in the schema's order."""
    return tuple(dict.fromkeys(column.source for column in declared.columns))
