"""train-h2o: what the step does, from one Parquet file to a MOJO and its signature."""

from pathlib import Path
from typing import Any

from kfp.dsl import Dataset, Input, Model, Output


def train_h2o(
    *,
    data: Input[Dataset],
    target: str,
    features: list,  # type: ignore[type-arg]  # KFP's executor knows a plain list only
    model: Output[Model],
    algorithm: str = "gbm",
    parameters: dict | None = None,  # type: ignore[type-arg]
    seed: int = 0,
    task: str = "",
) -> None:
    """Train `algorithm` on `data`; `model` becomes a folder with model.zip and exai-model.json."""
    from exai_components.model_file import digest_of
    from exai_components.outcome import StepFailure, did_you_mean
    from exai_components.structs import typed_parameters
    from exai_components.train_h2o.cluster import Cluster
    from exai_components.train_h2o.gbm import PARAMETERS

    if algorithm != "gbm":
        raise StepFailure(
            "unknown-algorithm",
            f'train-h2o has no algorithm "{algorithm}"',
            did_you_mean(algorithm, ("gbm",)),
        )
    typed = typed_parameters(parameters or {}, PARAMETERS, "train-h2o")
    folder = Path(model.path)
    # The JVM takes its seconds while the data is read and h2o is imported.
    size = Path(data.path).stat().st_size
    with Cluster(folder.parent / f".h2o-{folder.name}", size) as cluster:
        names = tuple(str(name) for name in features)
        rows = _train(
            cluster,
            data.path,
            target=target,
            features=names,
            task=task,
            parameters=typed,
            seed=int(seed),
            folder=folder,
        )
    model.metadata.update(format="h2o-mojo", algorithm=algorithm, digest=digest_of(folder))
    print(f"trained {algorithm} on {rows} rows")


def _train(
    cluster: Any,
    data: str,
    *,
    target: str,
    features: tuple[str, ...],
    task: str,
    parameters: dict[str, Any],
    seed: int,
    folder: Path,
) -> int:
    import sys

    from exai_components.light_imports import without
    from exai_components.model_file import (
        MODEL_FILE,
        ModelColumn,
        ModelFile,
        file_digest,
        render_model_file,
    )
    from exai_components.parquet_file import read_table
    from exai_components.train_h2o.examples import check_names, examples, require_rows
    from exai_components.train_h2o.gbm import DEFAULT_MIN_ROWS, train_gbm

    # Arrow and h2o look for pandas where it is of no use here.
    with without(absent=("pandas",)):
        from pyarrow import csv

        table = read_table(data)
        check_names(table.column_names, target, features)
        told = examples(table.select([*features, target]), target, features, task)
        require_rows(told.table.num_rows, parameters.get("min_rows", DEFAULT_MIN_ROWS))
        for item in told.features:
            if item.constant:
                print(f"exai: {item.name} is constant: nothing to learn from it", file=sys.stderr)
        rows = cluster.folder / "examples.csv"
        csv.write_csv(told.table, rows)
        folder.mkdir(parents=True, exist_ok=True)
        mojo = folder / "model.zip"
        import h2o  # noqa: F401  # a second that the JVM needs anyway

        trained = train_gbm(cluster.url(), rows, told, parameters, seed=seed, mojo=mojo)
    signature = ModelFile(
        task=told.task,
        target=target,
        columns=tuple(
            ModelColumn(item.name, item.type, trained.levels.get(item.name, ()), item.nullable)
            for item in told.features
        ),
        files={mojo.name: file_digest(mojo)},
        classes=trained.classes,
        algorithm="gbm",
        parameters={**parameters, "seed": seed},
        trained_rows=told.table.num_rows,
    )
    (folder / MODEL_FILE).write_bytes(render_model_file(signature))
    return signature.trained_rows
