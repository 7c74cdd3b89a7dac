"""A model folder and an Arrow table to metrics, through the MOJO that a server would load."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exai_components.evaluate_model import metrics
from exai_components.model_file import BadModel, ModelFile, verify
from exai_components.outcome import StepFailure, did_you_mean


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


def score(folder: Path, table: Any, target: str) -> Mapping[str, float]:
    """The metrics of the model in `folder` on the rows of `table`."""
    from exai_components.mojo import MojoScorer

    try:
        scorer = MojoScorer(folder)
    except BadModel as error:
        raise StepFailure("broken-model", f"The model can't be used: {error}") from None
    signature = scorer.signature
    rows = table.select([column.name for column in signature.columns]).to_pylist()
    scores = scorer.score(rows)
    answers = table.column(target)
    if signature.task == "regression":
        return metrics.regression(
            [float(value) for value in answers.to_pylist()],
            [float(value) for value in scores.predictions],
        )
    import pyarrow as pa

    return metrics.classification(
        answers.cast(pa.string()).to_pylist(),
        [str(value) for value in scores.predictions],
        scores.probabilities or (),
        signature.classes,
    )
