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
) -> None:
    """Write the metrics of `model`, and of `champion` on the same rows, as JSON to `metrics`."""
    import json
    from concurrent.futures import ThreadPoolExecutor

    from exai_components.evaluate_model.metrics import measured
    from exai_components.evaluate_model.scoring import score, unfit, verified
    from exai_components.outcome import StepFailure

    folder = Path(model.path)
    signature = verified(folder, None, "The model")
    task, target = task or signature.task, target or signature.target
    # The registry is asked, and scikit-learn imported, while the JVM starts and scores.
    with ThreadPoolExecutor(max_workers=1) as beside:
        answer = beside.submit(_champion_and_metrics, champion)
        table = _answered(data.path, target)
        if problem := unfit(signature, table.column_names, task, target):
            raise StepFailure("unfit-model", f"The model can't be evaluated: {problem}")
        scored = score(folder, table, target)
        met = answer.result()
    found = measured(scored)
    told = {
        "task": task,
        "rows": table.num_rows,
        "metrics": dict(sorted(found.items())),
        "champion": _compared(met, table, task, target) if met is not None else None,
    }
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    Path(metrics.path).write_text(text + "\n", encoding="utf-8")
    for name, value in sorted(found.items()):
        metrics.log_metric(name, value)
        print(f"{name}: {value:.6g}")


def _champion_and_metrics(reference: str) -> Any:
    """The champion that `reference` names, if any; afterwards sklearn.metrics is imported.

    One after the other: what asking the registry leaves out counts as absent in all threads.
    """
    from exai_components.evaluate_model.champion import find_champion
    from exai_components.light_imports import without

    met = find_champion(reference) if reference else None
    with without(absent=("pandas",)):  # optional to scikit-learn, and of no use here
        import sklearn.metrics  # noqa: F401
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
    found = measured(score(met.folder(), table, target))
    return {**entry, "metrics": dict(sorted(found.items()))}
