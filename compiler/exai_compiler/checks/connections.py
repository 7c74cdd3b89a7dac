"""`unknown-reference`, `connection-missing`: the connection that a Dataset names (LANGUAGE section
4).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import DatasetSpec, ProjectSpec, SqlSource


def check(subject: Subject) -> Iterator[Diagnostic]:
    root = subject.project.root.body
    declared = root.environments.values() if isinstance(root, ProjectSpec) else ()
    known = {name for environment in declared for name in environment.connections}
    for spec, body in subject.project.bodies(DatasetSpec):
        if not isinstance(body.source, SqlSource):
            continue
        wanted = body.source.connection
        path = ("spec", "source", "sql", "connection")
        if wanted not in known:
            otherwise = f"add it: environments.NAME.connections.{wanted}"
            yield Diagnostic(
                "unknown-reference",
                f"no environment has a connection `{wanted}`",
                spec.at(*path),
                hint=did_you_mean(wanted, known, otherwise),
            )
            continue
        for name, environment in subject.environments.items():
            if wanted not in environment.connections:
                place = subject.project.root.key_at("spec", "environments", name)
                yield Diagnostic(
                    "connection-missing",
                    f"there is no connection `{wanted}` in environment `{name}`",
                    spec.at(*path),
                    hint="add it under `connections` there",
                    related=((f"environment `{name}`", place),),
                    environments=(name,),
                )
