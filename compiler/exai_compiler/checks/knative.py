"""`serving-mode`: pods and requests that Knative's webhook refuses, so that KServe makes no service
of them (knative.dev/serving: pkg/apis/serving/k8s_validation.go).

A revision has one port, called `h2c` or `http1`: with several containers it says which of them
answers. `knative-timeout`: a request lasts as long as the cluster's `config-defaults` allow.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.chosen import EXAIS
from exai_compiler.backends.kserve.service import mode_of
from exai_compiler.backends.kserve.shipped import SHIPPED
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import RuntimeSpec, ServiceSpec
from exai_specs.kinds.components import ComponentFields
from exai_specs.kinds.service import CUSTOM
from exai_specs.parse import Spec
from exai_specs.values import replace

NAMES = ("h2c", "http1")
LONGEST = 600  # seconds: max-revision-timeout-seconds, as it is shipped
# Of the queue-proxy (knative.dev/networking, pkg/apis/networking/ports.go).
TAKEN = (8012, 8013, 8022, 8112, 9090, 9091)
Related = tuple[tuple[str, Span], ...]
_KNOWN = frozenset(each.name for each in (*SHIPPED, *EXAIS))


def check(subject: Subject) -> Iterator[Diagnostic]:
    bare = not any(body.ports for _, body in subject.project.bodies(RuntimeSpec))
    for name, environment in subject.environments.items():
        if environment.target == "local":
            continue
        place = subject.project.root.key_at("spec", "environments", name)
        for spec, service in subject.project.bodies(ServiceSpec):
            if mode_of(service, environment) != "Knative":
                continue
            related = ((f"`{name}` is Knative", place),)
            if service.mode is not None:
                related = (("this service is Knative", spec.at("spec", "mode")),)
            for path, block in _components(service):
                portless = bare and _is_portless(service)
                found = (
                    *_ports(spec, path, block, portless, related),
                    *_timeout(spec, path, block, related),
                )
                for each in found:
                    yield replace(each, environments=(name,))


def _is_portless(service: ServiceSpec) -> bool:
    """Whether no runtime brings a port: neither KServe's nor exai's have one."""
    return service.runtime in (None, CUSTOM) or service.runtime in _KNOWN


def _components(service: ServiceSpec) -> Iterator[tuple[Path, ComponentFields]]:
    yield ("spec",), service
    if service.transformer is not None and not service.transformer.collocated:
        yield ("spec", "transformer"), service.transformer
    if service.explainer is not None:
        yield ("spec", "explainer"), service.explainer


def _ports(
    spec: Spec, path: Path, block: ComponentFields, portless: bool, related: Related
) -> Iterator[Diagnostic]:
    places = [((*path, "ports", name), number) for name, number in block.ports.items()]
    beside: list[Path] = [(*path, "sidecars", name) for name in block.sidecars]
    for name, sidecar in block.sidecars.items():
        at = (*path, "sidecars", name, "ports")
        places += [((*at, each), number) for each, number in sidecar.ports.items()]
    if isinstance(block, ServiceSpec):
        inside = block.transformer
        if inside is not None and inside.collocated:
            beside.append((*path, "transformer"))
            at = (*path, "transformer", "ports")
            places += [((*at, each), number) for each, number in inside.ports.items()]
    for index, (place, number) in enumerate(places):
        if index or _is_written(block):
            message = "Knative mode has one port in a pod, and there is another"
            hint = "keep the port that answers requests"
        elif place[-1] not in NAMES:
            message = f"Knative mode has no port called `{place[-1]}`"
            hint = "call it http1, or h2c for gRPC"
        elif number in TAKEN:
            message = f"Knative's own proxy has the port {number}"
            hint = "take another one, for example 8080"
        else:
            continue
        yield Diagnostic("serving-mode", message, spec.key_at(*place), hint=hint, related=related)
    if not places and beside and portless and not _is_written(block):
        yield Diagnostic(
            "serving-mode",
            "Knative mode has to know which container of a pod answers, and none has a port",
            spec.key_at(*beside[0]),
            hint="add `ports: {http1: 8080}` to the Service; or, where another container answers "
            "in front of its server, another one there, such as `ports: {http1: 8090}`, and let "
            "that listen on it",
            related=related,
        )


def _is_written(block: ComponentFields) -> bool:
    """Whether exai writes a port of its own, for a model's server that speaks gRPC."""
    grpc = isinstance(block, ServiceSpec) and block.protocol.startswith("grpc")
    return grpc and not block.ports


def _timeout(
    spec: Spec, path: Path, block: ComponentFields, related: Related
) -> Iterator[Diagnostic]:
    if block.timeout is not None and (block.timeout.seconds_exact() or 0) > LONGEST:
        yield Diagnostic(
            "knative-timeout",
            f"Knative refuses more than {LONGEST}s, unless the cluster's settings allow it",
            spec.at(*path, "timeout"),
            "warning",
            "shorten it, or raise max-revision-timeout-seconds in its ConfigMap config-defaults",
            related,
        )
