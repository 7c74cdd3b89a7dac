"""`spec.predictor` of an InferenceService, and a canary's.

In: the resolved project, a Service, what it serves. Out: the block. Runtime, protocol and versions
are always written; for `runtime: custom` the user's container is the predictor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from exai_compiler.backends.kserve import components
from exai_compiler.backends.kserve.chosen import Chosen, NoRuntime, choose, is_exais
from exai_compiler.backends.kserve.scale import scale
from exai_compiler.backends.kserve.served import Source
from exai_compiler.backends.kserve.shipped import GRPC_PORT, Runtime
from exai_compiler.maybe import Known, Maybe, Tree, Unknown
from exai_compiler.pods import container, pod
from exai_specs.kinds import Environment, ServiceSpec
from exai_specs.kinds.service import CUSTOM

DIGEST = "EXAI_MODEL_DIGEST"
T = TypeVar("T")


def predictor(
    service: ServiceSpec,
    environment: Environment,
    source: Source | None,
    known: tuple[Runtime, ...],
) -> dict[str, Tree]:
    """The whole block. `source` is None for a custom predictor that needs no files."""
    around = pod.pod(service, environment)
    beside = around.pop("containers", ())
    more = beside if isinstance(beside, tuple) else ()
    if service.transformer is not None and service.transformer.collocated:
        inside = components.collocated(service.transformer, environment)
        more = (*more, MappingProxyType(inside))
        around |= _volumes(service, environment)
    found: dict[str, Tree] = {**around, **scale(service)}
    if service.runtime == CUSTOM:
        found |= components.own_component(service, environment, _custom(service, source))
        main = found["containers"]
        first = main[0] if isinstance(main, tuple) else {}
        if service.protocol.startswith("grpc") and not service.ports and isinstance(first, Mapping):
            first = _sorted({**first, "ports": (_h2c(None),)})
        found["containers"] = (first, *more)
        found |= _volumes(service, environment)
    elif source is not None:
        found["model"] = model(service, environment, source, known)
        if more:
            found["containers"] = more
    if service.concurrency is not None:
        found["containerConcurrency"] = service.concurrency
    if service.logger is not None:
        found["logger"] = components.logger(service.logger)
    if service.batcher is not None:
        found["batcher"] = components.batcher(service.batcher)
    if service.deployment_strategy is not None:
        found["deploymentStrategy"] = components.strategy(service.deployment_strategy)
    return dict(sorted(found.items()))


def model(
    service: ServiceSpec, environment: Environment, source: Source, known: tuple[Runtime, ...]
) -> Tree:
    """`predictor.model`: the runtime's container, with what the service changes of it."""
    chosen = runtime_of(service, source, known)
    found: dict[str, Tree] = {
        "modelFormat": _sorted(
            {
                "name": _of(source.format, str),
                **_stated("version", chosen, lambda c: c.version),
            }
        ),
        "protocolVersion": service.protocol,
        **_stated("runtime", chosen, lambda c: c.name),
    }
    env = container.env(service.env, environment)
    if source.digest is not None and not _is_foreign(chosen):
        digest = MappingProxyType({"name": DIGEST, "value": _of(source.digest, str)})
        env = (digest, *env)
    if env:
        found["env"] = env
    if source.uri is not None:
        found["storageUri"] = _of(source.uri, str)
    if source.storage is not None:
        found["storage"] = components.storage(source.storage)
    if service.runtime_version is not None:
        found["runtimeVersion"] = service.runtime_version
    if service.protocol.startswith("grpc") and not service.ports:
        found["ports"] = (_h2c(chosen),)
    return _sorted({**found, **pod.main_container(service, environment)})


def runtime_of(
    service: ServiceSpec, source: Source, known: tuple[Runtime, ...]
) -> Maybe[Chosen] | None:
    """The runtime that serves it; None where the checks say that there is none."""
    if isinstance(source.format, Unknown):
        return source.format
    chosen = choose(
        source.format.value,
        source.version,
        service.protocol,
        service.runtime,
        known,
        source.digest is not None,
    )
    return None if isinstance(chosen, NoRuntime) else Known(chosen)


def _is_foreign(chosen: Maybe[Chosen] | None) -> bool:
    return isinstance(chosen, Known) and not is_exais(chosen.value.name)


def _h2c(chosen: Maybe[Chosen] | None) -> Tree:
    """The port that Knative and KServe take for gRPC."""
    runtime = chosen.value.runtime if isinstance(chosen, Known) else None
    port = runtime.grpc_port if runtime is not None else GRPC_PORT
    return MappingProxyType({"containerPort": port, "name": "h2c", "protocol": "TCP"})


def _custom(service: ServiceSpec, source: Source | None) -> Mapping[str, Tree]:
    found: dict[str, Tree] = {components.PROTOCOL: service.protocol}
    if source is not None and source.uri is not None:
        found[components.STORAGE_URI] = _of(source.uri, str)
    return found


def _volumes(service: ServiceSpec, environment: Environment) -> dict[str, Tree]:
    """The pod's volumes, a collocated transformer's included."""
    volumes = pod.volumes_of(service, environment)
    if service.transformer is not None and service.transformer.collocated:
        volumes = pod.volumes_of(service, environment, service.transformer.volumes)
    return {"volumes": volumes} if volumes else {}


def _stated(
    name: str, chosen: Maybe[Chosen] | None, take: Callable[[Chosen], str | None]
) -> dict[str, Tree]:
    if isinstance(chosen, Unknown):
        return {name: chosen}
    value = take(chosen.value) if chosen is not None else None
    return {name: value} if value is not None else {}


def _of(value: Maybe[T], take: Callable[[T], str]) -> Tree:
    return take(value.value) if isinstance(value, Known) else value


def _sorted(values: Mapping[str, Tree]) -> Mapping[str, Tree]:
    return MappingProxyType(dict(sorted(values.items())))
