"""A Parquet file, or a folder of Parquet files that have the same columns.

In: a path below the data root. Out: an open source of typed columns. What starts with `_` or `.`
(`_SUCCESS`, `.crc` files) is no data. Never reads folders in the folder: a partition's values stand
in its name, and nothing says of which type they are.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exai_components.column_types import declared_type
from exai_components.load_dataset.drift import fits
from exai_components.load_dataset.places import empty_data, inside_data_root, missing_file
from exai_components.load_dataset.source import Chunk, Found, OpenSource
from exai_components.outcome import StepFailure

_ROWS = 1 << 17  # of a piece


@contextmanager
def open_parquet(path: Path, written: str) -> Iterator[OpenSource]:
    """The file or folder as a source; `written` is its path as the spec has it."""
    import pyarrow as pa

    files = data_files(path, written)
    columns = _same_columns(files)

    def chunks(names: Sequence[str]) -> Iterator[Chunk]:
        for file, shown in files:
            try:
                with _opened(file, shown) as opened:
                    for batch in opened.iter_batches(_ROWS, columns=list(names)):
                        yield {name: batch.column(name) for name in names}
            except (OSError, pa.ArrowException) as error:
                raise _unreadable(shown, error) from None

    yield OpenSource(written, columns, chunks)


def data_files(path: Path, written: str) -> tuple[tuple[Path, str], ...]:
    """The files of a source in order, each with its name for messages."""
    if path.is_file():
        return ((path, written),)
    if not path.is_dir():
        raise missing_file(path, written)
    found = []
    for item in sorted(path.iterdir(), key=lambda item: item.name):
        if item.name.startswith(("_", ".")):
            continue
        shown = f"{written.rstrip('/')}/{item.name}"
        if item.is_dir():
            raise StepFailure(
                "folder-in-folder",
                f"{written} has the folder {item.name} in it: only its own files are read",
                "Name a folder that holds all files, or read them by a query",
            )
        found.append((inside_data_root(shown), shown))
    if not found:
        raise empty_data(written, "there is no file in the folder")
    return tuple(found)


def _same_columns(files: Sequence[tuple[Path, str]]) -> tuple[Found, ...]:
    """The columns of the first file, once every other is seen to have the same."""
    first = _columns(*files[0])
    for file, shown in files[1:]:
        other = _columns(file, shown)
        if difference := _difference(first, other):
            raise StepFailure(
                "different-columns",
                "\n".join(
                    (
                        f"{shown} and {files[0][1]} have different columns:",
                        *(f"  - {line}" for line in difference),
                    )
                ),
                "All files of a folder have the same columns: write the older ones anew",
            )
        # A file whose rows are all missing there can't say which type they would have.
        first = {name: other[name] if kind == "null" else kind for name, kind in first.items()}
    return tuple(Found(name, kind) for name, kind in first.items())


def _difference(first: dict[str, str], other: dict[str, str]) -> list[str]:
    lines = []
    for name in (*first, *(name for name in other if name not in first)):
        mine, its = first.get(name), other.get(name)
        if mine is None or its is None:
            lines.append(f"{name}: {its or 'not there'} and {mine or 'not there'}")
        elif mine != its and not (_alike(mine, its) and _alike(its, mine)):
            lines.append(f"{name}: {its} and {mine}")
    return lines


def _alike(declared: str, found: str) -> bool:
    numbers = ("int32", "int64", "float32", "float64", "decimal")
    return "null" in (declared, found) or (declared in numbers and fits(declared, found))


def _columns(file: Path, shown: str) -> dict[str, str]:
    import pyarrow as pa

    try:
        with _opened(file, shown) as opened:
            return {field.name: declared_type(field) for field in opened.schema_arrow}
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(shown, error) from None


def _opened(file: Path, shown: str) -> Any:
    import pyarrow.parquet as pq

    if not file.stat().st_size:
        raise empty_data(shown, "the file has no bytes")
    return pq.ParquetFile(file)


def _unreadable(shown: str, error: Exception) -> StepFailure:
    return StepFailure(
        "unreadable-file",
        f"{shown} can't be read as Parquet: {str(error).splitlines()[0]}",
        "See that it was written to its end, and that it is Parquet",
    )
