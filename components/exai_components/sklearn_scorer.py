"""Scores rows with a scikit-learn model inside this process.

In: a signature and a loaded estimator, then rows by column name. Out: predictions and class
probabilities.
Never unpickles anything by itself: `load_estimator` is for `open_scorer` alone, which knows whether
it may. A missing number is NaN to the model, a missing text is None, as Parquet gives them.
"""

import hashlib
import io
import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from exai_components.model_file import BadModel, ModelColumn, ModelFile
from exai_components.scores import Row, Scores, level_name

MODEL = "model.joblib"
_NUMBERS = ("bool", "int32", "int64", "float32", "float64")
# Their `predict` is the most probable class by their own code: once through the trees is enough.
_MOST_PROBABLE = ("RandomForestClassifier", "ExtraTreesClassifier", "BaggingClassifier")


def load_estimator(folder: Path, signature: ModelFile) -> Any:
    """The pickled estimator; what is unpickled are the very bytes whose digest was compared."""
    names = [name for name in signature.files if name.endswith((".joblib", ".pkl", ".pickle"))]
    if len(names) != 1:
        raise BadModel(f"the model names {len(names)} pickles, expected one")
    path = folder / names[0]
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadModel(f"{path} can't be read: {error.strerror}") from None
    if (found := hashlib.sha256(data).hexdigest()) != (expected := signature.files[names[0]]):
        raise BadModel(f"{path} has the digest {found}, expected {expected}")
    return unpickled(data, path)


def unpickled(data: bytes, path: Path) -> Any:
    """The object in a pickle's bytes. Runs what they say: for the callers that know them."""
    import joblib

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of another scikit-learn's version: scored or refused
            return joblib.load(io.BytesIO(data))
    except ModuleNotFoundError as error:
        raise BadModel(
            f"{path} needs the module {error.name}, which isn't installed here"
        ) from None
    except Exception as error:
        told = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BadModel(f"{path} is not a model that can be loaded: {told}") from None


class SklearnScorer:
    """An estimator behind its signature. Scoring changes nothing in it, so it is thread-safe."""

    def __init__(self, signature: ModelFile, estimator: Any) -> None:
        """`BadModel` when signature and estimator don't fit each other."""
        self.signature = signature
        if not hasattr(estimator, "predict"):
            raise BadModel(f"a {type(estimator).__name__} can't predict: it is no estimator")
        _one_thread(estimator)
        self._table = _table_of(signature, estimator)
        self._predict = estimator.predict
        self._labels: tuple[str, ...] = ()
        self._order: tuple[int, ...] = ()
        self._shares: Any = None
        if signature.task == "classification":
            self._labels = class_names(estimator)
            self._order = _order(signature, self._labels)
            self._shares = getattr(estimator, "predict_proba", None)
        self._most_probable = type(_last(estimator)).__name__ in _MOST_PROBABLE

    @property
    def probable(self) -> bool:
        """Does the estimator have `predict_proba`?"""
        return self._shares is not None

    def score(self, rows: Sequence[Row]) -> Scores:
        """The predictions of `rows`; every row must hold every column (its value may be None)."""
        table = self._table(rows)
        if not self._labels:
            return Scores(tuple(float(value) for value in self._predict(table).ravel()), None)
        if self._shares is None:
            return Scores(_named(self._predict(table)), None)
        shares = self._shares(table)
        if self._most_probable:
            places = shares.argmax(axis=1).tolist()
            predictions = tuple([self._labels[at] for at in places])
        else:
            predictions = _named(self._predict(table))
        lists = shares.tolist()
        return Scores(predictions, tuple([tuple([row[at] for at in self._order]) for row in lists]))


def class_names(estimator: Any) -> tuple[str, ...]:
    """The classes of a classifier as text, in the order of its probabilities."""
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        raise BadModel(
            f"a {type(_last(estimator)).__name__} that has no classes_: "
            "it isn't trained, or it is no classifier"
        )
    return _named(classes)


def column_names(estimator: Any) -> tuple[str, ...] | None:
    """The columns that the estimator was trained on by name; None when it was by place."""
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else tuple(str(name) for name in names)


def _named(values: Any) -> tuple[str, ...]:
    return tuple([level_name(value) for value in values.tolist()])


def _last(estimator: Any) -> Any:
    steps = getattr(estimator, "steps", None)
    return steps[-1][1] if steps else estimator


def _one_thread(estimator: Any) -> None:
    """One row isn't worth a pool of threads, which costs a forest more than its trees do."""
    told = estimator.get_params() if hasattr(estimator, "get_params") else {}
    many = {name: None for name in told if name == "n_jobs" or name.endswith("__n_jobs")}
    if many:
        estimator.set_params(**many)
        for part in getattr(estimator, "estimators_", ()):
            if hasattr(part, "n_jobs"):
                part.n_jobs = None


def _order(signature: ModelFile, labels: tuple[str, ...]) -> tuple[int, ...]:
    if sorted(labels) != sorted(signature.classes):
        raise BadModel(
            f"the model has the classes {', '.join(labels)}, "
            f"its signature {', '.join(signature.classes)}"
        )
    return tuple(labels.index(name) for name in signature.classes)


def _table_of(signature: ModelFile, estimator: Any) -> Callable[[Sequence[Row]], Any]:
    """How rows become what the estimator was trained on: a DataFrame, or an array by place."""
    columns = signature.columns
    names = column_names(estimator)
    if names is not None:
        known = {column.name: column for column in columns}
        if lacking := [name for name in names if name not in known]:
            raise BadModel(f"the model needs columns that the signature lacks: {lacking[0]}")
        return _frame_of(tuple(known[name] for name in names))
    width = getattr(estimator, "n_features_in_", len(columns))
    if width != len(columns):
        raise BadModel(f"the model takes {width} columns, its signature has {len(columns)}")
    return _array_of(columns)


def _array_of(columns: tuple[ModelColumn, ...]) -> Callable[[Sequence[Row]], Any]:
    import numpy as np

    names = tuple(column.name for column in columns)
    if all(column.type in _NUMBERS for column in columns):
        return lambda rows: np.array([[row[name] for name in names] for row in rows], dtype=float)

    readers = tuple((column.name, _value_of(column)) for column in columns)

    def mixed(rows: Sequence[Row]) -> Any:
        table = np.empty((len(rows), len(readers)), dtype=object)
        for at, row in enumerate(rows):
            table[at] = [read(row[name]) for name, read in readers]
        return table

    return mixed


def _frame_of(columns: tuple[ModelColumn, ...]) -> Callable[[Sequence[Row]], Any]:
    import numpy as np
    import pandas as pd

    names = [column.name for column in columns]
    numbers = all(column.type in _NUMBERS for column in columns)

    def frame(rows: Sequence[Row]) -> Any:
        if numbers:
            values = np.array([[row[name] for name in names] for row in rows], dtype=float)
            return pd.DataFrame(values, columns=names, copy=False)
        return pd.DataFrame(
            {
                column.name: np.array(
                    [row[column.name] for row in rows],
                    dtype=float if column.type in _NUMBERS else object,
                )
                for column in columns
            },
            copy=False,
        )

    return frame


def _value_of(column: ModelColumn) -> Callable[[Any], Any]:
    if column.type in _NUMBERS:
        return lambda value: math.nan if value is None else float(value)
    return lambda value: value
