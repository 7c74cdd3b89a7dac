"""`port-clash`: two services that ask for the same port of the machine, or on a cluster two
containers for the same port of their pod.

The model's server takes 8080 where its runtime is KServe's or exai's and nothing tells it another:
their runtimes declare no port, and all listen there (config/runtimes of kserve/kserve).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.chosen import EXAIS
from exai_compiler.backends.kserve.runtime import PORT as HTTP
from exai_compiler.backends.kserve.shipped import SHIPPED
from exai_compiler.checks.autoscale import components
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import RuntimeSpec, ServiceSpec
from exai_specs.kinds.components import ComponentFields
from exai_specs.kinds.pods import Sidecar
from exai_specs.parse import Spec

PORT = ("spec", "local", "port")
_KNOWN = frozenset(each.name for each in (*SHIPPED, *EXAIS))


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Each only where an environment is such: elsewhere the port means nothing."""
    targets = {environment.target == "local" for environment in subject.environments.values()}
    if True in targets:
        yield from _of_machine(subject)
    if False in targets:
        own = any(True for _ in subject.project.bodies(RuntimeSpec))
        for spec, service in subject.project.bodies(ServiceSpec):
            known = service.runtime in _KNOWN or (service.runtime is None and not own)
            for path, block in components(service):
                yield from _of_pod(spec, path, block, known and block is service)


def _of_pod(spec: Spec, path: Path, block: ComponentFields, served: bool) -> Iterator[Diagnostic]:
    """`served`: by a server that takes its own port."""
    taken: dict[int, tuple[str, Span]] = {}
    for name, number in block.ports.items():
        taken.setdefault(number, ("the server", spec.key_at(*path, "ports", name)))
    if served and not _is_told(block):
        taken.setdefault(HTTP, ("the model's server", spec.key_at("spec", "model")))
    beside: list[tuple[str, Path, ComponentFields | Sidecar]] = [
        (f"the sidecar `{name}`", (*path, "sidecars", name), sidecar)
        for name, sidecar in block.sidecars.items()
    ]
    inside = block.transformer if isinstance(block, ServiceSpec) else None
    if inside is not None and inside.collocated:
        beside.append(("the transformer", (*path, "transformer"), inside))
    for who, where, container in beside:
        for name, number in container.ports.items():
            at = spec.key_at(*where, "ports", name)
            other, place = taken.setdefault(number, (who, at))
            if other == who:
                continue
            hint = "take another one, and let it listen there: the containers of a pod share ports"
            if container is inside and number == HTTP:
                hint = (
                    "take another one, for example 8090, and let it listen there; or keep it, and "
                    "move the model's server: `args: [--http_port=8085]`, with "
                    "`--predictor_host=localhost:8085` for the transformer"
                )
            message = f"in this pod the port {number} is taken by {other}"
            yield Diagnostic("port-clash", message, at, hint=hint, related=((other, place),))


def _is_told(block: ComponentFields) -> bool:
    """Whether its arguments or variables may give the server another port."""
    return bool(block.command) or any("port" in word.lower() for word in (*block.args, *block.env))


def _of_machine(subject: Subject) -> Iterator[Diagnostic]:
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
