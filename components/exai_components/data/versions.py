"""Versions of data that only the data itself can tell: what a query answers, or a digest of the
declared rows.

In: a Dataset as load-dataset gets it. Out: a text. The same rows give the same digest, whatever
their order in the source, the library's version, or how the source is packed.
"""

import hashlib
import json
from typing import Any

from exai_components.load_dataset.declared import read_declared
from exai_components.load_dataset.sources import read_source
from exai_components.load_dataset.sql import reading
from exai_components.load_dataset.table import declared_table
from exai_components.outcome import StepFailure


def query_version(dataset: dict[str, Any], query: str, seconds: float | None) -> str:
    """`query:` and the values of the one row that the query answers, as JSON."""
    name = str(dataset["source"]["sql"]["connection"])
    with reading(name, seconds) as session:
        result = session.exec_driver_sql(query, execution_options={"no_parameters": True})
        rows = [tuple(row) for row in result.fetchmany(2)] if result.returns_rows else []
    if len(rows) != 1:
        many = "several rows" if rows else "no row"
        raise StepFailure(
            "data-version-failed",
            f"The version query answers {many}, and one is the version",
            "Write a query with exactly one row, such as SELECT max(id) FROM ...",
        )
    return "query:" + json.dumps(rows[0], default=str, ensure_ascii=False)


def snapshot_version(dataset: dict[str, Any], seconds: float | None) -> str:
    """SHA-256 over the declared rows in key order; without a key, in the order of their values."""
    declared = read_declared(dataset)
    return table_digest(declared_table(declared, read_source(declared, seconds)), declared.key)


def table_digest(table: Any, key: tuple[str, ...] = ()) -> str:
    """SHA-256 over names, types and values."""
    import pyarrow as pa

    plain = [field.name for field in table.schema if not pa.types.is_nested(field.type)]
    # Two rows of one key may come in any order: their other columns decide.
    order = [*key, *(name for name in plain if name not in key)]
    if order:
        table = table.sort_by([(name, "ascending") for name in order])
    digest = hashlib.sha256(f"{table.num_rows}\n".encode())
    for field in sorted(table.schema, key=lambda field: field.name):
        digest.update(json.dumps([field.name, str(field.type)]).encode())
        for part in _bytes(table.column(field.name).combine_chunks()):
            digest.update(part)
    return digest.hexdigest()


def _bytes(column: Any) -> list[bytes]:
    """Which values are there, then the values: what lies under a missing one is left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)
    valid = pc.cast(pc.is_valid(column), pa.uint8())
    values = column.drop_null()
    if pa.types.is_nested(column.type):
        text = json.dumps(values.to_pylist(), default=str, sort_keys=True)
        return [_fixed(valid), text.encode()]
    if pa.types.is_boolean(column.type):
        values = pc.cast(values, pa.uint8())
    if pa.types.is_string(values.type) or pa.types.is_binary(values.type):
        lengths = pc.cast(pc.binary_length(values), pa.int64())
        return [_fixed(valid), _fixed(lengths), b"".join(values.cast(pa.binary()).to_pylist())]
    return [_fixed(valid), _fixed(values)]


def _fixed(values: Any) -> bytes:
    """The bytes of values of one width, none of them missing."""
    width = values.type.bit_width // 8
    start = values.offset * width
    buffer = values.buffers()[1]
    return b"" if buffer is None else bytes(buffer[start : start + len(values) * width])
