"""What a model is trained on: an Arrow table checked against target, features and task.

In: the table, the names, the task. Out: a frozen `Examples`: what train-h2o and
train-sklearn have in common.
Never trains on what can't be learnt from: too few rows, one class, the target among the features.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from exai_components.column_types import declared_nullable, declared_type
from exai_components.model_file import Task
from exai_components.outcome import StepFailure, did_you_mean
from exai_components.parquet_file import require_columns

# What a column is to a model, in H2O's words: what isn't listed can't be a feature. Each of these a
# request to the model server can hold as well; a decimal, a time or bytes it can't.
Kind = Literal["enum", "numeric"]
_KINDS: dict[str, Kind] = {
    "string": "enum",
    "bool": "numeric",
    "int32": "numeric",
    "int64": "numeric",
    "float32": "numeric",
    "float64": "numeric",
}


@dataclass(frozen=True, slots=True)
class Feature:
    """A column to learn from; `constant` ones are accepted, and tell a model nothing."""

    name: str
    type: str
    nullable: bool
    constant: bool
    levels: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        """A category, or a number (true and false are 1 and 0)."""
        return _KINDS[self.type]


@dataclass(frozen=True, slots=True)
class Examples:
    """`table` holds the features in order, then the target; rows without a target are left out."""

    table: Any
    features: tuple[Feature, ...]
    target: str
    task: Task
    classes: tuple[str, ...]


def check_names(present: list[str], target: str, features: tuple[str, ...]) -> None:
    """What the names alone can tell."""
    require_columns(present, (target,))
    if not features:
        raise StepFailure(
            "no-features", "There are no features to learn from", did_you_mean("", present)
        )
    if target in features:
        raise StepFailure(
            "target-among-features",
            f'The target "{target}" is among the features',
            f"Take {target} out of features: a model can't learn from its own answer",
        )
    for name in features:
        if features.count(name) > 1:
            raise StepFailure(
                "duplicate-feature", f'The feature "{name}" is there twice', "Take one away"
            )
    require_columns(present, features)


def examples(table: Any, target: str, features: tuple[str, ...], task: str) -> Examples:
    """The checked examples of a table that has these columns."""
    import pyarrow.compute as pc

    for name in features:
        _check_type(table.schema.field(name))
    known = table.filter(pc.is_valid(table.column(target)))
    decided = task_of(task, target, declared_type(table.schema.field(target)))
    answer = known.column(target)
    values = pc.unique(answer).to_pylist()
    if known.num_rows and len(values) < 2:
        word = "class" if decided == "classification" else "value"
        raise StepFailure(
            "one-class",
            f'All {known.num_rows} rows have one {word} of the target "{target}": {values[0]}',
            "A model needs at least two to tell apart",
        )
    learnt = tuple(_feature(known, name) for name in features)
    columns = {item.name: _for_parser(known.column(item.name), item.kind) for item in learnt}
    kind: Kind = "enum" if decided == "classification" else "numeric"
    columns[target] = _for_parser(answer, kind)
    classes = pc.unique(columns[target]).to_pylist() if decided == "classification" else []
    import pyarrow as pa

    return Examples(pa.table(columns), learnt, target, decided, tuple(sorted(classes)))


def require_rows(rows: int, min_rows: float) -> None:
    """H2O's trees need room for two leaves of `min_rows` rows."""
    needed = int(2 * min_rows)
    if rows < needed:
        raise StepFailure(
            "too-few-rows",
            f"{rows} rows are too few to train on: min_rows {min_rows:g} needs {needed}",
            "Bring more rows, or set a smaller min_rows under parameters",
        )


def task_of(task: str, target: str, kind: str) -> Task:
    """The task, or the one for a target of this type; a final failure when they don't fit."""
    able: dict[str, tuple[Task, ...]] = {
        "string": ("classification",),
        "bool": ("classification",),
        "int32": ("regression", "classification"),
        "int64": ("regression", "classification"),
        "float32": ("regression",),
        "float64": ("regression",),
        "decimal": ("regression",),
    }
    if kind not in able:
        raise StepFailure(
            "unfit-target",
            f'The target "{target}" is a {kind}, which no model here can predict',
            f"One of the types {', '.join(able)} can be predicted",
        )
    if not task:
        return able[kind][0]
    for known in able[kind]:
        if task == known:
            return known
    if task not in get_args(Task):
        raise StepFailure(
            "unsupported-task",
            f"Nothing here can train for the task {task}",
            f"There is training for {' and '.join(get_args(Task))}",
        )
    raise StepFailure(
        "unfit-target",
        f'The target "{target}" is a {kind}, which is nothing for {task}',
        f"Set the Model's task to {' or '.join(able[kind])}, or take another target",
    )


def _check_type(field: Any) -> None:
    kind = declared_type(field)
    if kind not in _KINDS:
        raise StepFailure(
            "unfit-feature",
            f'The feature "{field.name}" is a {kind}, which no model here can learn from',
            f"Take {field.name} out of features, or make it one of {', '.join(_KINDS)}",
        )


def _feature(table: Any, name: str) -> Feature:
    import pyarrow.compute as pc

    field = table.schema.field(name)
    kind = declared_type(field)
    values = pc.unique(pc.drop_null(table.column(name)))
    if table.num_rows and not len(values):
        raise StepFailure(
            "empty-column",
            f'The feature "{name}" has no value in any of {table.num_rows} rows',
            f"Take {name} out of features, or mend the data",
        )
    levels = tuple(sorted(values.to_pylist())) if _KINDS[kind] == "enum" else ()
    return Feature(name, kind, declared_nullable(field), len(values) < 2, levels)


def _for_parser(column: Any, kind: Kind) -> Any:
    """Text for what is categorical, 1 and 0 for true and false, numbers as they are."""
    import pyarrow as pa

    if kind == "enum":
        return column.cast(pa.string())
    if pa.types.is_boolean(column.type):
        return column.cast(pa.int8())
    return column.cast(pa.float64()) if pa.types.is_decimal(column.type) else column
