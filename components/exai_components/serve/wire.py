"""The columns of a signature as requests must name them: what V1 and V2 have in common.

In: a signature. Out: its names, datatypes and checks, and the error for names that don't fit.
Pure, as its two protocols are (`wire_v1`, `wire_v2`): no server, no KServe, no Java.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

from exai_components.model_file import ModelColumn, ModelFile
from exai_components.serve.values import Check, Rejected, check_of, listed, nearest, shown

_DATATYPES: Mapping[str, str] = {
    "float64": "FP64",
    "float32": "FP32",
    "int64": "INT64",
    "int32": "INT32",
    "bool": "BOOL",
}


class Columns:
    """The inputs of a model, in signature order, and its classes (none for a regression)."""

    def __init__(self, signature: ModelFile) -> None:
        """`BadModel` when a column can't travel on the wire."""
        self.names = tuple(column.name for column in signature.columns)
        self.checks: tuple[tuple[str, Check], ...] = tuple(
            (column.name, check_of(column)) for column in signature.columns
        )
        self.datatypes = {column.name: datatype_of(column) for column in signature.columns}
        self.classes = signature.classes

    def mismatch(self, given: Mapping[str, Any], where: str, row: int | None = None) -> NoReturn:
        """Raise for the first surplus or missing name; surplus first, as it explains a typo."""
        for name in given:
            if name not in self.datatypes:
                hint = nearest(name, self.names) or f" (it takes {listed(self.names)})"
                message = f"{where}: the model has no column {shown(name)}{hint}"
                raise Rejected("unknown-column", message, name[:200], row)
        missing = [name for name in self.names if name not in given]
        message = f"{where}: missing column {listed(missing)}"
        raise Rejected("missing-column", message, missing[0], row)


def datatype_of(column: ModelColumn) -> str:
    """The V2 datatype of a column; what has no datatype of its own travels as BYTES."""
    return _DATATYPES.get(column.type, "BYTES")
