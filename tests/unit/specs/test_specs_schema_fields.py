"""What an editor shows: every field is described, and says by example, enum or default what it
takes; the schemas take every example of the project, and refuse shapes that the parser refuses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.parse import Spec, parse
from exai_specs.schema import bundle, schemas

ROOT = Path(__file__).parents[3]
WHOLE = Draft202012Validator(bundle())
# Whoever reads a field of these sees fields below it, each with its own.
BLOCK = ("properties", "additionalProperties", "patternProperties", "anyOf", "$ref", "if")


def fields(schema: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of a schema, at any depth, with its path."""
    if isinstance(schema, list):
        for item in schema:
            yield from fields(item, path)
    if not isinstance(schema, dict):
        return
    for keyword in ("properties", "patternProperties"):
        for name, field in schema.get(keyword, {}).items():
            if isinstance(field, dict):
                yield f"{path}.{name}", field
                yield from fields(field, f"{path}.{name}")
    for keyword in ("items", "additionalProperties", "anyOf", "then", "else"):
        yield from fields(schema.get(keyword), path)
    for rule in schema.get("allOf", ()):  # of several fields, which are described where they stand
        if "patch" in rule.get("then", {}).get("properties", {}):
            yield from fields(rule, path)
    for name, definition in schema.get("$defs", {}).items():
        yield from fields(definition, f"{path}#{name}")


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_field_is_described_and_shown(name: str) -> None:
    every = list(fields(json.loads(schemas()[name]), name))
    assert every
    silent = [path for path, field in every if not {"description", "const"} & set(field)]
    assert silent == []
    unshown = [
        path
        for path, field in every
        if not {"examples", "enum", "const", "default", *BLOCK} & set(field)
    ]
    assert unshown == []


def without_components(text: bytes) -> bytes:
    """The goldens of pipelines have a catalog of their own, with one component."""
    return text.replace(b"uses: echo", b"uses: load-dataset")


def specs() -> list[Any]:
    """Every spec file of the examples and of the golden folders, once for each document."""
    found = []
    for folder in ("examples", "tests/golden"):
        for file in sorted((ROOT / folder).rglob("*.yaml")):
            if "kind: Project" in file.read_text("utf-8") or "specs" in file.parts:
                path = str(file.relative_to(ROOT))
                documents, problems = read(without_components(file.read_bytes()), path)
                if not problems:
                    found += [d for d in documents if isinstance(parse(d), Spec)]
    return found


def test_what_the_parser_takes_the_schemas_take() -> None:
    documents = specs()
    assert len(documents) > 50
    wrong = {
        str(document.at()): error.message[:200]
        for document in documents
        for error in WHOLE.iter_errors(thaw(document.value))
    }
    assert wrong == {}


def test_before_its_kind_is_known_a_document_has_the_fields_of_all() -> None:
    whole = json.loads(schemas()["all.json"])["properties"]
    assert list(whole) == ["apiVersion", "kind", "metadata", "spec"]
    assert whole["apiVersion"]["const"] == "exai.dev/v1alpha1"


def is_deep(example: Any) -> bool:
    if isinstance(example, dict):
        return any(map(is_deep, example.values()))
    return isinstance(example, list) and any(isinstance(each, dict | list) for each in example)


@pytest.mark.parametrize("name", sorted(schemas()))
def test_no_editor_has_to_write_a_mapping_as_one_word(name: str) -> None:
    """What of an example yaml-language-server would print as `[object Object]`: a list in a field
    whose schema shows it neither items nor properties."""
    whole = json.loads(schemas()[name])
    for path, field in fields(whole, name):
        shown = {
            **whole.get("$defs", {}).get(field.get("$ref", "").rpartition("/")[2], {}),
            **field,
        }
        deep = is_deep(shown.get("examples", [None])[0])
        known = {"items", "properties", "default", "defaultSnippets"} & set(shown)
        assert known or not deep, path
