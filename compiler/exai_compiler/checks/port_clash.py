"""`port-clash`: two services that ask for the same port of the machine."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ServiceSpec

PORT = ("spec", "local", "port")


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Only where an environment is local: elsewhere the port means nothing."""
    if all(environment.target != "local" for environment in subject.environments.values()):
        return
    asked = [
        (body.local.port, spec)
        for spec, body in subject.project.bodies(ServiceSpec)
        if body.local.port is not None
    ]
    for index, (port, spec) in enumerate(asked):
        first = next((other for taken, other in asked[:index] if taken == port), None)
        if first is not None:
            yield Diagnostic(
                "port-clash",
                f"the port {port} is Service `{first.ref.name}`'s",
                spec.at(*PORT),
                hint="take another one, or leave it out: a free one is found and kept",
                related=((f"Service `{first.ref.name}`", first.at(*PORT)),),
            )
