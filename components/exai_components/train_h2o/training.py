"""Training by H2O: from a CSV file to a MOJO.

In: a cluster's address, `Examples`, what is asked. Out: the MOJO file and what the model itself
says of its levels, classes, importance and folds.
Never shows H2O's own wall of text: what it refuses becomes one line.
"""

import contextlib
import io
import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exai_components.examples import Examples
from exai_components.model_file import Fold
from exai_components.outcome import StepFailure
from exai_components.train_h2o.account import (
    cross_validation,
    importance,
    leaderboard,
    levels_and_classes,
)
from exai_components.train_h2o.algorithms import Asked, family


@dataclass(frozen=True, slots=True)
class Trained:
    """The model's own account of itself; `leader` is the algorithm that made it."""

    levels: Mapping[str, tuple[str, ...]]
    classes: tuple[str, ...]
    importance: Mapping[str, float]
    cross_validation: Mapping[str, Fold]
    leader: str
    leaderboard: tuple[Mapping[str, Any], ...]


def train(url: str, data: Path, told: Examples, wanted: Asked, *, mojo: Path) -> Trained:
    """Train on the CSV file `data` and write the MOJO to `mojo`."""
    import h2o
    from h2o.exceptions import H2OResponseError, H2OServerError

    os.environ["NO_PROXY"] = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1")))
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # h2o advertises its newest version
            connection = h2o.connect(url=url, verbose=False)
        h2o.no_progress()
        try:
            frame = _upload(data, told)
            with _warnings_in_short():
                model, board = _fitted(told, wanted, frame)
            model.download_mojo(path=str(mojo))
        finally:
            connection.close()
    except H2OServerError as error:
        raise StepFailure(
            "h2o-failed", f"H2O failed: {one_line(error)}", "See the step's log", final=False
        ) from None
    except (H2OResponseError, OSError, ValueError, TypeError) as error:
        raise StepFailure(
            "training-refused",
            f"H2O refuses to train: {one_line(error)}",
            "Mend the parameters of the step, or its data",
        ) from None
    levels, classes = levels_and_classes(model, told)
    return Trained(
        levels=levels,
        classes=classes,
        importance=importance(model, [item.name for item in told.features]),
        cross_validation=cross_validation(model, told.task),
        leader=str(model.algo),
        leaderboard=board,
    )


def one_line(error: Exception) -> str:
    """H2O's reasons from its long messages; else the first line that says something."""
    told = getattr(error.args[0], "msg", None) if error.args else None
    text = str(told or error)
    if reasons := re.findall(r"ERRR on field: _?(\w+): (.+)", text):
        return "; ".join(dict.fromkeys(f"{name}: {why.strip()}" for name, why in reasons))
    if choice := re.search(r"`(\w+)` should be a \??Enum\[(.*?)\], got \w+ (.*)", text):
        known = ", ".join(sorted(re.findall(r'"(\w+)"', choice[2])))
        return f"{choice[1]} is {choice[3].rstrip('.')}, it must be one of {known}"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines or ["it didn't say why"])[0][:300]


def _fitted(told: Examples, wanted: Asked, frame: Any) -> tuple[Any, tuple[dict[str, Any], ...]]:
    """The trained model, and the leaderboard that it was found on, if any."""
    given = dict(wanted.given)
    columns = {"x": [item.name for item in told.features], "y": told.target}
    if wanted.algorithm.name == "automl":
        return _searched(given, wanted.seed, columns, frame)
    import h2o.estimators

    if wanted.algorithm.name == "glm":
        given["family"] = family(wanted, told.task, len(told.classes))
        if "lambda" in given:
            given["lambda_"] = given.pop("lambda")  # a word of Python's own
    estimator = getattr(h2o.estimators, wanted.algorithm.estimator)(seed=wanted.seed, **given)
    estimator.train(**columns, training_frame=frame)
    return estimator, ()


def _searched(
    given: dict[str, Any], seed: int, columns: dict[str, Any], frame: Any
) -> tuple[Any, tuple[dict[str, Any], ...]]:
    from h2o.automl import H2OAutoML

    if "include_algos" not in given:
        without = {*given.pop("exclude_algos", ()), "DeepLearning", "XGBoost"}
        given["exclude_algos"] = sorted(without)
    search = H2OAutoML(seed=seed, verbosity=None, **given)
    with contextlib.redirect_stdout(io.StringIO()):
        search.train(**columns, training_frame=frame)
    if search.leader is None:
        raise StepFailure(
            "no-leader",
            "AutoML has built no model within its limits",
            "Raise max_runtime_secs or max_models, bring more rows, or let it try more algorithms",
        )
    return search.leader, leaderboard(search.leaderboard.get_frame_data())


@contextlib.contextmanager
def _warnings_in_short() -> Iterator[None]:
    """What H2O warns of as lines of the step's log, without the places in its code."""
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        yield
    for text in dict.fromkeys(str(item.message) for item in met):
        if "constant columns" not in text:  # that is said before
            print(f"exai: H2O warns: {' '.join(text.split())[:300]}", file=sys.stderr)


def _upload(data: Path, told: Examples) -> Any:
    import h2o

    types = {item.name: item.kind for item in told.features}
    types[told.target] = "enum" if told.task == "classification" else "numeric"
    frame = h2o.upload_file(
        str(data), header=1, sep=",", col_names=list(types), col_types=list(types.values())
    )
    if frame.nrows != told.table.num_rows:
        raise StepFailure(
            "unreadable-rows",
            f"H2O read {frame.nrows} of {told.table.num_rows} rows",
            "A text that holds a line break can't be a category: mend the data",
        )
    return frame
