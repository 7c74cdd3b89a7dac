"""`unsupported-version`: a way of telling data versions that a Dataset's source doesn't have."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import DatasetSpec, Postgresql, SqlSource
from exai_specs.kinds.dataset import Query
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(DatasetSpec):
        if isinstance(body.version, Query) and not isinstance(body.source, SqlSource):
            yield Diagnostic(
                "unsupported-version",
                f"{spec.ref} has no database that could answer a query",
                spec.key_at("spec", "version", "query"),
                hint="leave `version` out: the content of its files is the version",
            )
        elif body.version == "content" and isinstance(body.source, SqlSource):
            yield from _content(subject, spec, body.source.connection)


def _content(subject: Subject, spec: Spec, connection: str) -> Iterator[Diagnostic]:
    for name, environment in subject.environments.items():
        if isinstance(environment.connections.get(connection), Postgresql):
            path = ("spec", "environments", name, "connections", connection)
            yield Diagnostic(
                "unsupported-version",
                f"`{connection}` is a server in `{name}`, and has no file whose content could be "
                "the version",
                spec.at("spec", "version"),
                hint="write {query: SELECT ...}, snapshot, {fixed: ...} or none",
                related=((f"environment `{name}`", subject.project.root.key_at(*path)),),
                environments=(name,),
            )
