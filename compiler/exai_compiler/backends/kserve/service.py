"""A Service as an InferenceService.

In: the resolved project, a Service. Out: the runtime (wave 1), the service (wave 4).

What KServe would choose by itself is always written: deployment mode, runtime, protocol, replicas.
The model is the exact version that its reference means now; while nobody knows, those leaves are
Unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from exai_compiler.backends.kserve import container, runtime
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


def render_service(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """Both objects. Raises TypeError for another kind: a bug of the caller."""
    body = spec.body
    if not isinstance(body, ServiceSpec):
        raise TypeError(f"{spec.ref} is no Service")
    environment = resolved.environment
    version = resolved.models[body.model]
    return (
        Rendered(
            runtime.runtime_id(),
            spec.ref,
            runtime.runtime(environment),
            RUNTIME_WAVE,
            Effect.REDEPLOY,
        ),
        Rendered(
            ObjectId(API, KIND, spec.ref.name),
            spec.ref,
            MappingProxyType(
                {
                    "apiVersion": API,
                    "kind": KIND,
                    "metadata": _metadata(spec, environment, version, body),
                    "spec": MappingProxyType({"predictor": _predictor(body, environment, version)}),
                }
            ),
            SERVICE_WAVE,
            Effect.REDEPLOY,
        ),
    )


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


def _predictor(body: ServiceSpec, environment: Environment, version: Maybe[ModelVersion]) -> Tree:
    digest = MappingProxyType(
        {"name": "EXAI_MODEL_DIGEST", "value": _of(version, lambda known: known.digest)}
    )
    model: dict[str, Tree] = {
        "env": (digest, *container.env(body.env, environment)),
        "modelFormat": MappingProxyType(
            {"name": runtime.FORMAT, "version": runtime.FORMAT_VERSION}
        ),
        "protocolVersion": body.protocol,
        "runtime": runtime.NAME,
        "storageUri": _of(version, lambda known: known.uri),
    }
    if body.resources is not None:
        model["resources"] = container.resources(body.resources)
    predictor: dict[str, Tree] = {
        "maxReplicas": body.replicas.max,
        "minReplicas": body.replicas.min,
        "model": _sorted(model),
    }
    if body.autoscale is not None:
        predictor["scaleMetric"] = body.autoscale.metric
        predictor["scaleTarget"] = scale_target(body.autoscale)
    if body.timeout is not None:
        predictor["timeout"] = body.timeout.seconds_exact()
    return _sorted(predictor)


def scale_target(autoscale: Autoscale) -> int | None:
    """KServe's scaleTarget, a whole number; None where it can't be said as one (a check refuses
    that).
    """
    target = autoscale.target
    number = target.percent if isinstance(target, Percent) else target
    return int(number) if number == int(number) else None


def _of(version: Maybe[ModelVersion], take: Callable[[ModelVersion], str]) -> Tree:
    match version:
        case Known(value):
            return take(value)
        case Unknown():
            return version


def _sorted(values: Mapping[str, Tree]) -> Mapping[str, Tree]:
    return MappingProxyType(dict(sorted(values.items())))
