"""A feature repository written out by hand, its data as Parquet files, and what the compiler would
hand to load-features: what the feature store's tests work on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

START = datetime(2026, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]

DEFINITIONS = """
from datetime import timedelta

from exai_sources import blood, body
from feast import Entity, FeatureService, FeatureView, Field, PushSource, RequestSource, ValueType
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.transformation.pandas_transformation import PandasTransformation
from feast.types import Float64, Int64, String

from transforms.ratios_view import ratio

patient = Entity(name="patient", join_keys=["patient_id"], value_type=ValueType.INT64)
body_push = PushSource(name="body_push", batch_source=body)
body_view = FeatureView(
    name="body",
    entities=[patient],
    schema=[
        Field(name="patient_id", dtype=Int64),
        Field(name="bmi", dtype=Float64),
        Field(name="visits", dtype=Int64),
        Field(name="ward", dtype=String),
    ],
    source=body_push,
    ttl=None,
    online=True,
)
blood_view = FeatureView(
    name="blood",
    entities=[patient],
    schema=[
        Field(name="patient_id", dtype=Int64),
        Field(name="tc", dtype=Float64),
        Field(name="hdl", dtype=Float64),
    ],
    source=blood,
    ttl=timedelta(seconds=86400),
    online=True,
)
asked = RequestSource(name="asked", schema=[Field(name="factor", dtype=Float64)])
ratios = OnDemandFeatureView(
    name="ratios",
    sources=[blood_view, asked],
    schema=[Field(name="tc_to_hdl", dtype=Float64)],
    feature_transformation=PandasTransformation(udf=ratio, udf_string=RATIO),
    mode="pandas",
)
everything = FeatureService(
    name="everything", features=[body_view, blood_view[["tc"]], ratios]
)
"""
TRANSFORM = """
import pandas as pd


def ratio(inputs: pd.DataFrame) -> pd.DataFrame:
    made = pd.DataFrame()
    made["tc_to_hdl"] = inputs["tc"] / inputs["hdl"] * inputs["factor"]
    return made
"""
SOURCES = """
from feast import FileSource

body = FileSource(name="body", path="data/body.parquet", timestamp_field="seen_at")
blood = FileSource(
    name="blood",
    path="data/blood.parquet",
    timestamp_field="drawn_at",
    created_timestamp_column="written_at",
)
"""
FILES = {
    "definitions.py": DEFINITIONS.replace("RATIO", repr(TRANSFORM)),
    "transforms/ratios_view.py": TRANSFORM,
}
SQLITE = {"type": "sqlite", "path": "../online.db"}
BODY = {
    "patient_id": "int64",
    "seen_at": "timestamp",
    "bmi": "float64",
    "visits": "int64",
    "ward": "string",
}
BLOOD = {
    "patient_id": "int64",
    "drawn_at": "timestamp",
    "written_at": "timestamp",
    "tc": "float64",
    "hdl": "float64",
}
SCHEMAS = {"body": BODY, "blood": BLOOD}
TIMES = {"body": "seen_at", "blood": "drawn_at"}
TTL = timedelta(days=1)


def at(hours: float) -> datetime:
    """A time, counted from the start of the year."""
    return START + timedelta(hours=hours)


def body(patient: int, hours: float, bmi: float | None, visits: int | None = 1) -> Row:
    return {
        "patient_id": patient,
        "seen_at": at(hours),
        "bmi": bmi,
        "visits": visits,
        "ward": f"w{patient}",
    }


def blood(
    patient: int, hours: float, tc: float | None, hdl: float = 2.0, written: float = 0.0
) -> Row:
    return {
        "patient_id": patient,
        "drawn_at": at(hours),
        "written_at": at(hours + written),
        "tc": tc,
        "hdl": hdl,
    }


def table(dataset: str, rows: Sequence[Row]) -> Any:
    """Rows as load-dataset writes them."""
    from exai_components.column_types import arrow_type

    schema = pa.schema([(name, arrow_type(kind)) for name, kind in SCHEMAS[dataset].items()])
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def repository(folder: Path, online: Mapping[str, Any] = SQLITE) -> Path:
    """The repository's folder, with its settings as YAML that is JSON."""
    settings = {
        "project": "clinic",
        "provider": "local",
        "registry": {"registry_type": "sql", "path": "sqlite:///../registry.db"},
        "online_store": dict(online),
        "offline_store": {"type": "dask"},
        "entity_key_serialization_version": 3,
    }
    place = folder / "repository"
    texts = {**FILES, "exai_sources.py": SOURCES, "feature_store.yaml": json.dumps(settings)}
    for path, text in texts.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text)
    return place


def put(repository_: Path, dataset: str, rows: Sequence[Row], name: str = "now") -> Path:
    """A snapshot of a dataset, and the repository's link to it."""
    file = repository_.parent / f"{dataset}-{name}.parquet"
    pq.write_table(table(dataset, rows), file)
    link = repository_ / "data" / f"{dataset}.parquet"
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(file)
    return file


def inlined(dataset: str, source: Mapping[str, Any]) -> dict[str, Any]:
    """A Dataset as the compiler inlines it."""
    found: dict[str, Any] = {
        "name": dataset,
        "source": dict(source),
        "key": ["patient_id", TIMES[dataset]],
        "timestamp": TIMES[dataset],
        "schema": {name: {"type": kind} for name, kind in SCHEMAS[dataset].items()},
    }
    return found | ({"created": "written_at"} if dataset == "blood" else {})


def asked(sources: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What load-features gets of the service, with these sources."""
    return {
        "service": "everything",
        "repository": dict(FILES),
        "sources": {name: inlined(name, source) for name, source in sources.items()},
        "entities": {"patient": {"key": "patient_id", "type": "int64"}},
        "columns": {
            "bmi": "body:bmi",
            "visits": "body:visits",
            "ward": "body:ward",
            "tc": "blood:tc",
            "tc_to_hdl": "ratios:tc_to_hdl",
        },
        "types": {
            "bmi": "float64",
            "visits": "int64",
            "ward": "string",
            "tc": "float64",
            "tc_to_hdl": "float64",
        },
        "request": {"factor": "float64"},
    }
