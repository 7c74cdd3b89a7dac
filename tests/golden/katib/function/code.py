from kfp.dsl import Dataset, Input, Metrics, Output


def fit(
    points: Input[Dataset],
    degree: int,
    penalty: float,
    note: str,
    more: dict,
    metrics: Output[Metrics],
) -> None:
    """Fits a curve; `$(HOME)` and "$$" stay what they are."""
    import pyarrow.parquet as pq

    table = pq.read_table(points.path)
    print(f"{note}: {table.num_rows} rows, {more}")
    metrics.log_metric("error", (degree - 2) ** 2 + penalty)
