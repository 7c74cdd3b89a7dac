"""`credential-in-env`: a variable that is called like a credential, with its value in the spec;
also one of a Manifest or a patch.
`secret-source`: what stands for a Secret in an environment that can't have it (LANGUAGE 3.4).

A value that tells itself a secret by its form is `secret-in-spec`, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path, strings, value_at
from exai_compiler.checks.usable_credentials import credential_in
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import SecretEnv, SecretName
from exai_specs.parse import Spec
from exai_specs.withheld import name_of


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, path, variables in subject.variables():
        for name, value in variables.items():
            if isinstance(value, str) and (called := credential_in(name, value)) is not None:
                yield Diagnostic(
                    "credential-in-env",
                    f"`{called}` is called like a credential, and its value stands here",
                    spec.key_at(*path, name),
                    "warning",
                    f"write {name}: {{secret: NAME, key: KEY}}, and change it if anybody has "
                    "seen it",
                )
    for spec, path in subject.objects:
        yield from _of_objects(spec, path)
    for key, environment in subject.environments.items():
        for name, source in environment.secrets.items():
            if environment.target != "local" and not isinstance(source, SecretName):
                what = "variables" if isinstance(source, SecretEnv) else "a folder"
                yield Diagnostic(
                    "secret-source",
                    f"`{name}` would come from {what} of one machine, not from the cluster of "
                    f"`{key}`",
                    subject.project.root.at("spec", "environments", key, "secrets", name),
                    hint="write {name: NAME} of the Secret in its namespace, or remove it: then "
                    f"it is the Secret `{name}`",
                    environments=(key,),
                )


def _of_objects(spec: Spec, path: Path) -> Iterator[Diagnostic]:
    """What stands in an object of Kubernetes: variables of its containers, data of a ConfigMap."""
    held = value_at(spec.document.value, path)
    is_settings = isinstance(held, Mapping) and held.get("kind") == "ConfigMap"
    for inner, text in strings(held):
        beside = value_at(held, inner[:-1])
        name = name_of(str(inner[-1]), beside) if inner else ""
        in_env = inner[-3:-2] == ("env",) and inner[-1] == "value"
        in_data = is_settings and inner[:1] == ("data",) and len(inner) == 2
        called = credential_in(name, text) if in_env or in_data else None
        if called is not None:
            yield Diagnostic(
                "credential-in-env",
                f"`{called}` is called like a credential, and its value stands here",
                (spec.at if in_env else spec.key_at)(*path, *inner),
                "warning",
                "keep it in a Secret, beside exai, and write valueFrom: {secretKeyRef: {name: "
                "NAME, key: KEY}}; change it if anybody has seen it",
            )
