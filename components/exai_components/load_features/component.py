"""load-features: what the step does, from a dataset's rows and a FeatureService to one table."""

from kfp.dsl import Dataset, Input, Output


def load_features(
    features: dict,  # type: ignore[type-arg]
    data: Input[Dataset],
    data_: Output[Dataset],
    timestamp: str = "",
) -> None:
    """Join the features of `features` to each row of `data` as they were at its `timestamp`.

    KFP's executor knows a plain `dict`, not `dict[str, Any]`.
    """
    import tempfile
    from pathlib import Path

    from exai_components.load_features.asked import read_asked
    from exai_components.load_features.join import join_features
    from exai_components.outcome import write_notes
    from exai_components.parquet_file import read_table, write_table

    asked = read_asked(features, timestamp)
    with tempfile.TemporaryDirectory(prefix="exai-features-") as scratch:
        joined = join_features(asked, read_table(data.path), Path(scratch))
    write_table(joined.table, data_.path)
    data_.metadata["rows"] = joined.table.num_rows
    write_notes(Path(data_.path).parent, joined.notes)
    print(f"{asked.service}: {joined.table.num_rows} rows, {len(asked.columns)} features")
