"""What a plan wants to know of a file before anything runs: columns that aren't as declared.

In: a Dataset as load-dataset gets it. Out: plain values. Reads no row.
"""

from typing import Any

from exai_components.load_dataset.declared import read_declared
from exai_components.load_dataset.drift import drifts
from exai_components.load_dataset.sources import open_source


def differing(dataset: dict[str, Any]) -> dict[str, Any]:
    """`{"where", "present", "drifts": [{"column", "spec", "data", "near"}]}`."""
    declared = read_declared(dataset)
    with open_source(declared.source) as source:
        told = drifts(declared.columns, source.columns)
        return {
            "where": source.where,
            "present": list(source.names),
            "drifts": [
                {"column": one.column, "spec": one.spec, "data": one.data, "near": one.near}
                for one in told
            ],
        }
