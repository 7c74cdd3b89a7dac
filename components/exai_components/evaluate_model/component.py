"""evaluate-model: what the step does, from a model and rows to metrics."""

from pathlib import Path
from typing import Any

from kfp.dsl import Dataset, Input, Metrics, Model, Output


def evaluate_model(
    *,
    model: Input[Model],
    data: Input[Dataset],
    metrics: Output[Metrics],
    task: str = "",
    target: str = "",
    champion: str = "",
    signature: dict | None = None,  # type: ignore[type-arg]  # KFP's executor knows a plain one
) -> None:
    """Write the metrics of `model`, and of `champion` on the same rows, as JSON to `metrics`.

    `signature` is for a model that a step of the user's own made, which has none yet.
    """
    import json
    from concurrent.futures import ThreadPoolExecutor

    from exai_components.adopted import adopted, is_adopted
    from exai_components.evaluate_model.metrics import measured
    from exai_components.evaluate_model.scoring import score, unfit, verified
    from exai_components.model_file import SKLEARN
    from exai_components.outcome import StepFailure

    with ThreadPoolExecutor(max_workers=1) as beside:
        # The registry is asked, and scikit-learn imported, while the JVM starts and scores.
        answer = beside.submit(_champion_and_metrics, champion)
        source = Path(model.path)
        if is_adopted(source):
            answer.result()  # what a pickle needs mustn't count as absent meanwhile
        folder = adopted(source, signature or {}, Path(f"{metrics.path}.model"))
        made = verified(folder, model.metadata.get("digest") or None, "The model")
        if made.format == SKLEARN:
            answer.result()
        task, target = task or made.task, target or made.target
        table = _answered(data.path, target)
        if problem := unfit(made, table.column_names, task, target):
            raise StepFailure(
                "unfit-model",
                f"The model can't be evaluated: {problem}",
                "Evaluate on data with the columns that it was trained on",
            )
        scored = score(folder, table, target)
        met = answer.result()
    found = measured(scored)
    told = {
        "task": task,
        "rows": table.num_rows,
        "metrics": dict(sorted(found.items())),
        "champion": _compared(met, table, task, target) if met is not None else None,
        **_drawn(scored, made),
    }
    if folder != source:
        _remove(folder)
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    Path(metrics.path).write_text(text + "\n", encoding="utf-8")
    for name, value in sorted(found.items()):
        metrics.log_metric(name, value)
        print(f"{name}: {value:.6g}")


def _drawn(scored: Any, made: Any) -> dict[str, Any]:
    """What the metrics come from, as numbers and as figures, for whoever registers the model."""
    from exai_components.evaluate_model.curves import confusion, residuals, roc
    from exai_components.evaluate_model.figures import drawn
    from exai_components.evaluate_model.metrics import ScoredClasses

    if isinstance(scored, ScoredClasses):
        curves: dict[str, Any] = {"confusion": confusion(scored), "roc": roc(scored)}
        return {**curves, "figures": drawn(curves, made.importance, made.target)}
    return {"figures": drawn({"residuals": residuals(scored)}, made.importance, made.target)}


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _champion_and_metrics(reference: str) -> Any:
    """The champion that `reference` names, if any; afterwards what measures and draws is imported.

    One after the other: what asking the registry leaves out counts as absent in all threads.
    """
    from exai_components.evaluate_model.champion import find_champion
    from exai_components.evaluate_model.figures import import_matplotlib
    from exai_components.light_imports import import_sklearn, without

    met = find_champion(reference) if reference else None
    import_sklearn("sklearn.metrics")
    with without(absent=("pandas",)):
        import_matplotlib()
    return met


def _answered(path: str, target: str) -> Any:
    """The rows whose answer is known."""
    import pyarrow.compute as pc

    from exai_components.outcome import StepFailure
    from exai_components.parquet_file import read_table, require_columns

    table = read_table(path)
    require_columns(table.column_names, (target,))
    table = table.filter(pc.invert(pc.is_null(table.column(target), nan_is_null=True)))
    if not table.num_rows:
        raise StepFailure(
            "too-few-rows",
            f'There is no row with a value of "{target}" to evaluate on',
            "Bring more rows, or a larger fraction for test",
        )
    return table


def _compared(met: Any, table: Any, task: str, target: str) -> dict[str, Any]:
    """The champion's entry; without metrics, and with the reason, when it can't be compared."""
    import sys

    from exai_components.evaluate_model.metrics import measured
    from exai_components.evaluate_model.scoring import score, unfit, verified

    entry = {"version": met.version, "digest": met.digest, "uri": met.uri}
    which = f"The champion, version {met.version} of {met.model},"
    signature = verified(met.folder(), met.digest, which)
    if problem := unfit(signature, table.column_names, task, target):
        print(f"exai: {which} can't be compared: {problem}", file=sys.stderr)
        return {**entry, "metrics": {}, "problem": problem}
    found = measured(score(met.folder(), table, target, met.digest))
    return {**entry, "metrics": dict(sorted(found.items()))}
