"""What the tests of looked-up features serve: a store with known values, and a model whose
prediction says which values it got.

bmi + 10 * visits + 100 * tc + 1000 * tc_to_hdl + weight, where a missing value counts as nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from features.made import SQLITE, START, Row, blood, body, put, repository

from exai_components.model_file import (
    MODEL_FILE,
    ModelColumn,
    ModelFile,
    file_digest,
    render_model_file,
)

COLUMNS = ("bmi", "visits", "tc", "tc_to_hdl", "weight")
WORTH = (1.0, 10.0, 100.0, 1000.0, 1.0)
FEATURES = {
    "service": "everything",
    "views": {"body": "m1", "blood": "m2", "ratios": "m3"},
    "columns": {
        "bmi": "body:bmi",
        "visits": "body:visits",
        "tc": "blood:tc",
        "tc_to_hdl": "ratios:tc_to_hdl",
    },
    "entities": {"patient_id": "int64"},
    "request": {"factor": "float64"},
}
# By patient: whole; without bmi; older than blood's ttl of a day; twice seen.
WHOLE, NULL, STALE, OTHER, NOBODY = 1, 2, 3, 4, 99999


def hours_ago(hours: float) -> float:
    """A time as the rows have it."""
    return (datetime.now(UTC) - START).total_seconds() / 3600 - hours


def rows() -> dict[str, Sequence[Row]]:
    """What the views say: see above."""
    recent, old = hours_ago(1), hours_ago(50)
    return {
        "body": [
            body(WHOLE, old, 20.0, 3),
            body(NULL, recent, None, 5),
            body(STALE, recent, 22.0, 7),
            body(OTHER, recent, 24.0, 9),
        ],
        "blood": [
            blood(WHOLE, recent, 4.0),
            blood(NULL, recent, 6.0),
            blood(STALE, old, 8.0),
            blood(OTHER, recent, 10.0),
        ],
    }


def worth(bmi: float, visits: float, tc: float, ratio: float, weight: float = 0.0) -> float:
    """What the model predicts."""
    given = (bmi, visits, tc, ratio, weight)
    return sum(value * each for value, each in zip(given, WORTH, strict=True))


def row(patient: int, factor: float = 1.0, weight: float = 0.5) -> dict[str, Any]:
    """What a request holds."""
    return {"patient_id": patient, "factor": factor, "weight": weight}


def fill(folder: Path, online: Mapping[str, Any] = SQLITE) -> Path:
    """An applied repository with materialized views."""
    from exai_components.feature_store.repository import apply_repository

    place = repository(folder, online)
    for dataset, some in rows().items():
        put(place, dataset, some)
    apply_repository(place)
    materialize_all(place)
    return place


def materialize_all(place: Path) -> None:
    """Brings both views online as their data are now."""
    from exai_components.feature_store.materialize import materialize
    from exai_components.feature_store.repository import open_store

    store = open_store(place)
    for view in ("body", "blood"):
        materialize(store, view, None, changed=True)


def environment(place: Path, on_missing: str = "error", **more: Any) -> dict[str, str]:
    """What the server is started with."""
    policy = {"service": "everything", "onMissing": on_missing, **more}
    return {"EXAI_FEATURES": json.dumps(policy), "EXAI_FEATURE_REPOSITORY": str(place)}


def model(folder: Path, features: Mapping[str, Any] = FEATURES, drop: str = "") -> Path:
    """The model above, in a folder of its own."""
    import numpy as np
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline

    names = [name for name in COLUMNS if name != drop]
    table = np.random.default_rng(7).uniform(0, 9, (200, len(names)))
    weights = [each for name, each in zip(COLUMNS, WORTH, strict=True) if name != drop]
    learner = LinearRegression(fit_intercept=False)
    estimator = make_pipeline(SimpleImputer(strategy="constant", fill_value=0.0), learner)
    estimator.fit(table, table @ np.array(weights))
    columns = tuple(
        ModelColumn(name, "int64" if name == "visits" else "float64", nullable=name != "weight")
        for name in names
    )
    return save(folder, estimator, columns, features=features)


def save(
    folder: Path,
    estimator: Any,
    columns: Sequence[ModelColumn],
    classes: tuple[str, ...] = (),
    features: Mapping[str, Any] | None = None,
) -> Path:
    """A scikit-learn model with its signature."""
    import joblib

    folder.mkdir(parents=True)
    joblib.dump(estimator, folder / "model.joblib")
    signature = ModelFile(
        task="classification" if classes else "regression",
        target="y",
        columns=tuple(columns),
        files={"model.joblib": file_digest(folder / "model.joblib")},
        classes=classes,
        format="sklearn",
        format_version="1",
        features=dict(features or {}),
    )
    (folder / MODEL_FILE).write_bytes(render_model_file(signature))
    return folder


class asked_all_the_time:
    """Requests to one port, in a thread; the statuses, or what went wrong."""

    def __init__(self, port: int, path: str, body: Any) -> None:
        self.port, self.path = port, path
        self.content = json.dumps(body)
        self.answers: list[Any] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> list[Any]:
        self._thread.start()
        return self.answers

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        import http.client

        head = {"content-type": "application/json"}
        while not self._stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                connection.request("POST", self.path, self.content, head)
                self.answers.append(connection.getresponse().status)
            except OSError as error:
                self.answers.append(repr(error))
            finally:
                connection.close()
