"""The Dataset that the compiler inlined into the step: from KFP's struct to a frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """A declared column; `source` is its name in the source."""

    name: str
    type: Any
    source: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class Declared:
    """What load-dataset needs to know of a Dataset; `source` has one key, such as `csv`."""

    name: str
    source: Mapping[str, Any]
    key: tuple[str, ...]
    columns: tuple[Column, ...]


def read_declared(dataset: Mapping[str, Any]) -> Declared:
    """The struct `{"name", "source", "key", "timestamp", "schema"}` as a value."""
    return Declared(
        name=str(dataset["name"]),
        source=dict(dataset["source"]),
        key=tuple(dataset.get("key") or ()),
        columns=tuple(
            Column(
                name=name,
                type=column["type"],
                source=column.get("source") or name,
                nullable=column.get("nullable", True) is not False,
            )
            for name, column in dataset["schema"].items()
        ),
    )
