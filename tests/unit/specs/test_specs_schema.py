"""The generated JSON Schemas: up to date, valid, and of one mind with the parser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.parse import Spec, parse
from exai_specs.schema import main, schemas

ROOT = Path(__file__).parents[3]
SCHEMAS = {name: json.loads(text) for name, text in schemas().items()}
REGISTRY: Registry[Any] = Registry().with_resources(
    [(schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()]
)
ALL = Draft202012Validator(SCHEMAS["all.json"], registry=REGISTRY)


def documents(path: Path) -> list[Any]:
    found, problems = read(path.read_bytes(), path.name)
    assert problems == ()
    return list(found)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_files_are_up_to_date(name: str) -> None:
    """`python -m exai_specs.schema schemas/` writes them."""
    assert (ROOT / "schemas" / name).read_text(encoding="utf-8") == schemas()[name]


def test_writing(tmp_path: Path) -> None:
    main(str(tmp_path))
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == schemas()


@pytest.mark.parametrize("name", SCHEMAS)
def test_they_are_valid(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert "\\u0000" not in schemas()[name]


@pytest.mark.parametrize("document", documents(ROOT / "tests" / "language_section_0.yaml"))
def test_section_0_is_valid(document: Any) -> None:
    assert [each.message for each in ALL.iter_errors(thaw(document.value))] == []


VALID = """
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: everything, labels: {a: b}}
spec:
  parameters: {a: string, b: {list: integer}, c: {type: {struct: {x: double}}, optional: true}}
  steps:
    s:
      uses: load-dataset
      with: {a: 1, b: [x, {y: true}]}
      env: {A: x, B: {secret: s, key: k}, C: {configMap: m, key: k}}
      resources: {cpu: 500m, memory: 1Gi, nvidia.com/gpu: 1, limits: {cpu: 1}}
      timeout: 1h30m
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: everything}
spec:
  source: {csv: {path: x}}
  schema: {a: {list: string}, b: {type: {map: int64}}}
  version: {fixed: x}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: everything}
spec: {model: m@1, autoscale: {metric: memory, target: 70%}}
"""


@pytest.mark.parametrize("document", read(VALID, "valid.yaml")[0])
def test_what_the_parser_takes_the_schema_takes(document: Any) -> None:
    assert isinstance(parse(document), Spec), parse(document)
    assert [each.message for each in ALL.iter_errors(thaw(document.value))] == []


def test_defaults_and_descriptions_are_there() -> None:
    whole = SCHEMAS["pipeline.json"]
    retry = whole["$defs"]["Retry"]
    assert retry["properties"]["maxBackoff"]["default"] == "1h"
    assert retry["additionalProperties"] is False
    assert "title" not in retry
    assert '"default": null' not in json.dumps(whole)


def test_what_stands_in_several_places_is_written_once() -> None:
    """So that an editor is quick: an overlay patches all kinds, most of which hold pods."""
    sizes = {name: len(text) for name, text in schemas().items()}
    assert sizes["overlay.json"] < 250_000
    assert max(size for name, size in sizes.items() if name != "overlay.json") < 70_000
