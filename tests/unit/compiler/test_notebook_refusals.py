"""What Kubeflow's controller can't run is told before it gets it."""

from __future__ import annotations

import pytest

from exai_compiler.checks import check
from exai_compiler.project import link
from exai_runtime.workspace import component_catalog
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

PROJECT = """apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  exai: ">=0.1"
  environments: {prod: {target: kubeflow, namespace: ml}}
---
"""
IMAGE = "a/b@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
DOCUMENT = f"""apiVersion: exai.dev/v1alpha1
kind: Notebook
metadata: {{name: lab, labels: {{}}}}
spec:
  image: "{IMAGE}"
  podLabels: {{}}
  patches: {{Notebook: {{}}}}
"""
MANIFEST = f"""apiVersion: exai.dev/v1alpha1
kind: Manifest
metadata: {{name: lab}}
spec:
  manifest:
    apiVersion: kubeflow.org/v1
    kind: Notebook
    metadata: {{labels: {{statefulset: lab}}}}
    spec: {{template: {{spec: {{containers: [{{name: lab, image: "{IMAGE}", env: []}}]}}}}}}
"""


def told(text: str) -> list[tuple[str, str, str]]:
    documents, problems = read(PROJECT + text, "exai.yaml")
    assert problems == ()
    specs = [spec for each in documents if isinstance(spec := parse(each), Spec)]
    project = link(specs)
    assert project is not None and len(specs) == len(documents)
    found = check(project, component_catalog())
    return [(each.code, str(each.at), each.message) for each in found if each.severity == "error"]


def test_what_the_controller_takes_is_not_told() -> None:
    assert told(DOCUMENT) == told(MANIFEST) == []
    assert told(DOCUMENT.replace("labels: {}", "labels: {app: mine, access-ml: 'true'}")) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "at", "words"),
    [
        ("labels: {}", "labels: {statefulset: x}", "invalid-name", "exai.yaml:10:32", "finds"),
        ("Labels: {}", "Labels: {notebook-name: x}", "invalid-name", "exai.yaml:13:15", "finds"),
        (
            "Notebook: {}",
            "Notebook: {metadata: {labels: {statefulset: x}}}",
            "patch-invalid",
            "exai.yaml:14:57",
            "`metadata.labels.statefulset` of the Notebook is how the controller finds",
        ),
        (
            "Notebook: {}",
            "Notebook: {spec: {template: {spec: {containers: "
            "[{name: lab, env: [{name: NB_PREFIX, value: /x}]}]}}}}",
            "patch-invalid",
            "exai.yaml:14:80",
            "NB_PREFIX",
        ),
    ],
)
def test_a_document_and_its_patches(old: str, new: str, code: str, at: str, words: str) -> None:
    ((found, where, message),) = told(DOCUMENT.replace(old, new))
    assert (found, where) == (code, at)
    assert words in message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("statefulset: lab", "statefulset: other", "metadata.labels.statefulset"),
        ("env: []", "env: [{name: NB_PREFIX, value: /x}]", "the path that the controller routes"),
    ],
)
def test_a_manifest(old: str, new: str, words: str) -> None:
    ((code, _, message),) = told(MANIFEST.replace(old, new))
    assert code == "manifest-invalid" and words in message
