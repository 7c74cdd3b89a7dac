"""`not-local`: what a local environment can't give, where going on would fail late or differ
(LANGUAGE 6.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.expressions import has_expression
from exai_specs.kinds import (
    ConfigMapRef,
    FieldRef,
    LLMServiceSpec,
    NotebookSpec,
    PipelineSpec,
    RuntimeSpec,
    SecretRef,
    ServiceSpec,
)

# Nothing of these is there on one machine, and a note says so (`parity`).
ABSENT = (LLMServiceSpec, NotebookSpec, RuntimeSpec)

# The only scheme that register-model can write to; anything without one is a path.
FILE = "file"


class Missing(NamedTuple):
    """What an environment on this machine lacks."""

    what: str
    at: Span
    hint: str


def check(subject: Subject) -> Iterator[Diagnostic]:
    root = subject.project.root
    local = [name for name, found in subject.environments.items() if found.target == "local"]
    if not local:
        return
    places = tuple(
        (f"environment `{name}`", root.key_at("spec", "environments", name)) for name in local
    )
    for finds in (_variables, _pipelines, _steps):
        for missing in finds(subject, f"environment `{local[0]}`"):
            yield Diagnostic(
                "not-local", missing.what, missing.at, hint=missing.hint, related=places
            )
    for name in local:
        models = subject.environments[name].models
        scheme, found, _ = models.store.partition("://") if models is not None else ("", "", "")
        if models is not None and found and scheme.lower() != FILE:
            yield Diagnostic(
                "not-local",
                f"local steps can't write models to {models.store}",
                root.at("spec", "environments", name, "models", "store"),
                hint="write a folder, or leave it out: models are kept below .exai",
            )


def _variables(subject: Subject, local: str) -> Iterator[Missing]:
    for spec, path, variables in subject.variables():
        if isinstance(spec.body, ABSENT):
            continue
        if isinstance(spec.body, ServiceSpec) and spec.body.stopped:
            continue
        for name, value in variables.items():
            if isinstance(value, ConfigMapRef) and value.optional:
                continue  # nothing here has one, and the variable isn't there either
            if isinstance(value, ConfigMapRef | FieldRef):
                what = "a ConfigMap" if isinstance(value, ConfigMapRef) else "a field of the pod"
                yield Missing(
                    f"`{name}` comes from {what}, and {local} has none",
                    spec.at(*path, name),
                    "write its value as plain text, or take it from a secret",
                )
            elif isinstance(value, SecretRef) and has_expression(value.secret):
                yield Missing(
                    f"a run tells the Secret of `{name}`, and {local} looks its secrets up before",
                    spec.at(*path, name, "secret"),
                    "write the name of the Secret",
                )


def _pipelines(subject: Subject, local: str) -> Iterator[Missing]:
    for spec, body in subject.project.bodies(PipelineSpec):
        if body.workspace is not None:
            yield Missing(
                f"{local} has no volume that the steps of a run share",
                spec.key_at("spec", "workspace"),
                "hand files on as outputs of steps",
            )
        if body.claims:
            yield Missing(
                f"{local} makes no volumes for a run",
                spec.key_at("spec", "claims"),
                "hand files on as outputs of steps",
            )


def _steps(subject: Subject, local: str) -> Iterator[Missing]:
    for spec, _, step in subject.steps():
        if step.spec.import_ is not None:
            yield Missing(
                f"step `{step.name}` is an import, and {local} imports nothing",
                spec.key_at(*step.path),
                "read a file by a Dataset, or keep the pipeline to environments on Kubeflow",
            )
        if step.spec.body == "image" or step.spec.component_file:
            yield Missing(
                f"step `{step.name}` is a container, and {local} runs none",
                spec.key_at(*step.path),
                "write it as `python:`, or keep the pipeline to environments on Kubeflow",
            )
