"""The steps of own-training that are this project's own code."""

from kfp.dsl import Dataset, Input, Model, Output


def train(
    data: Input[Dataset],
    model: Output[Model],
    neighbours: int = 5,
    scale: bool = True,
) -> None:
    """Train on the rows of the Parquet file `data.path`; leave `model.joblib` in `model.path`."""
    from pathlib import Path

    import joblib
    import pandas as pd
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = pd.read_parquet(data.path)
    columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    steps = [StandardScaler()] if scale else []
    fitted = make_pipeline(*steps, KNeighborsClassifier(neighbours))
    fitted.fit(rows[columns], rows["species"])

    Path(model.path).mkdir(parents=True)
    joblib.dump(fitted, Path(model.path) / "model.joblib")
    print(f"trained on {len(rows)} rows")
