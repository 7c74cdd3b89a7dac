"""An LLMService as an LLMInferenceService (pkg/apis/serving/v1alpha2, targets 1.9).

In: the resolved project, an LLMService. Out: the object (wave 4). Of the pods only what the
document says is written: KServe merges the rest from its own configurations, where the server is
the container `main`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.backends.kserve import runtime
from exai_compiler.backends.kserve.releases import LLM_V1ALPHA2, llm_api
from exai_compiler.backends.kserve.scale import LIGHT
from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Tree
from exai_compiler.pods import container
from exai_compiler.pods.pod import main_container, pod
from exai_compiler.resolved import Resolved
from exai_specs.effects import Effect
from exai_specs.kinds import Environment, LLMServiceSpec
from exai_specs.kinds.llm_router import GatewayRef, Router
from exai_specs.kinds.llm_service import MAIN, LlmModel, LlmWorkload, Parallelism, ReplicaRange
from exai_specs.kinds.servers import SpecFields
from exai_specs.parse import Spec

KIND = "LLMInferenceService"
WAVE = 4


def render_llm_service(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """Nothing where no cluster is. Raises TypeError for another kind: a bug of the caller."""
    body = spec.body
    if not isinstance(body, LLMServiceSpec):
        raise TypeError(f"{spec.ref} is no LLMService")
    environment = resolved.environment
    if environment.target == "local":
        return ()
    tree: dict[str, Tree] = {
        "apiVersion": llm_api(environment),
        "kind": KIND,
        "metadata": _metadata(spec, environment),
        "spec": _spec(spec, body, environment),
    }
    # The version that the API server stores: the object stays itself when the platform is newer.
    id_ = ObjectId(LLM_V1ALPHA2, KIND, spec.ref.name)
    tree_ = MappingProxyType(tree)
    return (Rendered(id_, spec.ref, tree_, WAVE, Effect.REDEPLOY, light=LIGHT),)


def _spec(spec: Spec, body: LLMServiceSpec, environment: Environment) -> Tree:
    found: dict[str, Tree] = {
        "model": _model(body.model, spec.ref.name),
        **_workload(body, environment),
    }
    if body.router is not None:
        found["router"] = _router(body.router, environment)
    if body.prefill is not None:
        found["prefill"] = _sorted(_workload(body.prefill, environment))
    if body.base_refs:
        found["baseRefs"] = tuple(MappingProxyType({"name": name}) for name in body.base_refs)
    return _sorted(found)


def _model(model: LlmModel, name: str) -> Tree:
    # The webhook would write the default name; so that it is no drift, it stands here.
    found: dict[str, Tree] = {"name": model.name or name, "uri": model.uri}
    if model.lora is not None:
        adapters = model.lora.adapters
        lora: dict[str, Tree] = {
            "adapters": tuple(
                MappingProxyType({"name": each, "uri": adapters[each]}) for each in sorted(adapters)
            )
        }
        if model.lora.max_rank is not None:
            lora["maxRank"] = model.lora.max_rank
        found["lora"] = MappingProxyType(lora)
    return _sorted(found)


def _workload(block: LlmWorkload, environment: Environment) -> dict[str, Tree]:
    around = pod(block, environment)
    found: dict[str, Tree] = {
        name: around.pop(name) for name in ("labels", "annotations") if name in around
    }
    found |= _replicas(block.replicas)
    if block.parallelism is not None:
        found["parallelism"] = _parallelism(block.parallelism)
    if template := _pod_spec(block, around, environment):
        found["template"] = template
    if block.worker is not None:
        # Its presence alone asks for further nodes.
        beside = pod(block.worker, environment)
        worker = _pod_spec(block.worker, beside, environment)
        found["worker"] = worker or MappingProxyType({"containers": ()})
    return found


def _replicas(stated: int | ReplicaRange) -> dict[str, Tree]:
    """A number, or bounds, within which KServe's default actuator scales (`wva.hpa`)."""
    if isinstance(stated, int):
        return {"replicas": stated}
    if stated.min == stated.max:
        return {"replicas": stated.max}
    actuator: Tree = MappingProxyType({"hpa": MappingProxyType({})})
    scaling: dict[str, Tree] = {
        "maxReplicas": stated.max,
        "minReplicas": stated.min,
        "wva": actuator,
    }
    return {"scaling": MappingProxyType(scaling)}


def _parallelism(stated: Parallelism) -> Tree:
    degrees: dict[str, Tree] = {
        "data": stated.data,
        "dataLocal": stated.data_local,
        "expert": True if stated.expert else None,
        "pipeline": stated.pipeline,
        "tensor": stated.tensor,
    }
    return MappingProxyType({name: value for name, value in degrees.items() if value is not None})


def _pod_spec(
    block: SpecFields, around: Mapping[str, Tree], environment: Environment
) -> Mapping[str, Tree]:
    """The pod as far as the document says it; empty when it says nothing."""
    main = main_container(block, environment)
    if block.env:
        main["env"] = container.env(block.env, environment)
    own: tuple[Tree, ...] = (_sorted({**main, "name": MAIN}),) if main else ()
    beside = around.get("containers", ())
    containers = (*own, *(beside if isinstance(beside, tuple) else ()))
    if not containers and not around:
        return {}
    # The CRD has the list required.
    return _sorted({**around, "containers": containers})


def _router(router: Router, environment: Environment) -> Tree:
    found: dict[str, Tree] = {}
    if router.route is not None:
        shares = {"group": router.route.group, "weight": router.route.weight}
        stated = {name: value for name, value in shares.items() if value is not None}
        found["route"] = MappingProxyType(stated)
    if router.gateway is not None:
        refs = tuple(_gateway(ref, environment) for ref in router.gateway.refs)
        found["gateway"] = MappingProxyType({"refs": refs} if refs else {})
    if router.scheduler is not None:
        found["scheduler"] = MappingProxyType({})
    return _sorted(found)


def _gateway(ref: GatewayRef, environment: Environment) -> Tree:
    """The namespace is written, not left to a default of the controller's."""
    namespace = ref.namespace or environment.namespace
    return MappingProxyType(
        {"name": ref.name, **({"namespace": namespace} if namespace is not None else {})}
    )


def _metadata(spec: Spec, environment: Environment) -> Tree:
    found: dict[str, Tree] = {
        "labels": MappingProxyType({**spec.metadata.labels, **runtime.MANAGED}),
        "name": spec.ref.name,
    }
    if spec.metadata.annotations:
        found["annotations"] = spec.metadata.annotations
    if environment.namespace is not None:
        found["namespace"] = environment.namespace
    return _sorted(found)


def _sorted(values: Mapping[str, Tree]) -> Mapping[str, Tree]:
    return MappingProxyType(dict(sorted(values.items())))
