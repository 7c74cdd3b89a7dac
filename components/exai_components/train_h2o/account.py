"""What an H2O model says of itself: levels, classes, importance, cross-validation, leaderboard.

In: a trained model of the h2o package. Out: plain values, in the words of `exai-model.json`.
Never asks for more than the model already knows: no row is scored here.
"""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from exai_components.examples import Examples
from exai_components.model_file import Fold, Task

# H2O's names of the metrics that evaluate-model measures too. Its precision and recall are those
# of the second of two classes.
_METRICS: Mapping[Task, tuple[str, ...]] = {
    "classification": ("accuracy", "logloss", "f1", "precision", "recall", "auc"),
    "regression": ("rmse", "mae", "r2"),
}


def levels_and_classes(
    model: Any, told: Examples
) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
    """The levels of each categorical column, and the classes, in the model's own order."""
    output = model._model_json["output"]
    domains = dict(zip(output["names"], output["domains"], strict=True))
    levels = {
        item.name: tuple(domains.get(item.name) or item.levels)
        for item in told.features
        if item.kind == "enum"
    }
    return levels, tuple(domains[told.target] or ())


def importance(model: Any, columns: Sequence[str]) -> dict[str, float]:
    """What each column weighs, as shares of one; nothing for a model that doesn't say.

    A linear model speaks of levels (`colour.red`), whose weights add up to their column's.
    """
    table = model._model_json["output"].get("variable_importances")
    found = [(str(row[0]), float(row[2])) for row in table.cell_values] if table else []
    return shares(found, columns)


def shares(weights: Iterable[tuple[str, float]], columns: Sequence[str]) -> dict[str, float]:
    """Weights by column or by `column.level` as shares of one by column."""
    summed = dict.fromkeys(columns, 0.0)
    for name, weight in weights:
        owners = [column for column in columns if name == column or name.startswith(f"{column}.")]
        if owners and math.isfinite(weight):
            summed[max(owners, key=len)] += abs(weight)
    whole = sum(summed.values())
    return {name: weight / whole for name, weight in summed.items()} if whole > 0 else {}


def cross_validation(model: Any, task: Task) -> dict[str, Fold]:
    """Mean and standard deviation over the folds, of the metrics that the folds define."""
    table = model._model_json["output"].get("cross_validation_metrics_summary")
    if table is None:
        return {}
    found = {str(row[0]): (_number(row[1]), _number(row[2])) for row in table.cell_values}
    return {
        name: Fold(*found[name])
        for name in _METRICS[task]
        if name in found and all(map(math.isfinite, found[name]))
    }


def leaderboard(text: str) -> tuple[dict[str, Any], ...]:
    """H2O's table, as CSV, as rows; numbers are numbers."""
    return tuple(
        {
            name: value if name in ("model_id", "algo") else _number(value)
            for name, value in row.items()
        }
        for row in csv.DictReader(io.StringIO(text))
    )


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
