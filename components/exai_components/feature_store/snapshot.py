"""A dataset as the Parquet file that Feast reads: load-dataset's own rows, kept by version.

In: a Dataset as the compiler inlines it, a folder, the data version. Out: a file that is written
once, by rename, and never changed. Rows that were pushed to the offline store come with it.
"""

import hashlib
import os
import re
from pathlib import Path
from typing import Any

from exai_components.load_dataset.declared import Declared, read_declared
from exai_components.load_dataset.sources import read_source
from exai_components.load_dataset.table import declared_table
from exai_components.parquet_file import read_table, write_table

_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,80}")


def take_snapshot(
    dataset: dict[str, Any], folder: Path, version: str, pushed: Path | None = None
) -> dict[str, Any]:
    """The file of this version in `folder`, made if it isn't there yet.

    An empty `version` doesn't identify the data, nor does any once rows were pushed: then the file
    is named by its own content. Answers `{"file", "rows"}`.
    """
    declared = read_declared(dataset)
    named = bool(version) and not (pushed is not None and pushed.exists())
    if named and (kept := folder / f"{_file_name(version)}.parquet").is_file():
        return {"file": kept.name, "rows": read_rows(kept)}
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".new-{os.getpid()}"
    try:
        table = source_table(declared, pushed)
        write_table(table, str(fresh))
        name = _file_name(version) if named else _content(fresh)
        fresh.replace(folder / f"{name}.parquet")
    finally:
        fresh.unlink(missing_ok=True)
    return {"file": f"{name}.parquet", "rows": table.num_rows}


def source_table(declared: Declared, pushed: Path | None = None) -> Any:
    """The dataset's rows, and after them those that were pushed."""
    import pyarrow as pa

    table = declared_table(declared, read_source(declared))
    if pushed is None or not pushed.exists():
        return table
    extra = read_table(str(pushed), tuple(table.column_names))
    return pa.concat_tables([table, extra.cast(table.schema)])


def read_rows(path: Path) -> int:
    """How many rows a Parquet file has."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def _file_name(version: str) -> str:
    """The version itself where a file may be called so."""
    return version if _PLAIN.fullmatch(version) else hashlib.sha256(version.encode()).hexdigest()


def _content(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
