"""What a metric is drawn from: the confusion matrix, ROC curves, residuals.

In: what was true, what was predicted. Out: plain numbers, few enough to travel in JSON.
Never draws, and never holds back what it left out: a matrix says how many classes it lacks.
"""

from typing import Any

from exai_components.evaluate_model.metrics import ScoredClasses, ScoredNumbers

# A picture shows no more, and the metrics file stays small.
MOST_CLASSES = 30
MOST_POINTS = 101
MOST_RESIDUALS = 500


def confusion(scored: ScoredClasses) -> dict[str, Any]:
    """`counts[i][j]`: how many rows of `labels[i]` were taken for `labels[j]`; of many classes, the
    most frequent ones, and how many are `left_out`."""
    from collections import Counter

    counts = Counter(zip(scored.labels, scored.predictions, strict=True))
    frequent = Counter(scored.labels)
    names = [*scored.classes, *sorted({*scored.labels} - {*scored.classes})]
    kept = sorted(names, key=lambda name: -frequent[name])[:MOST_CLASSES]
    labels = [name for name in names if name in kept]
    return {
        "labels": labels,
        "counts": [[counts[true, said] for said in labels] for true in labels],
        "left_out": len(names) - len(labels),
    }


def roc(scored: ScoredClasses) -> dict[str, dict[str, Any]]:
    """One curve for each class against all others, of two classes only the second one's: false and
    true positive rates, and the area below. A class that all rows or none have has no curve."""
    if scored.probabilities is None:
        return {}
    import numpy as np
    from sklearn.metrics import auc, roc_curve

    shares = np.asarray(scored.probabilities, dtype=float)
    frequent = confusion(scored)["labels"]
    found: dict[str, dict[str, Any]] = {}
    for at, name in enumerate(scored.classes):
        positive = np.array([label == name for label in scored.labels])
        one_of_two = len(scored.classes) == 2 and at == 0
        if one_of_two or name not in frequent or positive.all() or not positive.any():
            continue
        false, true, _ = roc_curve(positive, shares[:, at])
        kept = _thinned(len(false), MOST_POINTS)
        found[name] = {
            "auc": float(auc(false, true)),
            "fpr": [round(float(false[place]), 6) for place in kept],
            "tpr": [round(float(true[place]), 6) for place in kept],
        }
    return found


def residuals(scored: ScoredNumbers) -> dict[str, list[float]]:
    """Predictions beside how far each is from the true value, evenly thinned."""
    kept = _thinned(len(scored.values), MOST_RESIDUALS)
    return {
        "predicted": [scored.predictions[at] for at in kept],
        "residual": [scored.values[at] - scored.predictions[at] for at in kept],
    }


def _thinned(count: int, most: int) -> list[int]:
    """At most `most` places among `count`, evenly, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(at * (count - 1) / (most - 1)) for at in range(most)})
