"""A project of feature views alone, on disk: what the target's and the command line's tests use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from features import made

from exai_compiler.changes import Create, Materialize, Outcome, Update
from exai_runtime.compiling import Compiled, check_project, compile_environment, environment_for
from exai_runtime.local.target import LocalTarget
from exai_runtime.workspace import load

PROJECT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: clinic-platform, owner: clinic-team}
spec:
  specs: [specs/]
  environments:
    local: {target: local FEATURES}
"""
SPECS = """
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: body, owner: clinic-team}
spec:
  source: {parquet: {path: data/body.parquet}}
  key: [patient_id, seen_at]
  timestamp: seen_at
  schema: {patient_id: int64, seen_at: timestamp, bmi: float64, visits: int64, ward: string}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: blood, owner: clinic-team}
spec:
  source: {parquet: {path: data/blood.parquet}}
  key: [patient_id, drawn_at]
  timestamp: drawn_at
  created: written_at
  schema:
    {patient_id: int64, drawn_at: timestamp, written_at: timestamp, tc: float64, hdl: float64}
---
apiVersion: exai.dev/v1alpha1
kind: Entity
metadata: {name: patient, owner: clinic-team}
spec: {type: int64, key: patient_id}
---
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata: {name: body, owner: clinic-team}
spec:
  dataset: body
  entities: [patient]
  features: [bmi, visits, ward]
  push: body_push
  offline: true
  materialize: {on: data}
---
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata: {name: blood, owner: clinic-team}
spec:
  dataset: blood
  entities: [patient]
  features: [tc, hdl]
  ttl: 1d
  materialize: {on: data, every: 1s}
---
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata: {name: ratios, owner: clinic-team}
spec:
  transform:
    python: ratios.py:ratio
    sources: [blood]
    request: {name: asked, schema: {factor: float64}}
  schema: {tc_to_hdl: float64}
---
apiVersion: exai.dev/v1alpha1
kind: FeatureService
metadata: {name: everything, owner: clinic-team}
spec: {features: [body, "blood:tc", ratios]}
"""


@dataclass(frozen=True)
class Clinic:
    """The project's folder, and its environment `local`."""

    root: Path

    def data(self, dataset: str, rows: Sequence[made.Row]) -> None:
        """New data at the dataset's source."""
        (self.root / "data").mkdir(exist_ok=True)
        fresh = self.root / "data" / f".{dataset}"
        pq.write_table(made.table(dataset, rows), fresh)
        fresh.replace(self.root / "data" / f"{dataset}.parquet")

    @property
    def features(self) -> Path:
        return self.root / ".exai" / "local" / "features"

    def target(self) -> LocalTarget:
        checked = check_project(load(self.root))
        environment, problems = environment_for(checked, "local")
        assert environment is not None and checked.project is not None, problems
        name = checked.project.name
        return LocalTarget(self.root, "local", environment, name, checked.project)

    def compiled(self, target: LocalTarget) -> Compiled:
        checked = check_project(load(self.root))
        return compile_environment(checked, "local", target.environment, target)

    def exai(self, *words: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run a command as a person would."""
        done = subprocess.run(self.command(*words), **self.started(), check=False, timeout=120)
        assert "Traceback" not in done.stderr + done.stdout, done.stderr + done.stdout
        if code is not None:
            assert done.returncode == code, f"{words}: {done.stdout}\n{done.stderr}"
        return done

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "exai_runtime.cli.main", "-C", str(self.root), *words]

    def started(self) -> dict[str, Any]:
        home = {"HOME": str(self.root), "XDG_CACHE_HOME": str(self.root / ".cache")}
        return {"env": {**os.environ, **home}, "capture_output": True, "text": True}

    def json(self, *words: str, code: int | None = 0) -> dict[str, Any]:
        """The `result` of a command's JSON; with another code than 0, its diagnostics."""
        answer = json.loads(self.exai(*words, "--output", "json", code=code).stdout)
        return dict(answer["result"] or {}) if code == 0 else answer


def write_clinic(root: Path, features: str = "") -> Clinic:
    """The project with two patients' data. `features` is YAML inside the environment's braces."""
    (root / "specs").mkdir(parents=True)
    (root / "exai.yaml").write_text(PROJECT.replace(" FEATURES", features))
    (root / "specs" / "features.yaml").write_text(SPECS)
    (root / "specs" / "ratios.py").write_text(made.TRANSFORM)
    clinic = Clinic(root)
    clinic.data("body", [made.body(1, 0, 20.0), made.body(1, 5, 21.0), made.body(2, 3, 22.0)])
    clinic.data("blood", [made.blood(1, 0, 8.0), made.blood(2, 0, 6.0)])
    return clinic


def apply(clinic: Clinic, target: LocalTarget) -> list[Outcome]:
    """What an apply does about features: the repository, then every view."""
    compiled = clinic.compiled(target)
    build = compiled.build
    (wanted,) = (item for item in build.objects if item.id.kind == "FeatureRepository")
    held = target.observe().objects.get(wanted.id)
    changes: list[Any] = []
    if held is None:
        changes.append(Create(wanted.id, wanted.origin, wanted.body))
    elif held.body != wanted.body or held.drift:
        changes.append(Update(wanted.id, wanted.origin, wanted.body, held.drift))
    changes += [Materialize(m.view, m.key, m.why) for m in build.materializations if m.due]
    return [target.apply(change, build, print) for change in changes]
