"""What a Manifest may hold, and what is refused with a place."""

from __future__ import annotations

import pytest

from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import read
from exai_specs.kinds import ManifestSpec
from exai_specs.parse import Spec, parse

HEAD = "apiVersion: exai.dev/v1alpha1\nkind: Manifest\nmetadata: {name: data}\n"


def parsed(spec: str) -> Spec | tuple[Diagnostic, ...]:
    (document,), problems = read(f"{HEAD}spec: {spec}\n", "x.yaml")
    assert not problems
    found = parse(document)
    return found if isinstance(found, Spec) else tuple(found)


def refusals(spec: str) -> list[tuple[str, int]]:
    """Code and column of each."""
    found = parsed(spec)
    assert not isinstance(found, Spec)
    return [(each.code, each.at.column) for each in found]


def test_an_object_is_called_as_its_document_unless_it_says_otherwise() -> None:
    for metadata, name in (("", "data"), (", metadata: {name: a.b-c}", "a.b-c")):
        found = parsed(f"{{manifest: {{apiVersion: v1, kind: ConfigMap{metadata}}}}}")
        assert isinstance(found, Spec)
        assert isinstance(found.body, ManifestSpec)
        assert (found.body.api, found.body.kind) == ("v1", "ConfigMap")
        assert found.body.name(found.ref.name) == name


@pytest.mark.parametrize(
    ("api", "kind", "name"),
    [
        ("rbac.authorization.k8s.io/v1", "ClusterRole", "shop:reader"),
        ("rbac.authorization.k8s.io/v1", "RoleBinding", "Shop reader"),
        ("v1", "ConfigMap", "9a.b"),
    ],
)
def test_an_object_has_a_name_of_its_kind(api: str, kind: str, name: str) -> None:
    found = parsed(
        f"{{manifest: {{apiVersion: {api}, kind: {kind}, metadata: {{name: '{name}'}}}}}}"
    )
    assert isinstance(found, Spec), found


@pytest.mark.parametrize(
    ("stated", "code", "column"),
    [
        ("[a]", "wrong-type", 18),
        ("{kind: Job}", "missing-field", 18),
        ("{apiVersion: batch/v1}", "missing-field", 18),
        ("{apiVersion: 1, kind: Job}", "wrong-type", 31),
        ("{apiVersion: batch, kind: Job}", "invalid-value", 31),
        ("{apiVersion: v1, kind: pod}", "invalid-value", 41),
        ("{apiVersion: v1, kind: Secret, data: {a: b}}", "secret-in-spec", 41),
        ("{apiVersion: v1, kind: List, items: []}", "invalid-value", 41),
        ("{apiVersion: v1, kind: Pod, status: {}}", "unknown-field", 46),
        ("{apiVersion: v1, kind: Pod, metadata: x}", "wrong-type", 56),
        ("{apiVersion: v1, kind: Pod, metadata: {namespace: x}}", "unknown-field", 57),
        ("{apiVersion: v1, kind: Pod, metadata: {labels: {a b: x}}}", "invalid-name", 66),
        ("{apiVersion: v1, kind: Pod, metadata: {labels: {a: x y}}}", "invalid-name", 69),
        ("{apiVersion: v1, kind: Pod, metadata: {annotations: {a b: x}}}", "invalid-name", 71),
        ("{apiVersion: v1, kind: Pod, metadata: {generateName: x}}", "unknown-field", 57),
        ("{apiVersion: v1, kind: Pod, metadata: {name: A_b}}", "invalid-name", 63),
        ("{apiVersion: v1, kind: Pod, metadata: {name: a..b}}", "invalid-name", 63),
        ("{apiVersion: v1, kind: Pod, metadata: {labels: {a..b/c: x}}}", "invalid-name", 66),
        ("{apiVersion: v1, kind: Pod, metadata: {name: 1}}", "wrong-type", 63),
        ("{apiVersion: v1, kind: Pod, metadata: {labels: {a: 1}}}", "wrong-type", 69),
        ("{apiVersion: v1, kind: Pod, metadata: {labels: {exai.dev/x: a}}}", "unknown-field", 66),
    ],
)
def test_what_is_refused(stated: str, code: str, column: int) -> None:
    assert refusals(f"{{manifest: {stated}}}") == [(code, column)]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("wave: 7", "invalid-value"),
        ("wave: x", "wrong-type"),
        ("ready: 'not a condition'", "invalid-name"),
        ("patches: {}", "unknown-field"),
    ],
)
def test_what_else_is_refused(more: str, code: str) -> None:
    found = refusals(f"{{{more}, manifest: {{apiVersion: v1, kind: ConfigMap}}}}")
    assert [each for each, _ in found] == [code]
