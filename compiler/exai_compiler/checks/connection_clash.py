"""`connection-clash`: two connections of an environment that steps couldn't tell apart.

A step reads a connection from variables that are called after it, in capitals and with `_` for
`-`; `pg-two` and `pg_two` would be the same one, and `pg-password` the password of `pg`.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.connection_names import open_variable, secret_variables
from exai_specs.diagnostics import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    root = subject.project.root
    for environment, body in subject.environments.items():
        place = ("spec", "environments", environment, "connections")
        taken: dict[str, str] = {}
        told: set[tuple[str, str]] = set()
        for name, connection in body.connections.items():
            secrets = (variable for variable, _ in secret_variables(name, connection).values())
            for variable in (open_variable(name), *secrets):
                other = taken.setdefault(variable, name)
                if other == name or (other, name) in told:
                    continue
                told.add((other, name))
                yield Diagnostic(
                    "connection-clash",
                    f"the connections `{other}` and `{name}` would both be told to steps in the "
                    f"variable {variable}",
                    root.key_at(*place, name),
                    hint="give one of them another name",
                    related=((f"`{other}`", root.key_at(*place, other)),),
                    environments=(environment,),
                )
