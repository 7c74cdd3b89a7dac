"""The metrics of each task, in numpy.

In: what was true, what was predicted. Out: floats by name; a metric that these rows don't define
(`auc` of one class, `r2` of a constant) is left out.
Each is scikit-learn's of that name (a test holds them equal), whose import would take longer than
the whole step.
"""

from collections.abc import Sequence
from typing import Any


def classification(
    labels: Sequence[str],
    predictions: Sequence[str],
    probabilities: Sequence[Sequence[float]],
    classes: Sequence[str],
) -> dict[str, float]:
    """accuracy, logloss, f1 and, of two classes, auc.

    `f1` is that of the second class of two, and the unweighted mean over more. A label that the
    model doesn't know counts as wrong, with probability nought.
    """
    import numpy as np

    true, predicted = np.asarray(labels, dtype=object), np.asarray(predictions, dtype=object)
    place = {name: at for at, name in enumerate(classes)}
    shares = np.asarray(probabilities, dtype=float)
    own = np.array(
        [shares[row, place[name]] if name in place else 0.0 for row, name in enumerate(labels)]
    )
    eps = np.finfo(float).eps
    found = {
        "accuracy": float(np.mean(true == predicted)),
        "logloss": float(-np.mean(np.log(np.clip(own, eps, 1 - eps)))),
    }
    if len(classes) == 2:
        found["f1"] = _f1(true, predicted, classes[1])
        area = _area(true == classes[1], shares[:, 1])
        if area is not None:
            found["auc"] = area
    else:
        seen = sorted({*labels, *predictions})
        found["f1"] = float(np.mean([_f1(true, predicted, name) for name in seen]))
    return found


def regression(values: Sequence[float], predictions: Sequence[float]) -> dict[str, float]:
    """rmse, mae and, where the values vary, r2."""
    import numpy as np

    true, predicted = np.asarray(values, dtype=float), np.asarray(predictions, dtype=float)
    error = true - predicted
    found = {
        "rmse": float(np.sqrt(np.mean(error**2))),
        "mae": float(np.mean(np.abs(error))),
    }
    spread = float(np.sum((true - true.mean()) ** 2))
    if spread > 0:
        found["r2"] = 1.0 - float(np.sum(error**2)) / spread
    return found


def _f1(true: Any, predicted: Any, name: str) -> float:
    import numpy as np

    hits = int(np.sum((true == name) & (predicted == name)))
    named = int(np.sum(true == name)) + int(np.sum(predicted == name))
    return 2.0 * hits / named if named else 0.0


def _area(positive: Any, scores: Any) -> float | None:
    """The chance that a positive row scores above a negative one; ties count half."""
    import numpy as np

    ones = int(np.sum(positive))
    noughts = len(positive) - ones
    if not ones or not noughts:
        return None
    values, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    rank = (last - (counts - 1) / 2.0)[place]
    above = float(np.sum(rank[positive])) - ones * (ones + 1) / 2.0
    return above / (ones * noughts) if len(values) else None
