"""load-dataset: a Dataset's source as one Parquet file of the declared columns."""
