"""The columns of a signature as requests must name them: what V1 and V2 have in common.

In: a signature. Out: its names, datatypes and checks, and the error for names that don't fit.
Pure, as its two protocols are (`wire_v1`, `wire_v2`): no server, no KServe, no Java.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn

from exai_components.model_file import FORMAT, ModelColumn, ModelFile
from exai_components.serve.values import Check, Rejected, check_of, listed, nearest, shown

_DATATYPES: Mapping[str, str] = {
    "float64": "FP64",
    "float32": "FP32",
    "int64": "INT64",
    "int32": "INT32",
    "bool": "BOOL",
}


class Columns:
    """The inputs of a request, in order, and the model's classes (none for a regression).

    `asked` are the inputs where they aren't the model's own, because the model's are looked up;
    `looked_up` says from which view each of those comes. `probable`: do answers hold probabilities?
    """

    def __init__(
        self,
        signature: ModelFile,
        asked: Sequence[ModelColumn] | None = None,
        *,
        looked_up: Mapping[str, str] = MappingProxyType({}),
        probable: bool = True,
    ) -> None:
        """`BadModel` when a column can't travel on the wire."""
        columns = signature.columns if asked is None else tuple(asked)
        text = asked is not None or signature.format != FORMAT
        self.columns = columns
        self.names = tuple(column.name for column in columns)
        self.checks: tuple[tuple[str, Check], ...] = tuple(
            (column.name, check_of(column, text=text)) for column in columns
        )
        self.datatypes = {column.name: datatype_of(column) for column in columns}
        self.classes = signature.classes
        self.probable = bool(signature.classes) and probable
        self._looked_up = looked_up

    def mismatch(self, given: Mapping[str, Any], where: str, row: int | None = None) -> NoReturn:
        """Raise for the first surplus or missing name; surplus first, as it explains a typo."""
        for name in given:
            if name not in self.datatypes:
                if view := self._looked_up.get(name):
                    raise Rejected(
                        "unknown-column",
                        f"{where}: {shown(name)} isn't given, it is looked up in {view}",
                        name[:200],
                        row,
                        f"Send {listed(self.names)} alone",
                    )
                hint = nearest(name, self.names) or f" (it takes {listed(self.names)})"
                message = f"{where}: the model has no column {shown(name)}{hint}"
                raise Rejected("unknown-column", message, name[:200], row)
        missing = [name for name in self.names if name not in given]
        message = f"{where}: missing column {listed(missing)}"
        raise Rejected("missing-column", message, missing[0], row)


def datatype_of(column: ModelColumn) -> str:
    """The V2 datatype of a column; what has no datatype of its own travels as BYTES."""
    return _DATATYPES.get(column.type, "BYTES")
