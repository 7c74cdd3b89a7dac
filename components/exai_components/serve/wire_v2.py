"""KServe's V2 (Open Inference) protocol: named tensors to rows, and scores to tensors.

In: one tensor a column, shape [n] or [n,1], or one [n,k] when all columns share a type; or scores.
Out: rows, or the tensors `prediction` [n] and `probabilities` [n, classes].
Pure; tensors that don't fit the signature are `Rejected`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from exai_components.model_file import Scalar
from exai_components.scores import Row, Scores
from exai_components.serve.values import Rejected, Wrong, listed, shown
from exai_components.serve.wire import Columns

# Datatypes that a column takes: its own, and those whose every value it can hold.
_SMALL = ("INT8", "INT16", "UINT8", "UINT16")
_ACCEPTED: Mapping[str, tuple[str, ...]] = {
    "FP64": ("FP64", "FP32", "INT32", "UINT32", *_SMALL),
    "FP32": ("FP32", *_SMALL),
    "INT64": ("INT64", "INT32", "UINT32", *_SMALL),
    "INT32": ("INT32", *_SMALL),
    "BOOL": ("BOOL",),
    "BYTES": ("BYTES",),
}


class Tensor(Protocol):
    """A named tensor of a V2 request, as KServe hands it over."""

    @property
    def name(self) -> str: ...
    @property
    def datatype(self) -> str: ...
    @property
    def shape(self) -> Any: ...
    @property
    def data(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Output:
    """A tensor of an answer or of the metadata; -1 in a shape is the number of rows."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    values: tuple[Any, ...] = ()
    parameters: Mapping[str, str] | None = None


def input_metadata(columns: Columns) -> tuple[Output, ...]:
    """The metadata of the inputs, in signature order."""
    return tuple(Output(name, columns.datatypes[name], (-1,)) for name in columns.names)


def output_metadata(columns: Columns) -> tuple[Output, ...]:
    """The metadata of the outputs."""
    if not columns.classes:
        return (Output("prediction", "FP64", (-1,)),)
    labels = Output("prediction", "BYTES", (-1,))
    if not columns.probable:
        return (labels,)
    return labels, Output("probabilities", "FP64", (-1, len(columns.classes)))


def read_v2(columns: Columns, tensors: Sequence[Tensor]) -> list[Row]:
    """The rows of a V2 request's input tensors."""
    if not tensors:
        raise Rejected("missing-column", f'"inputs" is empty; send {listed(columns.names)}')
    if len(tensors) == 1 and _is_matrix(tensors[0].shape):
        values = _by_place(columns, tensors[0])
    else:
        values = _by_name(columns, tensors)
    return _rows(columns, values)


def _by_name(columns: Columns, tensors: Sequence[Tensor]) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {}
    first, count = "", 0
    for tensor in tensors:
        name = tensor.name
        if name in values:
            raise Rejected("duplicate-column", f'input "{name}" is given twice', name)
        if name not in columns.datatypes:
            columns.mismatch({each.name: None for each in tensors}, "the request")
        _check_datatype(tensor, columns.datatypes[name], name)
        if _is_matrix(tensor.shape):
            raise Rejected(
                "wrong-shape",
                f'input "{name}" has the shape {shown(tensor.shape)}; '
                "a column is [n] or [n,1], and a matrix must be the only input",
                name,
            )
        values[name] = column = _flat(tensor, 1)
        if first and len(column) != count:
            raise Rejected(
                "ragged",
                f'input "{name}" has {len(column)} rows, input "{first}" has {count}',
                name,
            )
        first, count = first or name, len(column)
    if len(values) != len(columns.names):
        columns.mismatch(values, "the request")
    return values


def _by_place(columns: Columns, tensor: Tensor) -> dict[str, list[Any]]:
    width, kinds = len(columns.names), set(columns.datatypes.values())
    if len(kinds) > 1:
        raise Rejected(
            "wrong-shape",
            f'input "{tensor.name}" is a matrix, but the columns have several types '
            f"({listed(sorted(kinds))}); send one tensor a column: {listed(columns.names)}",
        )
    _check_datatype(tensor, kinds.pop(), "")
    if tensor.shape[1] != width:
        raise Rejected(
            "wrong-shape",
            f'input "{tensor.name}" has {tensor.shape[1]} columns, the model takes '
            f"{width}: {listed(columns.names)}",
        )
    values = _flat(tensor, width)
    return {name: values[at::width] for at, name in enumerate(columns.names)}


def _rows(columns: Columns, values: Mapping[str, list[Any]]) -> list[Row]:
    checked: list[list[Scalar]] = []
    for name, check in columns.checks:
        column: list[Scalar] = []
        try:
            for value in values[name]:
                column.append(check(value))
        except Wrong as wrong:
            at = len(column)
            place = f'input "{name}", row {at}'
            raise Rejected(wrong.code, f"{place}: {wrong.reason}", name, at) from None
        checked.append(column)
    return [dict(zip(columns.names, row, strict=True)) for row in zip(*checked, strict=True)]


def _check_datatype(tensor: Tensor, wanted: str, column: str) -> None:
    if tensor.datatype not in _ACCEPTED[wanted]:
        raise Rejected(
            "wrong-datatype",
            f'input "{tensor.name}" has the datatype {shown(tensor.datatype)}, '
            f"the model takes {wanted}",
            column,
        )


def write_v2(columns: Columns, scores: Scores) -> tuple[Output, ...]:
    """`prediction` [n], and for a classifier `probabilities` [n, classes]."""
    count = len(scores.predictions)
    kind = "BYTES" if columns.classes else "FP64"
    predictions = Output("prediction", kind, (count,), scores.predictions)
    if scores.probabilities is None:
        return (predictions,)
    return (
        predictions,
        Output(
            "probabilities",
            "FP64",
            (count, len(columns.classes)),
            scores.probabilities,
            {"classes": json.dumps(columns.classes, ensure_ascii=False)},
        ),
    )


def _is_matrix(shape: Any) -> bool:
    return isinstance(shape, list | tuple) and len(shape) == 2 and shape[1] != 1


def _flat(tensor: Tensor, width: int) -> list[Any]:
    """The tensor's values, row by row, when data and shape agree."""
    name, shape, data = tensor.name, tensor.shape, tensor.data
    if not isinstance(shape, list | tuple) or not all(type(size) is int for size in shape):
        raise Rejected("wrong-shape", f'input "{name}": the shape must be a list of integers', name)
    if len(shape) not in (1, 2):
        raise Rejected(
            "wrong-shape", f'input "{name}" has {len(shape)} dimensions; send [n] or [n,1]', name
        )
    if shape[0] == 0:
        raise Rejected("empty-batch", f'input "{name}" is empty; send at least one row', name)
    if not isinstance(data, list):
        raise Rejected("malformed", f'input "{name}": the data must be a list', name)
    values = data
    if len(shape) == 2 and data and isinstance(data[0], list):
        for at, row in enumerate(data):
            if not isinstance(row, list) or len(row) != width:
                raise Rejected(
                    "ragged", f'input "{name}", row {at}: expected {width} values', name, at
                )
        values = [value for row in data for value in row]
    if len(values) != shape[0] * width:
        raise Rejected(
            "wrong-shape",
            f'input "{name}" has {len(values)} values, its shape {shown(list(shape))} says '
            f"{shape[0] * width}",
            name,
        )
    return values
