"""Rows of a view in the online store: read by entity, written without losing what is newer.

In: Feast's store and view, an Arrow table with one row an entity. Out: how many were written. A row
that is older than what is online is left out, unless what is online is a row that is no more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from exai_components.feature_store.kinds import unwrapped, wrapped
from exai_components.feature_store.view_columns import Columns

BATCH = 2000  # SQLite takes 32766 parameters at most
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """`rows` reached the store; `older` were left out, because what is online is newer."""

    rows: int
    older: int


def write_rows(
    store: Any,
    view: Any,
    columns: Columns,
    table: Any,
    *,
    gone: frozenset[tuple[Key, datetime]] = frozenset(),
    always: bool = False,
    compare: bool = False,
    there: bool = False,
) -> Written:
    """Write each row of `table`, in batches, each of which is whole or not there.

    `gone` are rows, by key and time, that what is online may well stem from and that hold no more;
    `always` overwrites whatever there is; `compare` leaves alone what is online as it should be;
    `there` leaves out whoever isn't online.
    """
    provider, config = store._get_provider(), store.config
    # Redis' store leaves out what isn't newer by itself; that is decided here, with more to go by.
    if hasattr(config.online_store, "skip_dedup"):
        config.online_store.skip_dedup = True
    # It keeps whole seconds, too.
    gone = gone | {(key, moment.replace(microsecond=0)) for key, moment in gone}
    names = [field.name for field in view.features]
    rows = older = 0
    for batch in _batches(table):
        keys = list(zip(*(batch.column(key).to_pylist() for key in columns.keys), strict=True))
        times = [_utc(moment) for moment in batch.column(columns.timestamp).to_pylist()]
        protos = entity_keys(view, columns, batch)
        values = [wrapped(batch.column(field.name), field.dtype) for field in view.features]
        created = batch.column(columns.created).to_pylist() if columns.created else None
        # Redis' store adds to the list that it is given.
        asked = list(names if compare else names[:1])
        online = (
            [(None, None)] * len(keys)
            if always and not there
            else provider.online_read(config, view, list(protos), asked)
        )
        fresh = []
        for at, (key, proto, moment, (seen, values_there)) in enumerate(
            zip(keys, protos, times, online, strict=True)
        ):
            known = _known(seen)
            if there and known is None:
                continue
            newer = known is not None and known > moment and (key, known) not in gone
            if newer and not always:
                older += 1
                continue
            row = {name: values[i][at] for i, name in enumerate(names)}
            if compare and known is not None and _same(moment, row, known, values_there or {}):
                continue
            fresh.append((proto, row, moment, created[at] if created else None))
        if fresh:
            provider.online_write_batch(config, view, fresh, None)
        rows += len(fresh)
    return Written(rows, older)


def entity_keys(view: Any, columns: Columns, batch: Any) -> list[Any]:
    """Feast's key of each row."""
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey

    types = {field.name: field.dtype for field in view.entity_columns}
    values = [wrapped(batch.column(key), types[key]) for key in columns.keys]
    return [
        EntityKey(join_keys=list(columns.keys), entity_values=list(row))
        for row in zip(*values, strict=True)
    ]


def read_rows(
    store: Any, view: Any, keys: Sequence[Any], features: Sequence[str]
) -> list[tuple[datetime | None, dict[str, Any]]]:
    """For each key when its row was true, and its values; (None, {}) for an entity without one."""
    found = store._get_provider().online_read(store.config, view, list(keys), list(features))
    rows = []
    for moment, values in found:
        known = _known(moment)
        plain = {name: unwrapped(values[name]) for name in features if values and name in values}
        rows.append((known, plain if known is not None else {}))
    return rows


def _same(
    moment: datetime, row: Mapping[str, Any], known: datetime, there: Mapping[str, Any]
) -> bool:
    """Whether what is online is this row, but for parts of a second, which Redis' store drops."""
    return known.replace(microsecond=0) == moment.replace(microsecond=0) and all(
        # Bytes: a NaN isn't equal to itself.
        name in there
        and there[name].SerializeToString(deterministic=True)
        == value.SerializeToString(deterministic=True)
        for name, value in row.items()
    )


def _known(moment: datetime | None) -> datetime | None:
    """Redis' store gives an entity that isn't there the first second of 1970."""
    if moment is None or moment.timestamp() == 0:
        return None
    return _utc(moment)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _batches(table: Any) -> Iterator[Any]:
    for start in range(0, table.num_rows, BATCH):
        yield table.slice(start, BATCH).combine_chunks()
