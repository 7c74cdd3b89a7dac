"""The metrics of each task: scikit-learn's of that name.

In: what was true, what was predicted. Out: floats by name; a metric that these rows don't define
(`auc` of one class, `r2` of a constant) is left out, where scikit-learn warns or makes a value up.
Never imports pandas, which scikit-learn knows how to do without.
"""

from dataclasses import dataclass
from typing import assert_never


@dataclass(frozen=True, slots=True)
class ScoredClasses:
    """Rows of a classification; `probabilities` hold one number for each of `classes`."""

    labels: tuple[str, ...]
    predictions: tuple[str, ...]
    probabilities: tuple[tuple[float, ...], ...]
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScoredNumbers:
    """Rows of a regression."""

    values: tuple[float, ...]
    predictions: tuple[float, ...]


Scored = ScoredClasses | ScoredNumbers


def measured(scored: Scored) -> dict[str, float]:
    """The metrics of the task that was scored."""
    match scored:
        case ScoredClasses():
            return _classification(scored)
        case ScoredNumbers():
            return _regression(scored)
        case _:
            assert_never(scored)


def _classification(scored: ScoredClasses) -> dict[str, float]:
    """accuracy, logloss, f1 and, of two classes, auc.

    `f1` is that of the second class of two, and the unweighted mean over more. A label that the
    model doesn't know counts as wrong, with probability nought.
    """
    import numpy as np
    from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score

    labels, predictions, classes = scored.labels, scored.predictions, scored.classes
    # scikit-learn wants the columns in the order of the labels, and one for each label it meets.
    columns = dict(zip(classes, np.asarray(scored.probabilities, dtype=float).T, strict=True))
    names = sorted({*classes, *labels})
    shares = np.column_stack([columns.get(name, np.zeros(len(labels))) for name in names])
    two = len(classes) == 2
    # Of one class named, the mean over classes is that class's own.
    counted = [classes[1]] if two else None
    found = {
        "accuracy": accuracy_score(labels, predictions),
        "logloss": log_loss(labels, y_proba=shares, labels=names),
        "f1": f1_score(labels, predictions, labels=counted, average="macro", zero_division=0),
    }
    positive = [label == classes[1] for label in labels] if two else []
    if len(set(positive)) == 2:
        found["auc"] = roc_auc_score(positive, columns[classes[1]])
    return {name: float(value) for name, value in found.items()}


def _regression(scored: ScoredNumbers) -> dict[str, float]:
    """rmse, mae and, where the values vary, r2."""
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    values, predictions = scored.values, scored.predictions
    found = {
        "rmse": root_mean_squared_error(values, predictions),
        "mae": mean_absolute_error(values, predictions),
    }
    if len(set(values)) > 1:
        found["r2"] = r2_score(values, predictions)
    return {name: float(value) for name, value in found.items()}
