"""split-data: what the step does, from one Parquet file to two."""

import sys
from typing import Any

from kfp.dsl import Dataset, Input, Output

from exai_components.split_data.rows import Parts


def split_data(
    *,
    data: Input[Dataset],
    test: float,
    train: Output[Dataset],
    test_: Output[Dataset],
    stratify: str = "",
    seed: int = 0,
) -> None:
    """Write the rows of `data` to `train` and `test_`, each in the order they have in `data`."""
    from concurrent.futures import ThreadPoolExecutor

    from exai_components.light_imports import import_sklearn, without
    from exai_components.parquet_file import read_table, write_table

    # Arrow and scikit-learn look for pandas, to know its types: there are none here.
    with without(absent=("pandas",)), ThreadPoolExecutor(max_workers=1) as importing:
        importing.submit(import_sklearn, "sklearn.model_selection")
        table = read_table(data.path)
        parts = choose_rows(table, test, stratify, int(seed))
        write_table(table.take(parts.train), train.path)
        write_table(table.take(parts.test), test_.path)
    train.metadata["rows"], test_.metadata["rows"] = len(parts.train), len(parts.test)
    print(f"{len(parts.train)} rows to train, {len(parts.test)} rows to test")


def choose_rows(table: Any, test: float, stratify: str, seed: int) -> Parts:
    """The rows of both parts of an Arrow table; a missing value is a stratum of its own."""
    from exai_components.parquet_file import require_columns
    from exai_components.split_data.rows import missing_strata, split_rows, split_strata

    if not stratify:
        return split_rows(table.num_rows, test, seed)
    require_columns(table.column_names, (stratify,))
    if table.num_rows == 0:
        return split_rows(0, test, seed)
    column = table.column(stratify).combine_chunks().dictionary_encode("encode")
    names = [str(value) for value in column.dictionary.to_pylist()]
    # In the order of the names, so that the order of rows decides nothing.
    ranked = sorted(range(len(names)), key=lambda at: names[at])
    import numpy as np

    rank = np.empty(len(names), dtype=np.int64)
    rank[ranked] = np.arange(len(names))
    codes = rank[column.indices.to_numpy(zero_copy_only=False)]
    sorted_names = [names[at] for at in ranked]
    parts = split_strata(codes, sorted_names, test, seed, stratify)
    for part, rows in (("train", parts.train), ("test", parts.test)):
        if missing := missing_strata(codes, sorted_names, rows):
            told = ", ".join(missing[:10])
            print(f"exai: the {part} part has no row of {told}: too few to share", file=sys.stderr)
    return parts
