"""A model folder and an Arrow table to predictions, by the scorer that a server would load."""

import math
from pathlib import Path
from typing import Any

from exai_components.evaluate_model.metrics import Scored, ScoredClasses, ScoredNumbers
from exai_components.model_file import BadModel, ModelFile, verify
from exai_components.outcome import StepFailure, did_you_mean
from exai_components.scorer import open_scorer
from exai_components.scores import level_name


def verified(folder: Path, digest: str | None, which: str) -> ModelFile:
    """The signature of a model whose files are what they should be; else a final failure."""
    try:
        return verify(folder, digest)
    except BadModel as error:
        raise StepFailure(
            "broken-model", f"{which} can't be used: {error}", "Train it again"
        ) from None


def unfit(signature: ModelFile, present: list[str], task: str, target: str) -> str:
    """Why a model can't be scored on these columns; empty when it can."""
    if signature.task != task:
        return f"it was trained for {signature.task}, not {task}"
    if signature.target != target:
        return f'it predicts "{signature.target}", not "{target}"'
    for column in signature.columns:
        if column.name not in present:
            hint = did_you_mean(column.name, present)
            return f'it needs the column "{column.name}", which the data lacks. {hint}'
    return ""


def score(folder: Path, table: Any, target: str, digest: str | None = None) -> Scored:
    """What the model in `folder` predicts for the rows of `table`, beside what is true.

    Without a `digest` the model is of this very run: a pickle is loaded then, too.
    """
    try:
        scorer = open_scorer(folder, digest, trusted_run=digest is None)
    except BadModel as error:
        raise StepFailure(
            "broken-model", f"The model can't be used: {error}", "Train it again"
        ) from None
    signature = scorer.signature
    rows = table.select([column.name for column in signature.columns]).to_pylist()
    answers = table.column(target).to_pylist()
    if signature.task == "regression":
        values = tuple(_finite(value, target) for value in answers)
        found = scorer.score(rows).predictions
        return ScoredNumbers(values, tuple(float(value) for value in found))
    scores = scorer.score(rows)
    return ScoredClasses(
        labels=tuple(level_name(value) for value in answers),
        predictions=tuple(str(value) for value in scores.predictions),
        probabilities=scores.probabilities,
        classes=signature.classes,
    )


def _finite(value: Any, target: str) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise StepFailure(
            "unfit-target",
            f'The target "{target}" has a value that is infinite',
            "Mend the data: an error against it can't be measured",
        )
    return number
