"""H2O's gradient boosting: parameters, training, export.

In: a cluster's address and `Examples`. Out: the MOJO file and what the model itself says of its
levels and classes.
Never shows H2O's own wall of text: what it refuses becomes one line.
"""

import contextlib
import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exai_components.outcome import StepFailure
from exai_components.train_h2o.examples import Examples

# The parameters that a spec may set, by KFP's types; component.yaml lists the same (a test).
PARAMETERS: Mapping[str, str] = {
    "balance_classes": "boolean",
    "col_sample_rate": "double",
    "col_sample_rate_per_tree": "double",
    "distribution": "string",
    "learn_rate": "double",
    "learn_rate_annealing": "double",
    "max_depth": "integer",
    "min_rows": "double",
    "min_split_improvement": "double",
    "nbins": "integer",
    "nbins_cats": "integer",
    "nfolds": "integer",
    "ntrees": "integer",
    "sample_rate": "double",
    "score_tree_interval": "integer",
    "stopping_metric": "string",
    "stopping_rounds": "integer",
    "stopping_tolerance": "double",
}
DEFAULT_MIN_ROWS = 10.0


@dataclass(frozen=True, slots=True)
class Trained:
    """The model's own account of itself: levels by categorical column, classes in its order."""

    levels: Mapping[str, tuple[str, ...]]
    classes: tuple[str, ...]


def train_gbm(
    url: str, data: Path, told: Examples, parameters: Mapping[str, Any], *, seed: int, mojo: Path
) -> Trained:
    """Train on the CSV file `data` and write the MOJO to `mojo`."""
    import h2o
    from h2o.estimators import H2OGradientBoostingEstimator
    from h2o.exceptions import H2OResponseError, H2OServerError

    os.environ["NO_PROXY"] = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1")))
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # h2o advertises its newest version
            connection = h2o.connect(url=url, verbose=False)
        h2o.no_progress()
        try:
            frame = _upload(data, told)
            estimator = H2OGradientBoostingEstimator(seed=seed, **parameters)
            estimator.train(
                x=[item.name for item in told.features], y=told.target, training_frame=frame
            )
            estimator.download_mojo(path=str(mojo))
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
    output = estimator._model_json["output"]
    domains = dict(zip(output["names"], output["domains"], strict=True))
    return Trained(
        levels={
            item.name: tuple(domains.get(item.name) or item.levels)
            for item in told.features
            if item.h2o_type == "enum"
        },
        classes=tuple(domains[told.target] or ()),
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


def _upload(data: Path, told: Examples) -> Any:
    import h2o

    types = {item.name: item.h2o_type for item in told.features}
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
