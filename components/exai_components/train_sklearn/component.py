"""train-sklearn: what the step does, from one Parquet file to a pickle and its signature."""

from pathlib import Path
from typing import Any

from kfp.dsl import Dataset, Input, Model, Output


def train_sklearn(
    *,
    data: Input[Dataset],
    target: str,
    features: list,  # type: ignore[type-arg]  # KFP's executor knows a plain list only
    estimator: str,
    model: Output[Model],
    parameters: dict | None = None,  # type: ignore[type-arg]
    folds: int = 0,
    seed: int = 0,
    task: str = "",
    feature_service: dict | None = None,  # type: ignore[type-arg]
) -> None:
    """Train `estimator` on `data`; `model` becomes a folder: model.joblib and exai-model.json."""
    from exai_components.light_imports import import_sklearn, without
    from exai_components.model_file import digest_of
    from exai_components.train_sklearn.estimators import ESTIMATORS, made, task_for

    asked = task_for(estimator, task, target)
    import_sklearn("sklearn.model_selection", "sklearn.compose", ESTIMATORS[estimator][0])
    # Arrow and scikit-learn look for pandas where it is of no use here.
    with without(absent=("pandas",)):
        told = _examples(data.path, target, tuple(str(name) for name in features), asked, task)
        from exai_components.train_sklearn.encoding import arrays, behind_steps
        from exai_components.train_sklearn.training import check_folds, train

        check_folds(told, int(folds))
        plain = made(estimator, parameters or {}, int(seed))
        trained = train(
            told, arrays(told), behind_steps(told, plain), folds=int(folds), seed=int(seed)
        )
    folder = Path(model.path)
    given = {name: plain.get_params()[name] for name in sorted(parameters or {})}
    _write(
        folder,
        told,
        trained,
        algorithm=estimator,
        parameters={**given, "seed": int(seed)},
        feature_service=feature_service or {},
    )
    model.metadata.update(format="sklearn", algorithm=estimator, digest=digest_of(folder))
    print(f"trained {estimator} on {told.table.num_rows} rows")


def _examples(path: str, target: str, features: tuple[str, ...], asked: Any, task: str) -> Any:
    import sys

    from exai_components.column_types import declared_type
    from exai_components.examples import check_names, examples, task_of
    from exai_components.outcome import StepFailure
    from exai_components.parquet_file import read_table

    table = read_table(path)
    check_names(table.column_names, target, features)
    kind = declared_type(table.schema.field(target))
    if not task and kind not in ("int32", "int64") and task_of("", target, kind) != asked:
        raise StepFailure(
            "unfit-estimator",
            f'The target "{target}" is a {kind}, which is nothing for {asked}',
            f"Take an estimator for {task_of('', target, kind)}, or another target",
        )
    told = examples(table.select([*features, target]), target, features, asked)
    for item in told.features:
        if item.constant:
            print(f"exai: {item.name} is constant: nothing to learn from it", file=sys.stderr)
    if told.table.num_rows < 2:
        raise StepFailure(
            "too-few-rows",
            f"{told.table.num_rows} rows are too few to train on",
            "Bring more rows, or a smaller fraction for test",
        )
    return told


def _write(
    folder: Path,
    told: Any,
    trained: Any,
    *,
    algorithm: str,
    parameters: dict[str, Any],
    feature_service: dict[str, Any],
) -> None:
    import joblib

    from exai_components.model_file import (
        FORMATS,
        MODEL_FILE,
        SKLEARN,
        ModelColumn,
        ModelFile,
        file_digest,
        render_model_file,
    )
    from exai_components.sklearn_scorer import MODEL

    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(trained.estimator, folder / MODEL)
    signature = ModelFile(
        task=told.task,
        target=told.target,
        columns=tuple(
            ModelColumn(item.name, item.type, item.levels, item.nullable) for item in told.features
        ),
        files={MODEL: file_digest(folder / MODEL)},
        classes=trained.classes,
        algorithm=algorithm,
        parameters=parameters,
        trained_rows=told.table.num_rows,
        format=SKLEARN,
        format_version=FORMATS[SKLEARN],
        features=feature_service,
        importance=trained.importance,
        cross_validation=trained.cross_validation,
    )
    (folder / MODEL_FILE).write_bytes(render_model_file(signature))
