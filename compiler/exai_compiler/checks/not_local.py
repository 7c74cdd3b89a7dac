"""`not-local`: what a local environment can't give, where going on would fail late or differ
(LANGUAGE 6.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import has_expression
from exai_specs.kinds import ConfigMapRef, FieldRef, SecretRef, ServiceSpec

# Of a service: what runs beside the server or instead of it. A cluster would answer otherwise.
OTHER_PROCESSES = {
    "command": "the process that it starts is exai's own server",
    "sidecars": "nothing runs beside its server",
    "initContainers": "nothing runs before its server",
}

# The only scheme that register-model can write to; anything without one is a path.
FILE = "file"


def check(subject: Subject) -> Iterator[Diagnostic]:
    root = subject.project.root
    local = [name for name, found in subject.environments.items() if found.target == "local"]
    places = tuple(
        (f"environment `{name}`", root.key_at("spec", "environments", name)) for name in local
    )
    for spec, path, variables in subject.variables() if local else ():
        for name, value in variables.items():
            if isinstance(value, ConfigMapRef | FieldRef):
                what = "a ConfigMap" if isinstance(value, ConfigMapRef) else "a field of the pod"
                yield Diagnostic(
                    "not-local",
                    f"`{name}` comes from {what}, and environment `{local[0]}` has none",
                    spec.at(*path, name),
                    hint="write its value as plain text, or take it from a secret",
                    related=places,
                )
            elif isinstance(value, SecretRef) and has_expression(value.secret):
                yield Diagnostic(
                    "not-local",
                    f"a run tells the Secret of `{name}`, and environment `{local[0]}` looks its "
                    "secrets up before",
                    spec.at(*path, name, "secret"),
                    hint="write the name of the Secret",
                    related=places,
                )
    for spec, _ in subject.project.bodies(ServiceSpec) if local else ():
        stated = spec.document.value["spec"]
        for field, why in OTHER_PROCESSES.items():
            if isinstance(stated, Mapping) and field in stated:
                yield Diagnostic(
                    "not-local",
                    f"environment `{local[0]}` can't honour `{field}`: {why}",
                    spec.key_at("spec", field),
                    hint="keep the service to environments on a cluster, or do without",
                    related=places,
                )
    for spec, _, step in subject.steps() if local else ():
        if step.spec.body == "image":
            yield Diagnostic(
                "not-local",
                f"step `{step.name}` is a container, and environment `{local[0]}` runs none",
                spec.key_at("spec", "steps", step.name),
                hint="write it as `python:`, or keep the pipeline to environments on Kubeflow",
                related=places,
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
