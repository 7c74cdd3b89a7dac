"""What follows from a mistake alone isn't told beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_runtime.validating import validate

HEAD = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {exai: ">=0.1"}
---
apiVersion: exai.dev/v1alpha1
"""
SERVICE = (
    'kind: Service\nmetadata: {name: a}\nspec: {model: {uri: "file:///a", format: own}, FIELDS}\n'
)
CLAIM = """\
kind: Manifest
metadata: {name: a}
spec: {manifest: {apiVersion: v1, kind: PersistentVolumeClaim, SPEC}}
"""
MODES, ROOM = "accessModes: [ReadWriteOnce]", "resources: {requests: {storage: 1Gi}}"


def told(root: Path, document: str) -> list[tuple[str, str]]:
    (root / "exai.yaml").write_text(HEAD + document)
    found = validate(root).diagnostics
    return sorted((each.code, each.message) for each in found if each.severity == "error")


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ("runtime: custom", ["missing-field"]),
        ("runtime: 3", ["wrong-type"]),
        ("runtime: custom, containerNam: x", ["unknown-field"]),
        ("timeout: x", ["format-unsupported", "invalid-value"]),
    ],
)
def test_of_a_runtime_that_is_wrong_nobody_knows_what_it_serves(
    tmp_path: Path, fields: str, codes: list[str]
) -> None:
    document = SERVICE.replace("FIELDS", fields)
    assert [code for code, _ in told(tmp_path, document)] == codes


@pytest.mark.parametrize(
    "spec",
    [
        f"spec: {{{MODES.replace('ss', 's')}, {ROOM}}}",
        f"spec: {{{MODES}, {ROOM.replace('resources', 'resorces')}}}",
        f"spec: {{{MODES}, {ROOM.replace('requests', 'request')}}}",
        f"sepc: {{{MODES}, {ROOM}}}",
    ],
)
def test_a_field_of_a_claim_that_is_misspelt_isnt_missing(tmp_path: Path, spec: str) -> None:
    (problem,) = told(tmp_path, CLAIM.replace("SPEC", spec))
    assert problem[1].startswith("there is no field ")


@pytest.mark.parametrize(
    ("spec", "messages"),
    [
        (
            f"spec: {{{ROOM}}}",
            ["`spec.accessModes` of the PersistentVolumeClaim must have an entry"],
        ),
        (
            f"spec: {{{MODES}, {ROOM.replace('storage', 'storag')}}}",
            ["`spec.resources.requests.storage` of the PersistentVolumeClaim is needed"],
        ),
    ],
)
def test_one_that_is_missing_is_told(tmp_path: Path, spec: str, messages: list[str]) -> None:
    assert [message for _, message in told(tmp_path, CLAIM.replace("SPEC", spec))] == messages
