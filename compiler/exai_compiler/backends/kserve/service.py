"""A Service as an InferenceService.

In: the resolved project, a Service. Out: the runtime of each format that its model may have (wave
1), on a cluster what its transformer reads (wave 1), the service (wave 4); where asked for, who
reaches its pods (wave 0), and what watches it (wave 6).

What KServe would choose by itself is always written: deployment mode, runtime, protocol, replicas.
The model is the exact version that its reference means now; while nobody knows, those leaves are
Unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.backends.kserve import components, runtime, transformer
from exai_compiler.backends.kserve.chosen import EXAIS, Chosen, choose, is_exais
from exai_compiler.backends.kserve.formats import formats_of
from exai_compiler.backends.kserve.monitoring import watchers
from exai_compiler.backends.kserve.network import policy
from exai_compiler.backends.kserve.own_runtimes import runtimes
from exai_compiler.backends.kserve.predictor import model, predictor, runtime_of
from exai_compiler.backends.kserve.scale import Mode, autoscaler, light, scale, scale_target
from exai_compiler.backends.kserve.served import Source, files_of, is_elsewhere, source_of
from exai_compiler.backends.kserve.shipped import Runtime
from exai_compiler.build import Rendered
from exai_compiler.canaries import held_back
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Known, Tree, Unknown
from exai_compiler.resolved import Resolved
from exai_specs.effects import Effect
from exai_specs.frozen import canonical
from exai_specs.kinds import Environment, ServiceSpec
from exai_specs.kinds.canary import Rollout
from exai_specs.kinds.service import CUSTOM
from exai_specs.parse import Spec
from exai_specs.values import replace

API = "serving.kserve.io/v1beta1"
KIND = "InferenceService"
RUNTIME_WAVE, SERVICE_WAVE = 1, 4
CANARY = "canary"
ROLLOUT = "exai.dev/rollout"
VISIBILITY: Mapping[Mode, str] = MappingProxyType(
    {
        "Knative": "networking.knative.dev/visibility",
        "Standard": "networking.kserve.io/visibility",
    }
)

__all__ = ["Mode", "mode", "mode_of", "render_service", "scale_target"]


def render_service(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """The runtimes, the service, and what its transformer reads.

    Raises TypeError for another kind: a bug of the caller.
    """
    body = spec.body
    if not isinstance(body, ServiceSpec):
        raise TypeError(f"{spec.ref} is no Service")
    environment = resolved.environment
    if environment.target == "local" and body.stopped:
        return ()
    if environment.target == "local" and body.canary is not None:
        body = replace(body, canary=None)  # one process, one model
    if body.canary is not None and spec.ref in held_back(resolved.waiting):
        body = replace(body, canary=None)  # the first phase: `model` is rolled out alone
    source = source_of(resolved, body.model) if body.model is not None else None
    service = {
        "apiVersion": API,
        "kind": KIND,
        "metadata": _metadata(spec, environment, _newest(resolved, body, source), body),
        "spec": _spec(resolved, spec, body, source),
    }
    companions = [
        (runtime.runtime_id(each), _runtime(resolved, each))
        for each in map(runtime.SERVED.__getitem__, sorted(set(_exais(resolved, body))))
    ]
    if body.features is not None and environment.target != "local":
        companions.append((transformer.store_id(), transformer.store(resolved)))
    where = mode_of(body, environment)
    # Only what stands around a service on a cluster asks for it.
    server = _server(resolved, body, source) if environment.target != "local" else None
    return (
        *policy(spec, body, environment, where, server),
        *(Rendered(id_, spec.ref, tree, RUNTIME_WAVE, Effect.REDEPLOY) for id_, tree in companions),
        Rendered(
            ObjectId(API, KIND, spec.ref.name),
            spec.ref,
            MappingProxyType(service),
            SERVICE_WAVE,
            Effect.REDEPLOY,
            light=light(where, environment.target),
        ),
        *watchers(spec, body, environment, where, server),
    )


def _runtime(resolved: Resolved, served: runtime.Served) -> Tree:
    """One object for all services that need it."""
    environment = resolved.environment
    # The environment stays beside it, so no other one has its identity.
    tree, _ = resolved.project.once(
        ("runtime", served.format, id(environment)),
        lambda: (runtime.runtime(environment, served), environment),
    )
    return tree


def mode(environment: Environment) -> Mode:
    """KServe's deployment mode; unset it is Knative locally and KServe's own default elsewhere."""
    return environment.serving.mode or ("Knative" if environment.target == "local" else "Standard")


def mode_of(service: ServiceSpec, environment: Environment) -> Mode:
    """The mode of one service, which may have its own."""
    return service.mode or mode(environment)


def _server(resolved: Resolved, body: ServiceSpec, source: Source | None) -> str | None:
    """The runtime that answers; an open one is exai's, for then a pipeline makes the model."""
    if body.runtime == CUSTOM or body.model is None or source is None:
        return None
    chosen = runtime_of(body, source, runtimes(resolved.project, resolved.environment))
    if isinstance(chosen, Unknown):
        elsewhere = isinstance(body.model, str) and is_elsewhere(resolved.project, body.model)
        return body.runtime if elsewhere else body.runtime or EXAIS[0].name
    return chosen.value.name if chosen is not None else None


def _exais(resolved: Resolved, body: ServiceSpec) -> Iterator[str]:
    """The formats whose runtimes are exai's and have to be there: of every version that the
    reference may come to mean, so that none is taken away while it is needed.
    """
    if body.runtime == CUSTOM:
        return
    known = runtimes(resolved.project, resolved.environment)
    models = (body.model, body.canary.model if body.canary is not None else None)
    for each in models:
        if each is None:
            continue
        if isinstance(each, str) and files_of(resolved.project, each) is None:
            # The folders of exai's steps have a digest.
            for format_ in formats_of(resolved, each, resolved.models[each]):
                served = choose(format_, None, body.protocol, body.runtime, known, True)
                if isinstance(served, Chosen) and is_exais(served.name):
                    yield format_
            continue
        source = source_of(resolved, each)
        chosen = runtime_of(body, source, known)
        if isinstance(chosen, Known) and is_exais(chosen.value.name):
            yield chosen.value.name.removeprefix("exai-")


def _spec(resolved: Resolved, spec: Spec, body: ServiceSpec, source: Source | None) -> Tree:
    environment = resolved.environment
    known = runtimes(resolved.project, environment)
    parts: dict[str, Tree] = {}
    main = predictor(body, environment, source, known)
    if body.canary is not None:
        share = int(body.canary.traffic.percent)
        other = source_of(resolved, body.canary.model)
        if mode_of(body, environment) == "Knative":
            # The rolled-out revision keeps the rest.
            main["model"] = model(body, environment, other, known)
            main["canaryTrafficPercent"] = share
        else:
            parts["canary"] = (_canary(body, environment, other, known, share),)
    parts["predictor"] = _sorted(main)
    if body.features is not None:
        looked_up = transformer.transformer(resolved, spec.ref.name, body, body.features)
        parts["transformer"] = _sorted({**looked_up, **scale(body)})
    elif body.transformer is not None and not body.transformer.collocated:
        parts["transformer"] = components.transformer(body.transformer, environment, body.protocol)
    if body.explainer is not None:
        parts["explainer"] = components.explainer(body.explainer, environment, body.protocol)
    return MappingProxyType(parts)


def _newest(resolved: Resolved, body: ServiceSpec, source: Source | None) -> Source | None:
    """What `spec.predictor` itself holds: in Knative mode a canary's model is the newest there."""
    if body.canary is None or mode_of(body, resolved.environment) != "Knative":
        return source
    return source_of(resolved, body.canary.model)


def _canary(
    body: ServiceSpec,
    environment: Environment,
    source: Source,
    known: tuple[Runtime, ...],
    share: int,
) -> Tree:
    """An entry of `spec.canary`: the same pods with another model, logged, batched and replaced as
    those of `model` are, and no scaling of its own."""
    block = predictor(replace(body, autoscale=None), environment, source, known)
    block.pop("maxReplicas", None)
    if isinstance(served := block.get("model"), Mapping):
        # The CRD requires a name here, and KServe's webhook refuses one that says something.
        block["model"] = _sorted({**served, "name": ""})
    stated = body.canary.replicas if body.canary is not None else None
    block["minReplicas"] = body.replicas.min if stated is None else stated
    return MappingProxyType(
        {"predictor": _sorted({**block, "name": CANARY}), "trafficPercent": share}
    )


def _metadata(
    spec: Spec, environment: Environment, source: Source | None, body: ServiceSpec
) -> Tree:
    where = mode_of(body, environment)
    stated: dict[str, Tree] = {
        **spec.metadata.annotations,
        **autoscaler(where, body.autoscale),
        "serving.kserve.io/deploymentMode": where,
    }
    if source is not None and source.digest is not None:
        digest = source.digest
        stated["exai.dev/model-digest"] = digest if isinstance(digest, Unknown) else digest.value
    if source is not None and source.number is not None:
        number = source.number
        version = number if isinstance(number, Unknown) else str(number.value)
        stated["exai.dev/model-version"] = version
    if body.stopped:
        stated["serving.kserve.io/stop"] = "true"
    if body.rollout is not None:
        stated[ROLLOUT] = _rollout(body.rollout)
    if environment.target == "local" and body.local.port is not None:
        stated["exai.dev/local-port"] = str(body.local.port)
    labels: dict[str, Tree] = {**spec.metadata.labels, **runtime.MANAGED}
    if body.visibility == "cluster":
        labels[VISIBILITY[where]] = "cluster-local"
    metadata: dict[str, Tree] = {
        "name": spec.ref.name,
        "labels": _sorted(labels),
        "annotations": _sorted(stated),
    }
    if environment.namespace is not None:
        metadata["namespace"] = environment.namespace
    return _sorted(metadata)


def _rollout(rollout: Rollout) -> str:
    """What whoever moves an alias reads: the steps and how long each lasts."""
    steps = tuple(str(step) for step in rollout.steps)
    return canonical({"interval": str(rollout.interval), "steps": steps}).decode()


def _sorted(values: Mapping[str, Tree]) -> Mapping[str, Tree]:
    return MappingProxyType(dict(sorted(values.items())))
