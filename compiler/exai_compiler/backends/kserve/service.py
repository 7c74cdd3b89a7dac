"""A Service as an InferenceService.

In: the resolved project, a Service. Out: the runtime of each format that its model may have (wave
1), on a cluster what its transformer reads (wave 1), the service (wave 4).

What KServe would choose by itself is always written: deployment mode, runtime, protocol, replicas.
The model is the exact version that its reference means now; while nobody knows, those leaves are
Unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, TypeVar

from exai_compiler.backends.kserve import container, pod, runtime, transformer
from exai_compiler.backends.kserve.formats import format_of, formats_of
from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.facts import ModelVersion
from exai_compiler.maybe import Known, Maybe, Tree, Unknown
from exai_compiler.resolved import Resolved
from exai_specs.effects import Effect
from exai_specs.kinds import Autoscale, Environment, ServiceSpec
from exai_specs.parse import Spec
from exai_specs.units import Percent

API = "serving.kserve.io/v1beta1"
KIND = "InferenceService"
RUNTIME_WAVE, SERVICE_WAVE = 1, 4

Mode = Literal["Standard", "Knative"]
T = TypeVar("T")


def render_service(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """The runtimes, the service, and what its transformer reads.

    Raises TypeError for another kind: a bug of the caller.
    """
    body = spec.body
    if not isinstance(body, ServiceSpec):
        raise TypeError(f"{spec.ref} is no Service")
    environment = resolved.environment
    version = resolved.models[body.model]
    served = _served(format_of(resolved, body.model, version))
    parts: dict[str, Tree] = {"predictor": _predictor(body, environment, version, served)}
    if body.features is not None:
        looked_up = transformer.transformer(resolved, spec.ref.name, body, body.features)
        parts["transformer"] = _sorted({**looked_up, **_scale(body)})
    service = {
        "apiVersion": API,
        "kind": KIND,
        "metadata": _metadata(spec, environment, version, body),
        "spec": MappingProxyType(parts),
    }
    companions: list[tuple[ObjectId, Tree]] = [
        (runtime.runtime_id(each), runtime.runtime(environment, each))
        for each in map(runtime.SERVED.__getitem__, formats_of(resolved, body.model, version))
    ]
    if body.features is not None and environment.target != "local":
        companions.append((transformer.store_id(), transformer.store(resolved)))
    return (
        *(Rendered(id_, spec.ref, tree, RUNTIME_WAVE, Effect.REDEPLOY) for id_, tree in companions),
        Rendered(
            ObjectId(API, KIND, spec.ref.name),
            spec.ref,
            MappingProxyType(service),
            SERVICE_WAVE,
            Effect.REDEPLOY,
        ),
    )


def _served(format_: Maybe[str]) -> Maybe[runtime.Served]:
    return Known(runtime.SERVED[format_.value]) if isinstance(format_, Known) else format_


def mode(environment: Environment) -> Mode:
    """KServe's deployment mode; unset it is Knative locally and KServe's own default elsewhere."""
    return environment.serving.mode or ("Knative" if environment.target == "local" else "Standard")


def _metadata(
    spec: Spec, environment: Environment, version: Maybe[ModelVersion], body: ServiceSpec
) -> Tree:
    annotations: dict[str, Tree] = {
        **spec.metadata.annotations,
        "exai.dev/model-digest": _of(version, lambda known: known.digest),
        "exai.dev/model-version": _of(version, lambda known: str(known.number)),
        "serving.kserve.io/deploymentMode": mode(environment),
    }
    if (
        mode(environment) == "Knative"
        and body.autoscale
        and body.autoscale.metric in ("cpu", "memory")
    ):
        # Knative's own autoscaler knows only concurrency and rps.
        annotations["autoscaling.knative.dev/class"] = "hpa.autoscaling.knative.dev"
    if environment.target == "local" and body.local.port is not None:
        annotations["exai.dev/local-port"] = str(body.local.port)
    metadata: dict[str, Tree] = {
        "name": spec.ref.name,
        "labels": _sorted({**spec.metadata.labels, **runtime.MANAGED}),
        "annotations": _sorted(annotations),
    }
    if environment.namespace is not None:
        metadata["namespace"] = environment.namespace
    return _sorted(metadata)


def _predictor(
    body: ServiceSpec,
    environment: Environment,
    version: Maybe[ModelVersion],
    served: Maybe[runtime.Served],
) -> Tree:
    digest = MappingProxyType(
        {"name": "EXAI_MODEL_DIGEST", "value": _of(version, lambda known: known.digest)}
    )
    model: dict[str, Tree] = {
        "env": (digest, *container.env(body.env, environment)),
        "modelFormat": MappingProxyType(
            {
                "name": _of(served, lambda known: known.format),
                "version": _of(served, lambda known: known.version),
            }
        ),
        "protocolVersion": body.protocol,
        "runtime": _of(served, lambda known: known.runtime),
        "storageUri": _of(version, lambda known: known.uri),
    }
    model |= pod.main_container(body, environment)
    return _sorted({"model": _sorted(model), **pod.pod(body, environment), **_scale(body)})


def _scale(body: ServiceSpec) -> Mapping[str, Tree]:
    """How many there are of a component, and how long one may take."""
    scale: dict[str, Tree] = {
        "maxReplicas": body.replicas.max,
        "minReplicas": body.replicas.min,
    }
    if body.autoscale is not None:
        scale["scaleMetric"] = body.autoscale.metric
        scale["scaleTarget"] = scale_target(body.autoscale)
    if body.timeout is not None:
        scale["timeout"] = body.timeout.seconds_exact()
    return scale


def scale_target(autoscale: Autoscale) -> int | None:
    """KServe's scaleTarget, a whole number; None where it can't be said as one (a check refuses
    that).
    """
    target = autoscale.target
    number = target.percent if isinstance(target, Percent) else target
    return int(number) if number == int(number) else None


def _of(value: Maybe[T], take: Callable[[T], str]) -> Tree:
    match value:
        case Known(known):
            return take(known)
        case Unknown():
            return value


def _sorted(values: Mapping[str, Tree]) -> Mapping[str, Tree]:
    return MappingProxyType(dict(sorted(values.items())))
