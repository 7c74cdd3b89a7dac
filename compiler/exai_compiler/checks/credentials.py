"""`credential-in-env`: a variable that is called like a credential, with its value in the spec.
`secret-source`: what stands for a Secret in an environment that can't have it (LANGUAGE 3.4).

A value that tells itself a secret by its form is `secret-in-spec`, wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import has_expression
from exai_specs.kinds import SecretEnv, SecretName

NAMED = re.compile(
    r"(^|_)(PASSWORD|PASSWD|SECRET|SECRET_KEY|API_KEY|ACCESS_KEY|SECRET_ACCESS_KEY|PRIVATE_KEY"
    r"|TOKEN|CREDENTIAL|CREDENTIALS)$",
    re.IGNORECASE,
)
# A place where the credential is kept, a switch, or nothing: none of them is one.
HARMLESS = re.compile(r"|true|false|none|null|[0-9]+|.*[/\\].*|<.*>|\$.*|x+|\*+", re.IGNORECASE)
# Base64, as secret keys of AWS are: a slash in it makes no path of it.
_KEY = re.compile(r"(?!/)(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9+/]{24,}={0,2}")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, path, variables in subject.variables():
        for name, value in variables.items():
            if not isinstance(value, str) or not NAMED.search(name):
                continue
            harmless = HARMLESS.fullmatch(value) and not _KEY.fullmatch(value)
            if not harmless and not has_expression(value):
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
