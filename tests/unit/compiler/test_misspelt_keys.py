"""A misspelt key is one error, at its place: what it leaves missing isn't another."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from exai_compiler.catalog import catalog
from exai_compiler.checks import check
from exai_compiler.crds import crd, problems
from exai_compiler.project import link
from exai_compiler.user_components.shape import wrong_shape
from exai_specs.documents import read
from exai_specs.frozen import freeze
from exai_specs.parse import Spec, parse

COMPONENT = """
name: say
implementation:
  container: {image: a/b, command: [echo]}
"""
CRON_JOB = """
apiVersion: batch/v1
kind: CronJob
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}
"""
JOB = """
apiVersion: batch/v1
kind: Job
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("implementation:", "implementaton:"), ("image:", "imag:"), ("container:", "containr:")],
)
def test_of_a_component(right: str, wrong: str) -> None:
    (document,), none = read(COMPONENT.replace(right, wrong), "component.yaml")
    ((found, _),) = wrong_shape(document)
    assert none == () and f"no `{wrong[:-1]}` here" in found.message
    assert f'did you mean "{right[:-1]}"?' in found.hint


def test_of_a_component_that_lacks_another() -> None:
    text = COMPONENT.replace("image: a/b", "comand: [x]").replace("say", "1")
    (document,), _ = read(text, "component.yaml")
    messages = [each.message for each, _ in wrong_shape(document)]
    assert any("has no `image`" in each for each in messages)


def test_of_an_object() -> None:
    body = yaml.safe_load(CRON_JOB.replace("jobTemplate", "jobTemplte"))
    found: list[Any] = list(problems(crd("CronJob", "batch/v1"), freeze(body)))  # type: ignore[arg-type]
    assert [each.message for each in found] == ["there is no field jobTemplte"]
    body = yaml.safe_load(CRON_JOB.replace("jobTemplate", "workTemplates"))
    found = list(problems(crd("CronJob", "batch/v1"), freeze(body)))  # type: ignore[arg-type]
    assert "has no jobTemplate" in [each.message for each in found]


def manifest(text: str) -> list[str]:
    lines = "\n".join(f"    {line}" for line in text.strip().splitlines())
    head = "apiVersion: exai.dev/v1alpha1\nkind: "
    whole = f"{head}Project\nmetadata: {{name: p}}\nspec: {{}}\n---\n{head}Manifest\n"
    whole += f"metadata: {{name: a}}\nspec:\n  manifest:\n{lines}\n"
    documents, none = read(whole, "exai.yaml")
    specs = [parse(each) for each in documents]
    assert none == ()
    project = link([each for each in specs if isinstance(each, Spec)])
    assert project is not None
    return [each.message for each in check(project, catalog({})) if each.code == "manifest-invalid"]


@pytest.mark.parametrize("text", [JOB, CRON_JOB])
def test_of_a_manifest(text: str) -> None:
    assert manifest(text) == []
    (found,) = manifest(text.replace("image: b", "imag: b"))
    assert found.startswith("there is no field imag ")
    (found,) = manifest(text.replace("restartPolicy", "restartPolcy"))
    assert found.startswith("there is no field restartPolcy ")


@pytest.mark.parametrize("text", [JOB, CRON_JOB])
def test_what_restarts_a_job(text: str) -> None:
    for policy in ("Nevr", "Always"):
        (found,) = manifest(text.replace("Never", policy))
        assert "restartPolicy` of the " in found and found.endswith("must be Never or OnFailure")
    (found,) = manifest(text.replace("restartPolicy: Never, ", ""))
    assert found.endswith("needs a restartPolicy, Never or OnFailure")
    assert manifest(text.replace("Never", "OnFailure")) == []
