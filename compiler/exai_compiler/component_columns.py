"""What each of exai's components does with the columns of data: loads, hands on, adds to, trains on
and names them.

In: a step. Out: the columns that it names; tables by component. Judges nothing. Components of users
are in no table: they may change columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.graph import Constant, Step
from exai_specs.frozen import Json
from exai_specs.values import frozen


@frozen
class Training:
    """The inputs of a component that trains, and the output that the model leaves by."""

    data: str
    target: str
    features: str
    model: str


@frozen
class Adding:
    """The input of a component that names a FeatureService, what gets its columns, and the input
    that names the column with the time of each row."""

    service: str
    data: str
    output: str
    time: str


LOADS: Mapping[str, tuple[str, str]] = MappingProxyType({"load-dataset": ("dataset", "data")})

PASSES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "validate-dataset": MappingProxyType({"data": "data"}),
        "split-data": MappingProxyType({"train": "data", "test": "data"}),
    }
)

ADDS: Mapping[str, Adding] = MappingProxyType(
    {"load-features": Adding("features", "data", "data", "timestamp")}
)

_TRAINING = Training("data", "target", "features", "model")

TRAINS: Mapping[str, Training] = MappingProxyType(
    {"train-h2o": _TRAINING, "train-sklearn": _TRAINING}
)

# Inputs that name columns of another input's data.
NAMES_COLUMNS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "split-data": MappingProxyType({"stratify": "data"}),
        "train-h2o": MappingProxyType({"target": "data", "features": "data"}),
        "train-sklearn": MappingProxyType({"target": "data", "features": "data"}),
    }
)


def named_columns(step: Step) -> Iterator[tuple[str, tuple[str | int, ...], str]]:
    """Every column that a step's literals name: the input of the data, the path under `with`, the
    column.
    """
    if step.component is None:
        return
    for port, data in NAMES_COLUMNS.get(step.component.name, {}).items():
        binding = step.inputs.get(port)
        value: Json = binding.value if isinstance(binding, Constant) else None
        declared = step.component.inputs.get(port)
        if isinstance(value, str) and value and (declared is None or declared.type != "list"):
            yield data, (port,), value
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if isinstance(item, str):
                    yield data, (port, index), item
