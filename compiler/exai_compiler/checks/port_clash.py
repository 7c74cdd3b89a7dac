"""`port-clash`: two services that ask for the same port of the machine, or on a cluster two
containers for the same port of their pod.

The model's server takes 8080 where its runtime is KServe's or exai's and nothing tells it another:
their runtimes declare no port, and all listen there (config/runtimes of kserve/kserve). KServe's
listen for gRPC, too, whatever the protocol (python/kserve/kserve/model_server.py: 8081).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.chosen import EXAIS, Chosen, choose, is_exais
from exai_compiler.backends.kserve.own_runtimes import runtimes
from exai_compiler.backends.kserve.runtime import PORT as HTTP
from exai_compiler.backends.kserve.served import files_of
from exai_compiler.backends.kserve.shipped import SHIPPED
from exai_compiler.checks.autoscale import components
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import RuntimeSpec, ServiceSpec
from exai_specs.kinds.components import ComponentFields
from exai_specs.kinds.model_files import InlineModel
from exai_specs.kinds.pods import Sidecar
from exai_specs.parse import Spec

PORT = ("spec", "local", "port")
_KNOWN = frozenset(each.name for each in (*SHIPPED, *EXAIS))
_NO_GRPC = "kserve-vllmserver"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Each only where an environment is such: elsewhere the port means nothing."""
    targets = {environment.target == "local" for environment in subject.environments.values()}
    if True in targets:
        yield from _of_machine(subject)
    if False in targets:
        for spec, service in subject.project.bodies(ServiceSpec):
            for path, block in components(service):
                if _is_shared(block):
                    own = _of_server(subject, service) if block is service else ()
                    yield from _of_pod(spec, path, block, own)


def _is_shared(block: ComponentFields) -> bool:
    """Whether other containers are in its pods."""
    inside = block.transformer if isinstance(block, ServiceSpec) else None
    return bool(block.sidecars) or (inside is not None and inside.collocated)


def _of_server(subject: Subject, service: ServiceSpec) -> tuple[int, ...]:
    """The ports that the model's server takes by itself."""
    own = any(True for _ in subject.project.bodies(RuntimeSpec))
    if not (service.runtime in _KNOWN or (service.runtime is None and not own)) or service.command:
        return ()
    words = [word.lower() for word in (*service.args, *service.env)]
    found: list[int] = []
    if not any("port" in word and "grpc" not in word for word in words):
        found.append(HTTP)
    grpc = _grpc(subject, service)
    if grpc is not None and not any("grpc" in word or word.startswith("--port") for word in words):
        found.append(grpc)
    return tuple(found)


def _grpc(subject: Subject, service: ServiceSpec) -> int | None:
    """Where a server of KServe's listens for gRPC; None for exai's, and where nobody knows."""
    model = service.model
    files = model if isinstance(model, InlineModel) else files_of(subject.project, model or "")
    if files is None:
        named = next((each for each in SHIPPED if each.name == service.runtime), None)
    else:
        environment = next(e for e in subject.environments.values() if e.target != "local")
        chosen = choose(
            files.format,
            files.format_version,
            service.protocol,
            service.runtime,
            runtimes(subject.project, environment),
            files.digest is not None,
        )
        named = chosen.runtime if isinstance(chosen, Chosen) else None
    if named is None or is_exais(named.name) or named.name == _NO_GRPC:
        return None
    return named.grpc_port


def _of_pod(
    spec: Spec, path: Path, block: ComponentFields, own: tuple[int, ...]
) -> Iterator[Diagnostic]:
    """`own`: what its server takes without a word."""
    taken: dict[int, tuple[str, Span]] = {}
    for name, number in block.ports.items():
        taken.setdefault(number, ("the server", spec.key_at(*path, "ports", name)))
    for number in own:
        who = "the model's server" if number == HTTP else "the model's server, for gRPC"
        taken.setdefault(number, (who, spec.key_at("spec", "model")))
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
            elif other.endswith("gRPC"):
                hint = (
                    "take another one, and let it listen there; or move the server's, such as "
                    "`args: [--grpc_port=9001]`"
                )
            message = f"in this pod the port {number} is taken by {other}"
            yield Diagnostic("port-clash", message, at, hint=hint, related=((other, place),))


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
