"""examples/diabetes, with the real parts: features joined for training as they were, looked up for
serving as they are, and the same numbers in both where nothing has changed in between."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, MakeProject, Project

pytestmark = pytest.mark.slow

DIABETES = ROOT / "examples" / "diabetes"
FEATURES = ("age", "bmi", "bp", "ltg", "glu", "tc_to_hdl")
# Every third patient has a later visit, after the outcome: make_data.py.
SEEN_AGAIN, SEEN_ONCE = 3, 7


def training_rows(project: Project) -> dict[int, dict[str, Any]]:
    """What `load-features` made, by patient."""
    from pyarrow import parquet

    work = project.root / ".exai" / "local" / "runs"
    (file,) = (path for path in work.glob("*/**/features/data") if path.is_file())
    rows = parquet.read_table(file).to_pylist()
    return {row["patient_id"]: row for row in rows}


def online_values(project: Project, patient: int) -> dict[str, Any]:
    """What a service would see of a patient, as `exai features get` prints it."""
    answer = project.json(
        "features", "get", "diabetes_features", "--entity", f"patient_id={patient}"
    )
    (row,) = answer["rows"]
    return {name: cell["value"] for name, cell in row["features"].items()}


def predicted(url: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"{url}/v1/models/diabetes:predict",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["predictions"][0]["prediction"]


def test_training_and_serving_see_the_same_features(make_project: MakeProject) -> None:
    project = make_project("diabetes", example=DIABETES)
    planned = project.exai("plan").stdout
    assert "materialize" in planned
    assert "FeatureRepository/diabetes_platform" in planned
    project.exai("apply", "--yes")
    assert project.changes() == []

    trained = training_rows(project)
    once, again = online_values(project, SEEN_ONCE), online_values(project, SEEN_AGAIN)
    assert {name: trained[SEEN_ONCE][name] for name in FEATURES} == {
        name: once[name] for name in FEATURES
    }
    # The later visit is online, and was no part of the training: it came after the outcome.
    assert again["age"] == trained[SEEN_AGAIN]["age"] + 1.5
    assert again["glu"] == trained[SEEN_AGAIN]["glu"]

    # The service answers by key what the model says of those very values.
    from sklearn.linear_model import Ridge  # noqa: F401 - what the file below holds

    answer = predicted(project.url, {"instances": [{"patient_id": SEEN_ONCE}]})
    assert answer == pytest.approx(scored(project, trained[SEEN_ONCE]), abs=1e-9)
    said = project.exai("predict", "diabetes", "--row", f"patient_id={SEEN_ONCE}").stdout
    assert f"{answer:.4g}"[:3] in said

    unknown = project.exai("predict", "diabetes", "--row", "patient_id=99999", code=1)
    assert "patient_id" in unknown.stderr
    assert "99999" in unknown.stderr
    assert "body" in project.exai("status").stdout

    new_data_reaches_the_service(project)


def scored(project: Project, row: dict[str, Any]) -> float:
    """The registered model, asked without a server: the file is this very run's own."""
    import joblib
    import pandas as pd

    (file,) = Path(project.root / ".exai" / "local" / "models").rglob("model.joblib")
    model = joblib.load(file)
    return float(model.predict(pd.DataFrame([{name: row[name] for name in FEATURES}]))[0])


def new_data_reaches_the_service(project: Project) -> None:
    """A new visit of one patient: its view is materialized, and the service sees it at once."""
    import pyarrow as pa
    from pyarrow import parquet

    before = predicted(project.url, {"instances": [{"patient_id": SEEN_ONCE}]})
    file = project.root / "data" / "measurements.parquet"
    table = parquet.read_table(file)
    visit = dict(table.filter(pa.compute.equal(table["patient_id"], SEEN_ONCE)).to_pylist()[0])
    visit["measured_at"] = max(table["measured_at"].to_pylist()).replace(microsecond=1)
    visit["bmi"] += 10
    parquet.write_table(
        pa.concat_tables([table, pa.Table.from_pylist([visit], table.schema)]), file
    )
    verbs = [(change["verb"], change["subject"]) for change in project.changes()]
    assert ("materialize", "FeatureView/body") in verbs
    assert ("materialize", "FeatureView/serum") not in verbs
    project.exai("apply", "--yes", code=None)
    assert online_values(project, SEEN_ONCE)["bmi"] == visit["bmi"]
    assert predicted(project.url, {"instances": [{"patient_id": SEEN_ONCE}]}) != before
