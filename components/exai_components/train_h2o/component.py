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
    leaderboard: Output[Dataset],
    algorithm: str = "gbm",
    parameters: dict | None = None,  # type: ignore[type-arg]
    seed: int = 0,
    task: str = "",
    feature_service: dict | None = None,  # type: ignore[type-arg]
) -> None:
    """Train `algorithm` on `data`; `model` becomes a folder with model.zip and exai-model.json."""
    from exai_components.model_file import digest_of
    from exai_components.train_h2o.algorithms import asked
    from exai_components.train_h2o.cluster import Cluster

    wanted = asked(algorithm, parameters or {}, int(seed))
    folder = Path(model.path)
    # The JVM takes its seconds while the data is read and h2o is imported.
    size = Path(data.path).stat().st_size
    with Cluster(folder.parent / f".h2o-{folder.name}", size) as cluster:
        signature, board = _train(
            cluster,
            data.path,
            target=target,
            features=tuple(str(name) for name in features),
            task=task,
            wanted=wanted,
            folder=folder,
            feature_service=feature_service or {},
        )
    _write_leaderboard(board, leaderboard.path if leaderboard is not None else "")
    model.metadata.update(format=signature.format, algorithm=algorithm, digest=digest_of(folder))
    print(f"trained {algorithm} on {signature.trained_rows} rows")


def _train(
    cluster: Any,
    data: str,
    *,
    target: str,
    features: tuple[str, ...],
    task: str,
    wanted: Any,
    folder: Path,
    feature_service: dict[str, Any],
) -> tuple[Any, list[dict[str, Any]]]:
    """The written signature, and the rows of the leaderboard."""
    import sys

    from exai_components.examples import check_names, examples, require_rows
    from exai_components.light_imports import without
    from exai_components.model_file import (
        LEADERBOARD,
        MODEL_FILE,
        ModelColumn,
        ModelFile,
        file_digest,
        render_leaderboard,
        render_model_file,
    )
    from exai_components.parquet_file import read_table
    from exai_components.train_h2o.training import train

    # Arrow and h2o look for pandas where it is of no use here.
    with without(absent=("pandas",)):
        from pyarrow import csv

        table = read_table(data)
        check_names(table.column_names, target, features)
        told = examples(table.select([*features, target]), target, features, task)
        if wanted.algorithm.min_rows is not None:
            least = wanted.given.get("min_rows", wanted.algorithm.min_rows)
            require_rows(told.table.num_rows, least)
        for item in told.features:
            if item.constant:
                print(f"exai: {item.name} is constant: nothing to learn from it", file=sys.stderr)
        rows = cluster.folder / "examples.csv"
        csv.write_csv(told.table, rows)
        folder.mkdir(parents=True, exist_ok=True)
        mojo = folder / "model.zip"
        import h2o  # noqa: F401  # a second that the JVM needs anyway

    trained = train(cluster.url(), rows, told, wanted, mojo=mojo)
    name = wanted.algorithm.name
    extra = {"leader": trained.leader} if name == "automl" else {}
    files = {mojo.name: file_digest(mojo)}
    if trained.leaderboard:
        (folder / LEADERBOARD).write_bytes(render_leaderboard(trained.leaderboard))
        files[LEADERBOARD] = file_digest(folder / LEADERBOARD)
    signature = ModelFile(
        task=told.task,
        target=target,
        columns=tuple(
            ModelColumn(item.name, item.type, trained.levels.get(item.name, ()), item.nullable)
            for item in told.features
        ),
        files=files,
        classes=trained.classes,
        algorithm=name,
        parameters={**wanted.given, **extra, "seed": wanted.seed},
        trained_rows=told.table.num_rows,
        features=feature_service,
        importance=trained.importance,
        cross_validation=trained.cross_validation,
    )
    (folder / MODEL_FILE).write_bytes(render_model_file(signature))
    alone = {"model_id": name, **{key: fold.mean for key, fold in trained.cross_validation.items()}}
    return signature, [dict(row) for row in trained.leaderboard] or [alone]


def _write_leaderboard(rows: list[dict[str, Any]], path: str) -> None:
    """One row a model, the best first; a model trained alone has it to itself."""
    from exai_components.light_imports import without
    from exai_components.parquet_file import write_table

    if path:
        with without(absent=("pandas",)):  # Arrow asks each list whether it is pandas'
            import pyarrow as pa

            write_table(pa.Table.from_pylist(rows), path)
