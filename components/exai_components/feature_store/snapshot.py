"""A dataset as the Parquet file that Feast reads: load-dataset's own rows, kept by version.

In: a Dataset as the compiler inlines it, a folder, the data version. Out: a file that is written
once, by rename, and never changed. Rows that were pushed to the offline store come with it. Of a
table that Feast reads where it is, what is kept is the newest row of each entity of a view: what is
brought online, and what the next time is compared with.
"""

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from exai_components.feature_store.rows import newest, usable
from exai_components.feature_store.view_columns import columns_of
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
    table = source_table(declared, str(dataset["timestamp"]), pushed)
    return _written(table, folder, lambda file: _file_name(version) if named else _content(file))


def take_newest(view: Any, dataset: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The newest row of each entity of `view` in the dataset as it is now, as a file in `folder`
    that is named by the view and its content. Answers `{"file", "rows"}`.

    A final failure when the dataset's columns aren't those that the view takes, or its rows can't
    be told apart.
    """
    columns, whole = columns_of(view), read_declared(dataset)
    wanted = set(columns.all)
    # What the view doesn't take may be anything.
    declared = replace(
        whole, key=(), columns=tuple(each for each in whole.columns if each.name in wanted)
    )
    table = declared_table(declared, read_source(declared)).select(columns.all)
    last = newest(usable(table, columns, view.name), columns)
    last = last.sort_by([(key, "ascending") for key in columns.keys])
    return _written(last, folder, lambda file: f"{view.name}.{_content(file)}")


def source_table(declared: Declared, timestamp: str, pushed: Path | None = None) -> Any:
    """The dataset's rows, and after them those that were pushed and aren't among them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = declared_table(declared, read_source(declared))
    if pushed is None or not pushed.exists():
        return table
    extra = read_table(str(pushed), tuple(table.column_names)).cast(table.schema)
    times = extra.column(timestamp).combine_chunks()
    beside = table.filter(pc.is_in(table.column(timestamp), value_set=times))
    there = {repr(row) for row in beside.to_pylist()}
    new = [repr(row) not in there for row in extra.to_pylist()]
    return pa.concat_tables([table, extra.filter(pa.array(new, pa.bool_()))])


def _written(table: Any, folder: Path, name: Callable[[Path], str]) -> dict[str, Any]:
    """The table as a file in `folder`, by rename."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".new-{os.urandom(8).hex()}"
    try:
        write_table(table, str(fresh))
        file = folder / f"{name(fresh)}.parquet"
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
    return {"file": file.name, "rows": table.num_rows}


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
