"""Which types the columns of pushed rows have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from exai_compiler.project import link
from exai_runtime.features.pushing import _kinds
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

TEXT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: wards}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: body}
spec:
  source: {csv: {path: body.csv}}
  timestamp: seen_at
  created: written_at
  schema: {patient_id: int64, seen_at: date, written_at: timestamp, bmi: float64, ward: string}
"""


@pytest.mark.parametrize("offline", [False, True])
def test_a_day_is_a_day_whether_rows_are_kept_or_not(offline: bool) -> None:
    project = link(
        spec for each in read(TEXT, "exai.yaml")[0] if isinstance(spec := parse(each), Spec)
    )
    times = {"timestamp": "seen_at", "created": "written_at"}
    place: Any = SimpleNamespace(
        spec={"sources": {"body": times}}, checked=SimpleNamespace(project=project)
    )
    view = {"source": "body", "schema": {"patient_id": "int64", "bmi": "float64"}}
    found = _kinds(place, view, offline=offline)
    assert (found["seen_at"], found["written_at"]) == ("date", "timestamp")
    assert ("ward" in found) is offline
