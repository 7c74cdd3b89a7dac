"""A model that a user's own step made: a pickle alone becomes a model folder with its signature.

In: what the step left (a folder with one pickle, or the pickle itself), and the signature of the
Model that it is registered as. Out: a folder with `model.joblib` and `exai-model.json`.
Never changes what the step left, and never adopts anything but a model of this very run: its pickle
is loaded here, to ask it for its classes. From here on its digest is declared.
"""

import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from exai_components.model_file import (
    FORMATS,
    MODEL_FILE,
    SKLEARN,
    BadModel,
    ModelColumn,
    ModelFile,
    file_digest,
    render_model_file,
)
from exai_components.outcome import StepFailure

_PICKLES = (".joblib", ".pkl", ".pickle")


def adopted(source: Path, signature: Mapping[str, Any], into: Path) -> Path:
    """`source` when it is a model folder already; else a new folder at `into`."""
    if (source / MODEL_FILE).is_file():
        return source
    pickle = _pickle_in(source)
    if not signature:
        raise StepFailure(
            "no-signature",
            "The model is a pickle alone: nothing says which columns it takes",
            "Write its inputs and outputs under spec.signature of the Model",
        )
    from exai_components.sklearn_scorer import MODEL, SklearnScorer, unpickled

    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    data = pickle.read_bytes()
    (into / MODEL).write_bytes(data)
    try:
        estimator = unpickled(data, pickle)
        model = _described(estimator, signature, {MODEL: file_digest(into / MODEL)})
        SklearnScorer(model, estimator)
    except BadModel as error:
        raise StepFailure(
            "unfit-signature",
            f"The step's model doesn't fit spec.signature of its Model: {error}",
            "Mend the signature, or the step",
        ) from None
    (into / MODEL_FILE).write_bytes(render_model_file(model))
    return into


def is_adopted(source: Path) -> bool:
    """Whether there is something to adopt: no `exai-model.json` beside the files."""
    return not (source / MODEL_FILE).is_file()


def _pickle_in(source: Path) -> Path:
    if source.is_file():
        return source
    files = sorted(path for path in source.rglob("*") if path.is_file()) if source.exists() else []
    pickles = [path for path in files if path.suffix in _PICKLES]
    if len(pickles) == 1:
        return pickles[0]
    held = ", ".join(path.name for path in files[:5]) or "nothing"
    raise StepFailure(
        "not-a-model",
        f"The model's folder holds {held}: {len(pickles)} pickles, expected one",
        "A step of your own writes one model.joblib (joblib.dump) into its Model output",
    )


def _described(estimator: Any, signature: Mapping[str, Any], files: Mapping[str, str]) -> ModelFile:
    from exai_components.sklearn_scorer import class_names

    task = signature["task"]
    columns = tuple(
        ModelColumn(str(item["name"]), str(item["type"]), (), bool(item.get("nullable", True)))
        for item in signature["columns"]
    )
    steps = getattr(estimator, "steps", None)
    last = steps[-1][1] if steps else estimator
    return ModelFile(
        task=task,
        target=str(signature["target"]),
        columns=columns,
        files=files,
        classes=class_names(estimator) if task == "classification" else (),
        algorithm=type(last).__name__,
        parameters=dict(sorted(_parameters(last))),
        format=SKLEARN,
        format_version=FORMATS[SKLEARN],
        features=signature.get("feature_service") or {},
        importance=_importance(last, [column.name for column in columns]),
    )


def _parameters(estimator: Any) -> Iterator[tuple[str, Any]]:
    """What of an estimator's parameters JSON can hold."""
    told = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}
    for name, value in told.items():
        if value is None or isinstance(value, bool | int | str):
            yield name, value
        elif isinstance(value, float) and math.isfinite(value):
            yield name, float(value)


def _importance(estimator: Any, columns: Sequence[str]) -> dict[str, float]:
    """`feature_importances_`, where there is one for each column."""
    weights = getattr(estimator, "feature_importances_", None)
    if weights is None or len(weights) != len(columns):
        return {}
    found = [abs(float(weight)) for weight in weights]
    whole = sum(found)
    if not 0 < whole < math.inf:
        return {}
    return {name: weight / whole for name, weight in zip(columns, found, strict=True)}
