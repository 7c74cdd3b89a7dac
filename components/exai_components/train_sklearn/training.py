"""Training by scikit-learn: folds, the fit, and what the model says of its columns.

In: `Examples` and an untrained estimator. Out: the trained one with its own account.
Never shows scikit-learn's wall of text: what it warns of and refuses becomes one line.
"""

import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from exai_components.evaluate_model.metrics import Scored, ScoredClasses, ScoredNumbers, measured
from exai_components.examples import Examples
from exai_components.model_file import Fold
from exai_components.outcome import StepFailure
from exai_components.sklearn_scorer import class_names
from exai_components.train_sklearn.encoding import Encoded, owners


@dataclass(frozen=True, slots=True)
class Trained:
    """The trained estimator, behind its steps; `importance` in shares of one, or empty."""

    estimator: Any
    classes: tuple[str, ...]
    importance: Mapping[str, float]
    cross_validation: Mapping[str, Fold]


def train(told: Examples, data: Encoded, estimator: Any, *, folds: int, seed: int) -> Trained:
    """Cross-validate by `folds` (none below two), then train on all rows."""
    with _in_short():
        crossed = _crossed(told, data, estimator, folds, seed) if folds else {}
        estimator.fit(data.inputs, data.answers)
    return Trained(
        estimator=estimator,
        classes=class_names(estimator) if told.task == "classification" else (),
        importance=_importance(told, data, estimator),
        cross_validation=crossed,
    )


def check_folds(told: Examples, folds: int) -> None:
    """A final failure for a number of folds that these rows can't be parted into."""
    import pyarrow.compute as pc

    if folds == 0:
        return
    least = told.table.num_rows
    what = f"there are {least} rows"
    if told.task == "classification":
        counts = pc.value_counts(told.table.column(told.target)).to_pylist()
        rarest = min(counts, key=lambda count: (count["counts"], count["values"]))
        least = rarest["counts"]
        what = f'the class "{rarest["values"]}" has {least} rows'
    if folds < 2 or folds > least:
        raise StepFailure(
            "unfit-folds",
            f"folds is {folds}: it must be at least 2, and {what}",
            "Set folds to 0 to train without cross-validation, or bring more rows",
        )


def _crossed(
    told: Examples, data: Encoded, estimator: Any, folds: int, seed: int
) -> dict[str, Fold]:
    import numpy as np
    from sklearn.base import clone
    from sklearn.model_selection import KFold, StratifiedKFold

    parted = StratifiedKFold if told.task == "classification" else KFold
    found: dict[str, list[float]] = {}
    for learn, test in parted(folds, shuffle=True, random_state=seed).split(
        data.inputs, data.answers
    ):
        fitted = clone(estimator).fit(data.inputs[learn], data.answers[learn])
        scored = _scored(told, fitted, data.inputs[test], data.answers[test])
        for name, value in measured(scored).items():
            found.setdefault(name, []).append(value)
    return {
        name: Fold(float(np.mean(values)), float(np.std(values, ddof=1)))
        for name, values in found.items()
        if len(values) == folds  # a metric that each fold defines
    }


def _scored(told: Examples, fitted: Any, inputs: Any, answers: Any) -> Scored:
    predictions = fitted.predict(inputs)
    if told.task == "regression":
        return ScoredNumbers(tuple(answers.tolist()), tuple(predictions.ravel().tolist()))
    shares = fitted.predict_proba(inputs).tolist() if hasattr(fitted, "predict_proba") else None
    return ScoredClasses(
        labels=tuple(answers.tolist()),
        predictions=tuple(predictions.tolist()),
        probabilities=None if shares is None else tuple(map(tuple, shares)),
        classes=class_names(fitted),
    )


def _importance(told: Examples, data: Encoded, fitted: Any) -> dict[str, float]:
    """`feature_importances_`, or the size of each coefficient times its input's spread."""
    import numpy as np

    steps = getattr(fitted, "steps", None)
    last = steps[-1][1] if steps else fitted
    weights = getattr(last, "feature_importances_", None)
    if weights is None:
        coefficients = getattr(last, "coef_", None)
        if coefficients is None:
            return {}
        inputs = fitted[:-1].transform(data.inputs) if steps else data.inputs
        sizes = np.abs(np.atleast_2d(np.asarray(coefficients, dtype=float))).mean(axis=0)
        weights = sizes * np.std(np.asarray(inputs, dtype=float), axis=0)
    summed = dict.fromkeys((item.name for item in told.features), 0.0)
    for name, weight in zip(owners(told, fitted), np.abs(weights).tolist(), strict=True):
        summed[name] += weight
    whole = sum(summed.values())
    return {name: value / whole for name, value in summed.items()} if 0 < whole < np.inf else {}


@contextmanager
def _in_short() -> Iterator[None]:
    """Warnings as lines of the log; a refusal as a final failure."""
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        try:
            yield
        except (ValueError, TypeError, ArithmeticError) as error:
            raise StepFailure(
                "training-refused",
                f"scikit-learn refuses to train: {_first_line(error)}",
                "Mend the parameters of the step, or its data",
            ) from None
    for text in dict.fromkeys(_first_line(item.message) for item in met):
        print(f"exai: scikit-learn warns: {text}", file=sys.stderr)


def _first_line(told: object) -> str:
    lines = [line.strip() for line in str(told).splitlines() if line.strip()]
    return (lines or [type(told).__name__])[0]
