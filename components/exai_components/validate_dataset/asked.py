"""What is expected of a Dataset: what its document asks for, and what its schema implies.

In: the Dataset that the compiler inlined. Out: frozen values, in the order of the report.
Never judges: an expectation may be unknown or ill-made, Great Expectations says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from exai_components.structs import whole_numbers


@dataclass(frozen=True, slots=True)
class Expectation:
    """One Great Expectations type with its arguments; `implied` by the schema or written."""

    type: str
    arguments: Mapping[str, Any]
    implied: bool = False

    def about(self) -> str:
        """The column or columns that it is about; empty for the whole table."""
        columns = self.arguments.get("column") or self.arguments.get("column_list") or ()
        if isinstance(columns, str):
            return columns
        pair = (self.arguments.get("column_A"), self.arguments.get("column_B"))
        return ", ".join(str(name) for name in columns or (name for name in pair if name))


@dataclass(frozen=True, slots=True)
class Asked:
    """The promises of one Dataset."""

    name: str
    key: tuple[str, ...]
    on_failure: Literal["block", "warn"]
    expectations: tuple[Expectation, ...]


def read_asked(dataset: Mapping[str, Any]) -> Asked:
    """The struct `{"name", "key", "schema", "quality"}` as a value."""
    quality = dataset.get("quality") or {}
    key = tuple(dataset.get("key") or ())
    written = tuple(
        Expectation(str(name), whole_numbers(dict(arguments or {})))
        for item in quality.get("expectations") or ()
        for name, arguments in item.items()
    )
    return Asked(
        name=str(dataset["name"]),
        key=key,
        on_failure="warn" if quality.get("onFailure") == "warn" else "block",
        expectations=(*_implied(key, dataset.get("schema") or {}), *written),
    )


def _implied(key: tuple[str, ...], schema: Mapping[str, Any]) -> Iterator[Expectation]:
    if len(key) == 1:
        yield Expectation("expect_column_values_to_be_unique", {"column": key[0]}, implied=True)
    elif key:
        yield Expectation(
            "expect_compound_columns_to_be_unique", {"column_list": list(key)}, implied=True
        )
    for name, column in schema.items():
        # What identifies a row can't be missing, whatever the column says.
        if name in key or column.get("nullable", True) is False:
            yield Expectation("expect_column_values_to_not_be_null", {"column": name}, implied=True)
        if column.get("enum"):
            yield Expectation(
                "expect_column_values_to_be_in_set",
                {"column": name, "value_set": whole_numbers(list(column["enum"]))},
                implied=True,
            )
