"""What a hint says to write is what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_runtime.validating import validate

HEAD = "apiVersion: exai.dev/v1alpha1\n"
PROJECT = "kind: Project\nmetadata: {name: shop, owner: a}\nspec: {SPECS}\n"
SERVICE = """kind: Service
metadata: {name: scorer, owner: a}
spec:
  model: {uri: "s3://acme-ml/sklearn", format: sklearn}
  FIELDS
"""
VIEW = """kind: Dataset
metadata: {name: orders, owner: a}
spec:
  source: {parquet: {path: orders.parquet}}
  timestamp: at
  schema: {customer_id: int64, at: timestamp, total: float64}
---
apiVersion: exai.dev/v1alpha1
kind: Entity
metadata: {name: customer, owner: a}
spec: {key: customer_id, type: int64}
---
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata: {name: customer_daily, owner: a}
spec: {entities: [customer], dataset: orders, features: [total]}
"""
FEATURES = """kind: FeatureService
metadata: {name: buying, owner: a}
spec: {features: ["customer_daily:total"]}
"""


def hints(there: Path, *texts: str, specs: str = "") -> dict[str, str]:
    """By the code of an error."""
    documents = [PROJECT.replace("SPECS", specs), *texts]
    (there / "exai.yaml").write_text("---\n".join(HEAD + each for each in documents), "utf-8")
    return {e.code: e.hint for e in validate(there).diagnostics if e.severity == "error"}


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ("slo: {latency: {p99: 100}}", "write 100ms for milliseconds, 100s for seconds"),
        ("batcher: {maxLatency: 300}", "write 300ms for milliseconds, 300s for seconds"),
        ("batcher: {timeout: 5}", "write 5s for seconds"),
    ],
)
def test_latencies_are_milliseconds_before_seconds(fields: str, hint: str, tmp_path: Path) -> None:
    assert hints(tmp_path, SERVICE.replace("FIELDS", fields))["wrong-type"] == hint


@pytest.mark.parametrize(
    ("others", "hint"),
    [
        ([VIEW], "name a FeatureService that has it: add one with `features: [customer_daily]`"),
        ([VIEW, FEATURES], "name a FeatureService that has it, such as `buying`"),
    ],
)
def test_a_view_is_no_feature_service(others: list[str], hint: str, tmp_path: Path) -> None:
    service = SERVICE.replace("FIELDS", "features: {service: customer_daily}")
    found = hints(tmp_path, service, *others)["unknown-reference"]
    assert found == f"`customer_daily` is a FeatureView; {hint}"


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ("specs/*.yaml", "name the folder: `specs/`"),
        ("specs/**/a?.yaml", "name the folder: `specs/`"),
        ("*.yaml", "name a folder, such as `specs/`"),
    ],
)
def test_patterns_of_files_arent_read(entry: str, named: str, tmp_path: Path) -> None:
    found = hints(tmp_path, specs=f'specs: ["{entry}"]')["missing-spec-folder"]
    assert found == f"patterns aren't read: {named}, and all YAML files below it are"
    assert hints(tmp_path, specs="specs: [aside/]")["missing-spec-folder"].startswith("make it")


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("labels.csv", "write {csv: {path: labels.csv}}"),
        ("s3://acme/rows/a.PARQUET", "write {parquet: {path: s3://acme/rows/a.PARQUET}}"),
        ("data/rows.jsonl", "write {json: {path: data/rows.jsonl}}"),
        ("warehouse", 'for example {"sql"'),
        ("https://example.com/a.csv", 'for example {"sql"'),
    ],
)
def test_a_path_alone_is_a_source_by_its_ending(source: str, hint: str, tmp_path: Path) -> None:
    text = VIEW.partition("---")[0].replace("{parquet: {path: orders.parquet}}", source)
    assert hints(tmp_path, text)["wrong-type"].startswith(hint)


@pytest.mark.parametrize("step", ["", "load-dataset", "[a]"])
def test_a_step_without_a_body_may_have_any(step: str, tmp_path: Path) -> None:
    text = (
        f"kind: Pipeline\nmetadata: {{name: train, owner: a}}\nspec:\n  steps:\n    load: {step}\n"
    )
    example = "for example {uses: load-dataset, with: {dataset: NAME}}"
    assert hints(tmp_path, text)["wrong-type"] == example
    (told,) = (e.message for e in validate(tmp_path).diagnostics if e.code == "wrong-type")
    of = "uses, python, notebook, pipeline, import, image, steps, choose"
    assert f"a mapping with exactly one of {of}, not " in told
