"""A Dataset between steps: one Parquet file.

In: an Arrow table and a path, or a path alone. Out: the file, or the table.
Never keeps what isn't meant to travel: no index, no pandas metadata.
"""

from pathlib import Path
from typing import Any

from exai_components.outcome import StepFailure, did_you_mean


def write_table(table: Any, path: str) -> None:
    """Write `table` as the one file of a Dataset artifact; same table, same bytes."""
    import pyarrow.parquet as pq

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def read_table(path: str, columns: tuple[str, ...] | None = None) -> Any:
    """The table of a Dataset artifact; a final failure when it isn't one Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # A single file, read as one: the dataset API would import far more.
        with pq.ParquetFile(path) as file:
            require_columns(file.schema_arrow.names, columns or ())
            return file.read(columns=list(columns) if columns is not None else None)
    except (OSError, pa.ArrowException) as error:
        raise StepFailure(
            "not-a-dataset",
            f"The data is not one Parquet file: {str(error).splitlines()[0]}",
            "A step that makes a Dataset writes one Parquet file to the artifact's path",
        ) from None


def require_columns(present: list[str], wanted: tuple[str, ...]) -> None:
    """A final failure that names the first wanted column which isn't there."""
    for name in wanted:
        if name not in present:
            raise StepFailure(
                "missing-column",
                f'The data has no column "{name}"',
                did_you_mean(name, present),
            )
