"""From a source's columns to the declared table: renamed, cast, sorted by key."""

from typing import Any

from exai_components.column_types import NULLABLE_KEY, TYPE_KEY, BadValue, arrow_type, cast_column
from exai_components.load_dataset.declared import Column, Declared
from exai_components.outcome import StepFailure


def declared_table(declared: Declared, columns: dict[str, Any]) -> Any:
    """An Arrow table of exactly the schema's columns in its order, sorted by the key."""
    import pyarrow as pa

    cast = []
    for column in declared.columns:
        try:
            cast.append(cast_column(columns[column.source], column.type))
        except BadValue as bad:
            raise _ill_typed(declared, columns, column, bad) from None
    schema = pa.schema([_field(column) for column in declared.columns])
    table = pa.Table.from_arrays(cast, schema=schema)
    return table.sort_by([(name, "ascending") for name in declared.key]) if declared.key else table


def _field(column: Column) -> Any:
    import pyarrow as pa

    # Always nullable in the file: validate-dataset is where `nullable: false` is judged.
    metadata = {TYPE_KEY: column.type.encode()} if isinstance(column.type, str) else {}
    if not column.nullable:
        metadata[NULLABLE_KEY] = b"false"
    return pa.field(column.name, arrow_type(column.type), metadata=metadata)


def _ill_typed(
    declared: Declared, columns: dict[str, Any], column: Column, bad: BadValue
) -> StepFailure:
    key = {
        item.name: _value(columns[item.source], bad.at)
        for item in declared.columns
        if item.name in declared.key
    }
    row = ", ".join(f"{name} {value}" for name, value in key.items()) or f"number {bad.at + 1}"
    shown = repr(bad.value) if len(repr(bad.value)) <= 80 else repr(bad.value)[:77] + "..."
    kind = column.type if isinstance(column.type, str) else "value of its declared type"
    return StepFailure(
        "ill-typed-value",
        f'{declared.name}: column "{column.name}", row {row}: {shown} is no {kind}',
        "Mend the source, or the column's type in the Dataset",
        rows=[key or {"row": bad.at + 1}],
    )


def _value(values: Any, at: int) -> Any:
    value = values[at]
    return value.as_py() if hasattr(value, "as_py") else value
