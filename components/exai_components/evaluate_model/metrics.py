"""The metrics of each task: scikit-learn's of that name.

In: what was true, what was predicted. Out: floats by name; a metric that these rows don't define
(`auc` of one class, `r2` of a constant) is left out, where scikit-learn warns or makes a value up.
Never imports pandas, which scikit-learn knows how to do without.
"""

from dataclasses import dataclass
from typing import assert_never


@dataclass(frozen=True, slots=True)
class ScoredClasses:
    """Rows of a classification; `probabilities` hold one number for each of `classes`, and are
    None for a model that gives none."""

    labels: tuple[str, ...]
    predictions: tuple[str, ...]
    probabilities: tuple[tuple[float, ...], ...] | None
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
    """accuracy, precision, recall, f1; with probabilities logloss and, of two classes, auc.

    `precision`, `recall` and `f1` are those of the second class of two, and the unweighted mean
    over more. A label that the model doesn't know counts as wrong, with probability nought.
    """
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    labels, predictions, classes = scored.labels, scored.predictions, scored.classes
    # Of one class named, the mean over classes is that class's own.
    counted = [classes[1]] if len(classes) == 2 else None
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, predictions, labels=counted, average="macro", zero_division=0
    )
    found = {
        "accuracy": accuracy_score(labels, predictions),
        "f1": f1,
        "precision": precision,
        "recall": recall,
    }
    if scored.probabilities is not None:
        found |= _by_probability(scored, scored.probabilities)
    return {name: float(value) for name, value in found.items()}


def _by_probability(
    scored: ScoredClasses, probabilities: tuple[tuple[float, ...], ...]
) -> dict[str, float]:
    import numpy as np
    from sklearn.metrics import log_loss, roc_auc_score

    labels, classes = scored.labels, scored.classes
    # scikit-learn wants the columns in the order of the labels, and one for each label it meets.
    columns = dict(zip(classes, np.asarray(probabilities, dtype=float).T, strict=True))
    names = sorted({*classes, *labels})
    shares = np.column_stack([columns.get(name, np.zeros(len(labels))) for name in names])
    found = {"logloss": log_loss(labels, y_proba=shares, labels=names)}
    positive = [label == classes[1] for label in labels] if len(classes) == 2 else []
    if len(set(positive)) == 2:
        found["auc"] = roc_auc_score(positive, columns[classes[1]])
    return found


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
