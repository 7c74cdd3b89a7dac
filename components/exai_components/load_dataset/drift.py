"""What the spec has and the data has not: every column at once.

In: the declared columns, the columns of an open source. Out: `Drift`s, and the one failure that
lists them. Values are not looked at: a text that is no number is named where it is cast.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exai_components.load_dataset.declared import Column, Declared
from exai_components.load_dataset.source import Found, OpenSource
from exai_components.outcome import StepFailure, close_match

_WHOLE = frozenset({"int32", "int64"})
_NUMBERS = _WHOLE | {"float32", "float64", "decimal"}
_TIMES = frozenset({"timestamp", "date"})
# What of a typed source can become what the spec declares; the values have the last word.
_FITS: dict[str, frozenset[str]] = {
    "bool": _WHOLE | {"bool"},
    "int32": _NUMBERS | {"bool"},
    "int64": _NUMBERS | {"bool"},
    "float32": _NUMBERS,
    "float64": _NUMBERS,
    "decimal": _NUMBERS,
    "string": _NUMBERS | _TIMES | {"string", "bool", "uuid", "json"},
    "bytes": frozenset({"bytes", "string"}),
    "timestamp": _TIMES | {"string"},
    "date": _TIMES | {"string"},
    "uuid": frozenset({"uuid", "string", "bytes"}),
}
_NESTED = ("list", "map", "struct", "json", "string")
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Drift:
    """One column that differs. `data` is the type there, empty when there is no such column; then
    `near` is the name that was perhaps meant.
    """

    column: str
    spec: str
    data: str = ""
    near: str = ""

    def line(self) -> str:
        """`size: the spec has float64, the data has string`."""
        if self.data:
            return f"{self.column}: the spec has {self.spec}, the data has {self.data}"
        near = f' (did you mean "{self.near}"?)' if self.near else ""
        return f"{self.column}: the spec has {self.spec}, the data has no such column{near}"


def drifts(columns: Sequence[Column], found: Sequence[Found]) -> tuple[Drift, ...]:
    """Every declared column that the source lacks or has of a type that can't become the declared
    one, in the schema's order.
    """
    there = {column.name: column.type for column in found}
    spare = [name for name in there if name not in {column.source for column in columns}]
    told = []
    for column in columns:
        kind = type_name(column.type)
        if column.source not in there:
            near = close_match(column.source, spare)
            told.append(Drift(column.source, kind, near=near))
        elif not fits(column.type, there[column.source]):
            told.append(Drift(column.source, kind, there[column.source]))
    return tuple(told)


def require_declared(declared: Declared, source: OpenSource) -> None:
    """A final failure that lists all that differs between the Dataset and its source."""
    if told := drifts(declared.columns, source.columns):
        raise drifted(declared.name, source.where, told, source.names)


def drifted(
    name: str, where: str, told: Sequence[Drift], present: Sequence[str] = ()
) -> StepFailure:
    """`missing-column` when a column isn't there, `changed-type` when types alone differ."""
    missing = [one for one in told if not one.data]
    code = "missing-column" if missing else "changed-type"
    if len(told) == 1 and missing:
        hint = f'Did you mean "{told[0].near}"?' if told[0].near else _present(present)
        return StepFailure(code, f'{where} has no column "{told[0].column}"', hint)
    count = f"{len(told)} columns" if len(told) > 1 else "a column"
    lines = [f"  - {one.line()}" for one in told[:_LISTED]]
    if len(told) > _LISTED:
        lines.append(f"  - and {len(told) - _LISTED} more")
    return StepFailure(
        code,
        "\n".join((f"{where} differs from Dataset {name} in {count}:", *lines)),
        "Change the schema of the Dataset, or the data",
    )


def type_name(kind: Any) -> str:
    """A declared type in one word or two: `int64`, `list`."""
    return kind if isinstance(kind, str) else " ".join(kind)


def fits(declared: Any, found: str) -> bool:
    """Whether values of the type `found` may become the declared type; an unknown type may."""
    shape = found.partition("<")[0]
    if not found or found == "null" or declared == "json":
        return True
    if not isinstance(declared, str):
        return shape in _NESTED
    return found in _FITS[declared]


def _present(names: Sequence[str]) -> str:
    if not names:
        return "It has no columns at all"
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"It has {', '.join(names[:10])}{more}"
