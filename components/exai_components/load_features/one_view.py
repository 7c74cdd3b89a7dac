"""The features of one view at each row's key and time, by Feast's point-in-time join.

Feast's join over Parquet (infra/offline_stores/dask.py, 0.67) loses a row of the spine that a view
has only later values of, and one of two rows with the same key and time, and takes integers with
gaps for floats. So each view is joined by itself, to every key and time once; each entity has a row
without a time, which holds when no other does; and columns have types that can lack values.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exai_components.column_types import arrow_type, cast_column
from exai_components.feature_store.rows import usable
from exai_components.feature_store.view_columns import Columns, columns_of
from exai_components.load_features.asked import Asked
from exai_components.load_features.scratch import snapshot_of
from exai_components.parquet_file import require_columns

_ROW, _TIME = "exai_row", "event_timestamp"


@dataclass(frozen=True, slots=True)
class Answer:
    columns: Mapping[str, Any]
    note: str


def view_at(
    asked: Asked, spine: Any, store: Any, view: Any, features: tuple[str, ...], folder: Path
) -> Answer:
    """The features of one view at each row's key and time."""
    import pyarrow as pa

    columns = columns_of(view)
    require_columns(spine.column_names, columns.keys)
    distinct, place = _distinct(asked, spine, view, columns)
    if not distinct.num_rows:
        empty = {name: pa.nulls(spine.num_rows) for name in features}
        return Answer(empty, f"{view.name}: none of {spine.num_rows} rows has an entity's key")
    known = _prepare(asked, store, view, columns, features, distinct, folder)
    job = store.get_historical_features(
        entity_df=_frame(distinct), features=[f"{view.name}:{feature}" for feature in features]
    )
    answer = job.to_arrow().sort_by(_ROW)
    if answer.column(_ROW).to_pylist() != list(range(distinct.num_rows)):
        raise RuntimeError(f"Feast's join answered {answer.num_rows} of {distinct.num_rows} rows")
    from exai_components.feature_store.kinds import kind_of

    declared = {reference: asked.types[column] for column, reference in asked.columns.items()}
    taken = {}
    for field in view.features:
        if field.name in features:
            kind = declared.get(f"{view.name}:{field.name}") or kind_of(field.dtype)
            column = typed(answer.column(field.name), kind)
            taken[field.name] = column.take(pa.array(place, pa.int64()))
    return Answer(taken, _note(view.name, spine, columns, taken, known))


def _distinct(
    asked: Asked, spine: Any, view: Any, columns: Columns
) -> tuple[Any, list[int | None]]:
    """Each key and time once, numbered; and the number of each row of the spine, None without a
    whole key.
    """
    import pyarrow as pa

    from exai_components.feature_store.kinds import kind_of

    types = {field.name: kind_of(field.dtype) for field in view.entity_columns}
    keys = {key: typed(spine.column(key), types[key]) for key in columns.keys}
    times = typed(spine.column(asked.timestamp), "timestamp")
    numbers: dict[tuple[Any, ...], int] = {}
    place: list[int | None] = []
    first: list[int] = []
    rows = zip(*(column.to_pylist() for column in (*keys.values(), times)), strict=True)
    for at, row in enumerate(rows):
        if None in row:
            place.append(None)
            continue
        number = numbers.setdefault(row, len(numbers))
        if number == len(first):
            first.append(at)
        place.append(number)
    taken = pa.array(first, pa.int64())
    table = {key: column.take(taken) for key, column in keys.items()}
    return (
        pa.table(
            {**table, _TIME: times.take(taken), _ROW: pa.array(range(len(first)), pa.int64())}
        ),
        place,
    )


def _prepare(
    asked: Asked,
    store: Any,
    view: Any,
    columns: Columns,
    features: tuple[str, ...],
    distinct: Any,
    folder: Path,
) -> frozenset[tuple[Any, ...]] | None:
    """Check the view's rows, and put them where the join reads them. The keys that they have; None
    when they stay where they are.
    """
    from exai_components.feature_store.rows import view_rows

    dataset = view.batch_source.name
    if asked.postgres:
        _require(asked, dataset)
        bare = Columns(columns.keys, columns.timestamp, columns.created, ())
        usable(view_rows(store, view, bare), bare, view.name)
        return None
    created = str(asked.sources[dataset].get("created") or "")
    full = Columns(columns.keys, columns.timestamp, created, features)
    rows = _source_rows(asked, dataset)
    rows = usable(rows.select(full.all), full, view.name, _pushed(dataset))
    rows = _last_written(rows, full).select([c for c in full.all if c != created or c in features])
    keys = frozenset(zip(*(rows.column(key).to_pylist() for key in full.keys), strict=True))
    place = snapshot_of(folder, dataset)
    place.parent.mkdir(parents=True, exist_ok=True)
    _write(_with_untimed(rows, full, distinct), place)
    return keys


def _require(asked: Asked, dataset: str) -> None:
    """A final failure that lists what a live table lacks, as load-dataset has it."""
    from exai_components.load_dataset.declared import read_declared
    from exai_components.load_dataset.drift import require_declared
    from exai_components.load_dataset.sources import open_source

    declared = read_declared(asked.sources[dataset])
    with open_source(declared.source) as source:
        require_declared(declared, source)


def _source_rows(asked: Asked, dataset: str) -> Any:
    """The Dataset's rows by load-dataset's own code, with those that were pushed."""
    from exai_components.feature_store.snapshot import source_table
    from exai_components.load_dataset.declared import read_declared

    source = asked.sources[dataset]
    return source_table(read_declared(source), str(source["timestamp"]), _pushed(dataset))


def _pushed(dataset: str) -> Path | None:
    pushed = os.environ.get("EXAI_PUSHED_ROWS")
    return Path(pushed) / f"{dataset}.parquet" if pushed else None


def _last_written(rows: Any, columns: Columns) -> Any:
    """Of rows of one entity and time the one that was written last."""
    if not columns.created:
        return rows
    identity = [*columns.keys, columns.timestamp]
    frame = rows.select(list(dict.fromkeys((*identity, columns.created)))).to_pandas()
    frame = frame.sort_values(columns.created, kind="stable", na_position="first")
    return rows.take(frame.drop_duplicates(identity, keep="last").index.sort_values().to_numpy())


def _with_untimed(rows: Any, columns: Columns, distinct: Any) -> Any:
    """And a row without a time for each entity of the spine: without it, Feast drops a row whose
    entity has only later values.
    """
    import pyarrow as pa

    keys = distinct.select(list(columns.keys)).group_by(list(columns.keys)).aggregate([])
    empty = [
        keys.column(field.name).cast(field.type)
        if field.name in columns.keys
        else pa.nulls(keys.num_rows, field.type)
        for field in rows.schema
    ]
    return pa.concat_tables([rows, pa.Table.from_arrays(empty, schema=rows.schema)])


def _write(table: Any, place: Path) -> None:
    """With pandas' own metadata: that is where dask learns of types that can lack values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pandas(_frame(table), preserve_index=False), place)


def _frame(table: Any) -> Any:
    """A pandas frame in which integers and booleans stay what they are, missing or not."""
    import pandas as pd
    import pyarrow as pa

    kept = {
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    return table.replace_schema_metadata(None).to_pandas(types_mapper=kept.get)


def _note(
    view: str,
    spine: Any,
    columns: Columns,
    taken: Mapping[str, Any],
    known: frozenset[tuple[Any, ...]] | None,
) -> str:
    """What is missing, in words; empty when nothing is."""
    lists = [column.to_pylist() for column in taken.values()]
    bare = [at for at in range(spine.num_rows) if all(values[at] is None for values in lists)]
    if not bare:
        return ""
    said = f"{view}: {len(bare)} of {spine.num_rows} rows have no features"
    if known is None:
        return said
    keys = list(zip(*(spine.column(key).to_pylist() for key in columns.keys), strict=True))
    strangers = sum(keys[at] not in known for at in bare)
    late = len(bare) - strangers
    parts = [f"{strangers} of entities that it doesn't have"] if strangers else []
    parts += [f"{late} without a value that held at their time"] if late else []
    return f"{said}: {', '.join(parts)}"


def typed(column: Any, kind: Any) -> Any:
    """The column in its declared type, in one piece."""
    import pyarrow as pa

    target = arrow_type(kind)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if column.type == target:
        return column
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), target)
    if pa.types.is_timestamp(column.type) and pa.types.is_timestamp(target):
        return column.cast(target, safe=False)
    return cast_column(column.to_pylist(), kind).cast(target)
