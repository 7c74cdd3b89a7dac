"""From a source's columns to the declared table: renamed, cast, sorted by key."""

from collections.abc import Iterable
from typing import Any

from exai_components.column_types import NULLABLE_KEY, TYPE_KEY, BadValue, arrow_type, cast_column
from exai_components.load_dataset.declared import Column, Declared
from exai_components.load_dataset.drift import Drift, drifted, type_name
from exai_components.load_dataset.places import empty_data
from exai_components.load_dataset.source import Chunk
from exai_components.load_dataset.sources import read_source
from exai_components.outcome import StepFailure

_ALL_WRONG = 50  # so many values of a column, and none can be cast: it is of another type


def load_table(declared: Declared) -> Any:
    """The declared table of a Dataset's source; no row at all is a final failure."""
    table = declared_table(declared, read_source(declared))
    if not table.num_rows:
        raise empty_data(_described(declared), f"Dataset {declared.name} has no row")
    return table


def declared_table(declared: Declared, chunks: Iterable[Chunk]) -> Any:
    """An Arrow table of exactly the schema's columns in its order, sorted by the key.

    Each piece is cast as it comes: raw values take many times the room of Arrow's.
    """
    import pyarrow as pa

    schema = pa.schema([_field(column) for column in declared.columns])
    pieces = []
    before = 0
    for chunk in chunks:
        batch = _cast(declared, chunk, before)
        pieces.append(pa.Table.from_arrays(batch, schema=schema))
        before += pieces[-1].num_rows
    table = pa.concat_tables(pieces) if pieces else schema.empty_table()
    return table.sort_by([(name, "ascending") for name in declared.key]) if declared.key else table


def _cast(declared: Declared, chunk: Chunk, before: int) -> list[Any]:
    """The columns of one piece; `before` rows came before it."""
    cast = []
    wrong: list[tuple[Column, BadValue]] = []
    for column in declared.columns:
        try:
            cast.append(cast_column(chunk[column.source], column.type))
        except BadValue as bad:
            wrong.append((column, bad))
    if wrong:
        # All values of a column wrong: not its rows are at fault, the column is another.
        changed = [
            Drift(column.source, type_name(column.type), f"text such as {_shown(bad.value)}")
            for column, bad in wrong
            if not before and _all_wrong(chunk[column.source], column.type)
        ]
        if changed:
            raise drifted(declared.name, _described(declared), changed)
        raise _ill_typed(declared, chunk, *wrong[0], before)
    return cast


def _all_wrong(values: Any, kind: Any) -> bool:
    """Whether none of the first values can be cast; a handful of them says nothing yet."""
    plain = [value.as_py() if hasattr(value, "as_py") else value for value in values[:_ALL_WRONG]]
    present = [value for value in plain if value is not None]
    return len(present) > 2 and not any(_castable(value, kind) for value in present)


def _castable(value: Any, kind: Any) -> bool:
    try:
        cast_column([value], kind)
    except BadValue:
        return False
    return True


def _described(declared: Declared) -> str:
    """The source in a few words."""
    match dict(declared.source):
        case {"csv": {"path": path}} | {"json": {"path": path}} | {"parquet": {"path": path}}:
            return str(path)
        case {"http": {"url": url}}:
            from exai_components.load_dataset.http_file import shown_url

            return shown_url(str(url))
        case {"sql": {"table": str(table)}} if table:
            return f"The table {table}"
    return "The query's result"


def _field(column: Column) -> Any:
    import pyarrow as pa

    # Always nullable in the file: validate-dataset is where `nullable: false` is judged.
    metadata = {TYPE_KEY: column.type.encode()} if isinstance(column.type, str) else {}
    if not column.nullable:
        metadata[NULLABLE_KEY] = b"false"
    return pa.field(column.name, arrow_type(column.type), metadata=metadata)


def _ill_typed(
    declared: Declared, columns: Chunk, column: Column, bad: BadValue, before: int
) -> StepFailure:
    number = before + bad.at + 1
    key = {
        item.name: _value(columns[item.source], bad.at)
        for item in declared.columns
        if item.name in declared.key
    }
    row = ", ".join(f"{name} {value}" for name, value in key.items()) or f"number {number}"
    kind = column.type if isinstance(column.type, str) else "value of its declared type"
    return StepFailure(
        "ill-typed-value",
        f'{declared.name}: column "{column.name}", row {row}: {_shown(bad.value)} is no {kind}',
        "Mend the source, or the column's type in the Dataset",
        rows=[key or {"row": number}],
    )


def _shown(value: Any) -> str:
    return repr(value) if len(repr(value)) <= 80 else repr(value)[:77] + "..."


def _value(values: Any, at: int) -> Any:
    value = values[at]
    return value.as_py() if hasattr(value, "as_py") else value
