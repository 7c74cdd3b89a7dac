"""`port-clash`: two services that ask for the same port of the machine."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ServiceSpec
from exai_specs.parse import Spec

PORT = ("spec", "local", "port")


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Only where an environment is local: elsewhere the port means nothing."""
    if all(environment.target != "local" for environment in subject.environments.values()):
        return
    taken: dict[int, Spec] = {}
    for spec, body in subject.project.bodies(ServiceSpec):
        if (port := body.local.port) is None:
            continue
        first = taken.setdefault(port, spec)
        if first is not spec:
            yield Diagnostic(
                "port-clash",
                f"the port {port} is Service `{first.ref.name}`'s",
                spec.at(*PORT),
                hint="take another one, or leave it out: a free one is found and kept",
                related=((f"Service `{first.ref.name}`", first.at(*PORT)),),
            )
