"""Columns as the numbers that an estimator takes: text one-hot, what is missing filled in.

In: checked `Examples`. Out: arrays, and the estimator behind the steps that it needs, all of them
scikit-learn's own, so that a pickle asks for nothing else.
Never uses pandas: a row that is served is an array, which costs a tenth of a DataFrame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exai_components.examples import Examples, Feature
from exai_components.outcome import StepFailure

# 64-bit numbers in the encoded table, 2 GiB: beyond that, one-hot is the wrong way.
_MOST_CELLS = 2**28


@dataclass(frozen=True, slots=True)
class Encoded:
    """`inputs` by row and feature, `answers` by row; text where the spec has text."""

    inputs: Any
    answers: Any


def arrays(told: Examples) -> Encoded:
    """The table as arrays: numbers with NaN, or objects when a column is text (None: missing)."""
    import numpy as np

    rows = told.table.num_rows
    categories = any(item.kind == "enum" for item in told.features)
    inputs = np.empty((rows, len(told.features)), dtype=object if categories else float)
    for at, item in enumerate(told.features):
        values = told.table.column(item.name)
        if item.kind == "enum":
            inputs[:, at] = values.to_pylist()
        else:
            inputs[:, at] = _numbers(values)
    answers = told.table.column(told.target)
    if told.task == "classification":
        return Encoded(inputs, np.array(answers.to_pylist(), dtype=object).astype(str))
    return Encoded(inputs, _numbers(answers))


def behind_steps(told: Examples, estimator: Any) -> Any:
    """The estimator alone where its columns are whole numbers; else a Pipeline that ends in it."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder

    _check_size(told)
    numbers = [at for at, item in enumerate(told.features) if item.kind == "numeric"]
    texts = [at for at, item in enumerate(told.features) if item.kind == "enum"]
    holes = any(item.nullable for item in told.features if item.kind == "numeric")
    # Arrow knows whether a column may have holes, and whether it has.
    holes = holes or any(told.table.column(told.features[at].name).null_count for at in numbers)
    fill = SimpleImputer(strategy="median")
    if not texts:
        return Pipeline([("fill", fill), ("model", estimator)]) if holes else estimator
    parts: list[tuple[str, Any, Sequence[int]]] = [
        ("text", OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts)
    ]
    if numbers:
        parts.insert(0, ("numbers", fill, numbers))
    return Pipeline([("columns", ColumnTransformer(parts)), ("model", estimator)])


def owners(told: Examples, fitted: Any) -> list[str]:
    """For each input of the estimator behind the steps, the column that it comes from."""
    steps = dict(getattr(fitted, "steps", ()))
    names = [item.name for item in told.features]
    if "columns" not in steps:
        return names
    found: list[str] = []
    for name, transformer, places in steps["columns"].transformers_:
        if name == "text":
            for place, levels in zip(places, transformer.categories_, strict=True):
                found += [names[place]] * len(levels)
        elif name == "numbers":
            found += [names[place] for place in places]
    return found


def _numbers(values: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    return np.asarray(values.cast(pa.float64()).combine_chunks().to_numpy(zero_copy_only=False))


def _check_size(told: Examples) -> None:
    def width(item: Feature) -> int:
        return len(item.levels) if item.kind == "enum" else 1

    widest = max(told.features, key=width)
    cells = told.table.num_rows * sum(map(width, told.features))
    if cells > _MOST_CELLS:
        raise StepFailure(
            "too-many-levels",
            f'One-hot, the features make {cells:,} numbers: "{widest.name}" alone has '
            f"{width(widest):,} levels",
            f"Take {widest.name} out of features, or train with train-h2o, which keeps categories",
        )
