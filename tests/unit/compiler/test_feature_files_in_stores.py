"""On a cluster Feast reads Parquet files where they are: no one there makes a snapshot of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.catalog import Catalog
from exai_compiler.features import files_of, requirements_of, spec_of
from exai_compiler.features.requirements import FEAST
from exai_compiler.project import link
from exai_specs.documents import read
from exai_specs.frozen import Json
from exai_specs.parse import Spec, parse

PROJECT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: trips}
spec:
  environments:
    local: {target: local}
    prod: {target: kubeflow, namespace: ml, data: {root: "s3://acme/data/"}}
    disk: {target: kubeflow, namespace: ml, data: {root: /data}}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: trips}
spec:
  source: {parquet: {path: trips/2026}}
  timestamp: at
  schema:
    driver_id: int64
    at: timestamp
    miles: {type: float64, source: trip miles}
    tip: float64
---
apiVersion: exai.dev/v1alpha1
kind: Entity
metadata: {name: driver}
spec: {type: int64, key: driver_id}
---
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata: {name: paid}
spec: {dataset: trips, entities: [driver], features: [miles, tip]}
---
apiVersion: exai.dev/v1alpha1
kind: FeatureService
metadata: {name: all_of_it}
spec: {features: [paid]}
"""
SNAPSHOT = "    path='data/trips.parquet',\n"


def repository(name: str, old: str = "", new: str = "") -> Mapping[str, Json]:
    assert old in PROJECT
    documents, problems = read(PROJECT.replace(old, new) if old else PROJECT, "exai.yaml")
    specs = [parse(document) for document in documents]
    assert problems == () and all(isinstance(spec, Spec) for spec in specs), specs
    project = link(spec for spec in specs if isinstance(spec, Spec))
    assert project is not None
    environment = project.environment(name)
    assert environment is not None
    return spec_of(project, environment, Catalog(MappingProxyType({})))


def sources(name: str, old: str = "", new: str = "") -> str:
    return files_of(repository(name, old, new))["exai_sources.py"]


def test_files_in_an_object_store_stay_there_and_features_get_their_names() -> None:
    text = sources("prod")
    assert "    path='s3://acme/data/trips/2026',\n" in text
    assert "    field_mapping={'trip miles': 'miles'},\n" in text
    plain = sources("prod", "{type: float64, source: trip miles}", "float64")
    assert "field_mapping" not in plain
    whole = sources("prod", "path: trips/2026", 'path: "gs://other/trips"')
    assert "    path='gs://other/trips',\n" in whole


def test_files_in_a_folder_that_all_pods_mount_stay_there() -> None:
    text = sources("disk")
    assert "    path='/data/trips/2026',\n" in text
    assert "    field_mapping={'trip miles': 'miles'},\n" in text
    assert "    path='/trips/2026',\n" in sources("disk", "data: {root: /data}", "data: {root: /}")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("local", "", ""),
        ("disk", "parquet: {path: trips/2026}", "csv: {path: trips.csv}"),
        ("disk", "features: [miles, tip]", "features: [miles, tip], push: new, offline: true"),
        ("prod", "parquet: {path: trips/2026}", "csv: {path: trips.csv}"),
        # Feast would write what is pushed into the file of others.
        ("prod", "features: [miles, tip]", "features: [miles, tip], push: new, offline: true"),
        # Feast maps names of features alone.
        ("prod", "    at: timestamp", "    at: {type: timestamp, source: When}"),
        ("prod", "    driver_id: int64", "    driver_id: {type: int64, source: Driver}"),
    ],
)
def test_anything_else_is_a_snapshot_by_the_declared_names(name: str, old: str, new: str) -> None:
    text = sources(name, old, new)
    assert SNAPSHOT in text and "field_mapping" not in text


@pytest.mark.parametrize(
    ("name", "old", "new", "lines"),
    [
        ("local", "", "", [f"feast=={FEAST}"]),
        ("disk", "", "", [f"feast=={FEAST}"]),
        ("prod", "", "", [f"feast=={FEAST}", "s3fs  # reads s3://"]),
        ("prod", "trips/2026", '"gs://b/c"', [f"feast=={FEAST}", "gcsfs  # reads gs://"]),
        (
            "disk",
            "data: {root: /data}",
            "features: {registry: {registry_type: file, path: 's3://b/registry.pb'}, online_store: "
            "{type: redis, connection_string: 'redis:6379'}}",
            [f"feast[aws,redis]=={FEAST}"],
        ),
        (
            "disk",
            "data: {root: /data}",
            "features: {registry: {registry_type: sql, path: {secret: feast, key: registry}}}",
            [f"feast=={FEAST}", "# And what the registry's address names: psycopg[binary], ..."],
        ),
        (
            "disk",
            "data: {root: /data}",
            "features: {registry: {registry_type: sql, path: postgresql+psycopg://db/feast}}",
            [f"feast[postgres]=={FEAST}"],
        ),
    ],
)
def test_what_feast_needs_there_is_told(name: str, old: str, new: str, lines: list[str]) -> None:
    first, *others = requirements_of(repository(name, old, new)).splitlines()
    assert first.startswith("# What Feast needs")
    assert others == lines


def test_it_is_the_feast_that_exai_is_tried_with() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert f"feast=={FEAST}" in project["project"]["optional-dependencies"]["train"]
