"""A schema that changed under the spec, as one diagnostic: every column with what the spec has and
what the data has.

In: a Dataset, the columns that are there, their first values. Out: `Drift`s, and the diagnostic
that lists them. A type counts as changed only when none of the first values can be cast to it: a
single bad value is the load step's to name, with its row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import DatasetSpec
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.types import Scalar
from exai_specs.values import frozen

_LISTED = 20
_TELLING = 3  # values that must be there before they say something about their column


@frozen
class Drift:
    """One column that differs, by its name in the data. `data` is what is there instead, empty when
    nothing is; then `near` is the name that was perhaps meant.
    """

    column: str
    spec: str
    data: str = ""
    near: str = ""


def differing(
    dataset: DatasetSpec, there: Sequence[str], values: Mapping[str, Sequence[object]]
) -> tuple[Drift, ...]:
    """Every declared column that isn't there or whose values are of another type, in order."""
    used = {column.source or name for name, column in dataset.schema.items()}
    spare = [name for name in there if name not in used]
    told = []
    for name, column in dataset.schema.items():
        wanted = column.source or name
        if wanted not in there:
            told.append(Drift(wanted, str(column.type), near=nearest(wanted, spare) or ""))
        elif isinstance(column.type, Scalar):
            found = _other(str(column.type), values.get(wanted, ()))
            if found:
                told.append(Drift(wanted, str(column.type), found))
    return tuple(told)


def drifted(
    spec: Spec, dataset: DatasetSpec, where: str, told: Sequence[Drift], there: Sequence[str]
) -> Iterator[Diagnostic]:
    """`missing-column` when one isn't there, `changed-type` when types alone differ; or nothing."""
    if not told:
        return
    names = {column.source or name: name for name, column in dataset.schema.items()}

    def place(one: Drift) -> tuple[str | int, ...]:
        return ("spec", "schema", names.get(one.column, one.column))

    missing = [one for one in told if not one.data]
    first = missing[0] if missing else told[0]
    column = dataset.schema.get(names.get(first.column, ""))
    renamed = column is not None and bool(column.source)
    at = spec.at(*place(first), "source") if renamed else spec.key_at(*place(first))
    code = "missing-column" if missing else "changed-type"
    if len(told) == 1 and missing:
        hint = f"did you mean `{first.near}`?" if first.near else f"it has: {', '.join(there)}"
        yield Diagnostic(code, f"{where} has no column `{first.column}`", at, hint=hint)
        return
    many = f"{len(told)} columns" if len(told) > 1 else "a column"
    lines = [f"{where} differs from {spec.ref} in {many}:", *_lines(told[:_LISTED])]
    if len(told) > _LISTED:
        lines.append(f"and {len(told) - _LISTED} more")
    hint = "change the schema of the Dataset, or the data"
    yield Diagnostic(code, "\n".join(lines), at, hint=hint)


def _lines(told: Sequence[Drift]) -> Iterator[str]:
    """A small table: the column, what the spec has, what the data has."""
    names = max(len(one.column) for one in told)
    types = max(len(one.spec) for one in told)
    for one in told:
        near = f" (did you mean `{one.near}`?)" if one.near else ""
        data = one.data or f"no such column{near}"
        spec = one.spec.ljust(types)
        yield f"{one.column.ljust(names)}  the spec has {spec}  the data has {data}"


def _decimal(text: str) -> object:
    from decimal import Decimal  # costs more than the rest, and is asked for rarely

    return Decimal(text)


def _bool(text: str) -> object:
    return {"true": True, "false": False, "0": False, "1": True}[text.lower()]


# Whether a text can be of a type. Never stricter than the load step.
_TAKES: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {
        "bool": _bool,
        "int32": float,
        "int64": float,
        "float32": float,
        "float64": float,
        "decimal": _decimal,
        "timestamp": datetime.fromisoformat,
        "date": datetime.fromisoformat,
        "uuid": UUID,
    }
)


def _other(declared: str, values: Sequence[object]) -> str:
    """What the values are, when none of them can be of the declared type."""
    takes = _TAKES.get(declared)
    given = [value for value in values if value is not None and value != ""]
    if takes is None or len(given) < _TELLING or any(_taken(takes, value) for value in given):
        return ""
    text = repr(given[0])
    return f"values such as {text if len(text) <= 40 else text[:37] + '...'}"


def _taken(takes: Callable[[str], object], value: object) -> bool:
    if isinstance(value, bytes):
        return takes is UUID
    if takes in (datetime.fromisoformat, UUID) and not isinstance(value, str):
        return False
    try:
        takes(str(value).strip())
    except (ValueError, KeyError, ArithmeticError):
        return False
    return True
