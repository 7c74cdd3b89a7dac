"""The doors that data comes in by: one function for each kind of source.

In: a `Declared` dataset. Out: the source's columns by their names there, as Arrow text or as lists.
Never writes to a source, never reads a file outside the data root.
"""

from typing import Any

from exai_components.load_dataset.declared import Declared
from exai_components.load_dataset.places import inside_data_root
from exai_components.outcome import StepFailure


def read_source(declared: Declared) -> dict[str, Any]:
    """The columns that the schema names, by source name; a final failure says what is missing."""
    match declared.source:
        case {"csv": {"path": str(path)}}:
            from exai_components.load_dataset.csv_file import read_csv

            return read_csv(inside_data_root(path), path, wanted(declared))
        case {"sql": dict(sql)}:
            from exai_components.load_dataset.sql import read_sql

            return read_sql(sql, wanted(declared))
    kinds = ", ".join(sorted(declared.source)) or "nothing"
    raise StepFailure(
        "unsupported-source",
        f"load-dataset can't read {kinds}, the source of {declared.name}",
        "It reads csv and sql",
    )


def wanted(declared: Declared) -> tuple[str, ...]:
    """Source names of the declared columns, each once, in the schema's order."""
    return tuple(dict.fromkeys(column.source for column in declared.columns))
