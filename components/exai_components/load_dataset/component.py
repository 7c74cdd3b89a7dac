"""load-dataset: what the step does, from the inlined Dataset to one Parquet file."""

from kfp.dsl import Dataset, Output


def load_dataset(dataset: dict, data: Output[Dataset]) -> None:  # type: ignore[type-arg]
    """Read `dataset`'s source and write its declared columns to `data`.

    KFP's executor knows a plain `dict`, not `dict[str, Any]`.
    """
    from exai_components.light_imports import without
    from exai_components.load_dataset.declared import read_declared
    from exai_components.load_dataset.table import load_table
    from exai_components.parquet_file import write_table

    declared = read_declared(dataset)
    # Arrow looks for pandas when it sees a list, to know pandas' types: there are none here.
    with without(absent=("pandas",)):
        table = load_table(declared)
        write_table(table, data.path)
    data.metadata["rows"] = table.num_rows
    print(f"{declared.name}: {table.num_rows} rows, {table.num_columns} columns")
