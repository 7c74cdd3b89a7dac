"""`credential-in-env`: a variable that is called like a credential, with its value in the spec.
`secret-source`: what stands for a Secret in an environment that can't have it (LANGUAGE 3.4).

A value that tells itself a secret by its form is `secret-in-spec`, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import SecretEnv, SecretName
from exai_specs.withheld import is_credential


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, path, variables in subject.variables():
        for name, value in variables.items():
            if isinstance(value, str) and is_credential(name, value):
                yield Diagnostic(
                    "credential-in-env",
                    f"`{name}` is called like a credential, and its value stands here",
                    spec.key_at(*path, name),
                    "warning",
                    f"write {name}: {{secret: NAME, key: KEY}}, and change it if anybody has "
                    "seen it",
                )
    for key, environment in subject.environments.items():
        for name, source in environment.secrets.items():
            if environment.target != "local" and not isinstance(source, SecretName):
                what = "variables" if isinstance(source, SecretEnv) else "a folder"
                yield Diagnostic(
                    "secret-source",
                    f"`{name}` would come from {what} of one machine, and `{key}` is a cluster",
                    subject.project.root.at("spec", "environments", key, "secrets", name),
                    hint="write {name: NAME} of the Secret in its namespace, or remove it: then "
                    f"it is the Secret `{name}`",
                )
