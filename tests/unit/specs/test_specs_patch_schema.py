"""What the schema says of an overlay's patch: the fields of what it patches, none is needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.kinds import KINDS
from exai_specs.kinds.overlay import NOT_PATCHED
from exai_specs.parse import Spec, parse
from exai_specs.schema import bundle, schema_of

ROOT = Path(__file__).parents[3]
OVERLAY = Draft202012Validator(json.loads(json.dumps(schema_of(KINDS["Overlay"]))))
BUNDLE = Draft202012Validator(bundle())


def overlay(target: str, patch: object) -> dict[str, Any]:
    return {
        "apiVersion": "exai.dev/v1alpha1",
        "kind": "Overlay",
        "metadata": {"name": "here"},
        "spec": {"environment": "prod", "target": target, "patch": patch},
    }


def documents() -> list[Any]:
    """All that the parser takes of the examples and of the projects that only a check refuses.

    The goldens of pipelines have a catalog of their own, with one component."""
    found: list[Any] = []
    for folder in ("examples", "tests/golden", "tests/invalid/checks"):
        for path in sorted((ROOT / folder).rglob("*.yaml")):
            if "unknown-component" in path.parts:  # whose steps are wrong in a schema's eyes, too
                continue
            text = path.read_bytes().replace(b"uses: echo", b"uses: load-dataset")
            read_here, _ = read(text, path.name)
            found += [thaw(each.value) for each in read_here if isinstance(parse(each), Spec)]
    return found


WRITTEN = documents()


@pytest.mark.parametrize(
    ("target", "patch"),
    [
        ("Service/iris", {"spec": {"replicas": {"min": 3}}}),
        ("Service/iris", {"spec": {"canary": None, "slo": {"latency": None}}}),
        ("Service/iris", {"metadata": {"owner": None, "labels": {"tier": None, "a": "b"}}}),
        ("Pipeline/p", {"spec": {"steps": {"train": {"with": {"trees": 3}}, "check": None}}}),
        ("Pipeline/p", {"spec": {"steps": {"each": {"steps": {"one": {"retry": None}}}}}}),
        ("Dataset/d", {"spec": {"source": {"csv": {"path": "data/all.csv"}}}}),
        ("Model/m", {"spec": {"gates": {"accuracy": {"min": 0.9}, "logloss": None}}}),
    ],
)
def test_a_part_of_a_document_is_enough(target: str, patch: object) -> None:
    assert [each.message[:200] for each in OVERLAY.iter_errors(overlay(target, patch))] == []
    assert BUNDLE.is_valid(overlay(target, patch))


@pytest.mark.parametrize(
    ("target", "patch"),
    [
        ("Service/iris", {"spec": {"replica": {"min": 3}}}),
        ("Service/iris", {"spec": {"replicas": {"min": "three"}}}),
        ("Service/iris", {"spec": {"steps": {}}}),
        ("Service/iris", {"spec": None}),
        ("Service/iris", {"metadata": {"name": "other"}}),
        ("Pipeline/p", {"spec": {"steps": {"train": {"retri": {"max": 3}}}}}),
        ("Pipeline/p", {"spec": {"steps": {"each": {"steps": {"one": {"retri": None}}}}}}),
        ("Dataset/d", {"spec": {"source": {"csv": {"file": "data/all.csv"}}}}),
        ("Model/m", {"spec": {"gates": {"accuracy": {"minimum": 0.9}}}}),
    ],
)
def test_what_no_document_of_the_kind_may_say_no_patch_may(target: str, patch: object) -> None:
    assert not OVERLAY.is_valid(overlay(target, patch))
    assert not BUNDLE.is_valid(overlay(target, patch))


def test_every_document_is_a_patch_of_itself() -> None:
    """Whole, and as one that deletes every field."""
    patched = [each for each in WRITTEN if each["kind"] not in NOT_PATCHED]
    assert {each["kind"] for each in patched} == KINDS.keys() - NOT_PATCHED
    for each in patched:
        target, spec = f"{each['kind']}/name", each["spec"]
        for patch in (spec, dict.fromkeys(spec)):
            found = list(OVERLAY.iter_errors(overlay(target, {"spec": patch})))
            assert [error.message[:200] for error in found] == [], patch


def test_overlays_are_valid_but_for_one_that_misspells_a_field() -> None:
    overlays = [each for each in WRITTEN if each["kind"] == "Overlay"]
    assert len(overlays) > 3
    wrong = [each["spec"]["patch"] for each in overlays if not OVERLAY.is_valid(each)]
    misspelt = {"spec": {"replicas": {"min": 2}, "timeuot": None}}  # which changes nothing
    assert wrong == [misspelt]


@pytest.mark.parametrize(
    ("field", "types"), [("tolerations", ["array", "null"]), ("stopped", ["boolean", "null"])]
)
def test_a_list_or_a_word_says_its_type_beside_null(field: str, types: list[str]) -> None:
    patch = schema_of(KINDS["Overlay"])["$defs"]["spec.Service.patch"]["properties"][field]
    named = patch.get("$ref", "").removeprefix("#/$defs/")
    told = schema_of(KINDS["Overlay"])["$defs"][named] if named else patch
    assert told["type"] == types
    assert OVERLAY.is_valid(overlay("Service/s", {"spec": {field: None}}))
    assert not OVERLAY.is_valid(overlay("Service/s", {"spec": {field: "many"}}))
