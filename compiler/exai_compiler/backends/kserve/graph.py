"""A Graph as an InferenceGraph (pkg/apis/serving/v1alpha1, targets 1.8).

In: the resolved project, a Graph. Out: the object (wave 5, after the services that it names).
"""

from __future__ import annotations

from types import MappingProxyType

from exai_compiler.backends.kserve import runtime
from exai_compiler.backends.kserve.scale import LIGHT, autoscaler, scale_target
from exai_compiler.backends.kserve.service import mode
from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Tree
from exai_compiler.pods import container
from exai_compiler.pods.pod import stated
from exai_compiler.resolved import Resolved
from exai_specs.effects import Effect
from exai_specs.kinds import Environment, GraphSpec
from exai_specs.kinds.graph import GraphNode, GraphStep
from exai_specs.parse import Spec

API = "serving.kserve.io/v1alpha1"
KIND = "InferenceGraph"
WAVE = 5


def render_graph(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """Nothing where no cluster is. Raises TypeError for another kind: a bug of the caller."""
    body = spec.body
    if not isinstance(body, GraphSpec):
        raise TypeError(f"{spec.ref} is no Graph")
    environment = resolved.environment
    if environment.target == "local":
        return ()
    tree: dict[str, Tree] = {
        "apiVersion": API,
        "kind": KIND,
        "metadata": _metadata(spec, body, environment),
        "spec": _spec(body, environment),
    }
    id_ = ObjectId(API, KIND, spec.ref.name)
    tree_ = MappingProxyType(tree)
    return (Rendered(id_, spec.ref, tree_, WAVE, Effect.REDEPLOY, light=LIGHT),)


def _spec(body: GraphSpec, environment: Environment) -> Tree:
    del environment
    found: dict[str, Tree] = {
        "maxReplicas": body.replicas.max,
        "minReplicas": body.replicas.min,
        "nodes": MappingProxyType({name: _node(body.nodes[name]) for name in sorted(body.nodes)}),
    }
    if body.autoscale is not None and body.autoscale.metric is not None:
        found["scaleMetric"] = body.autoscale.metric
        found["scaleTarget"] = scale_target(body.autoscale)
    if body.timeout is not None:
        found["timeout"] = body.timeout.seconds_exact()
    if body.resources is not None:
        found["resources"] = container.resources(body.resources)
    if body.node_selector:
        found["nodeSelector"] = MappingProxyType(dict(sorted(body.node_selector.items())))
    if body.tolerations:
        found["tolerations"] = tuple(stated(each) for each in body.tolerations)
    if body.service_account is not None:
        found["serviceAccountName"] = body.service_account
    return MappingProxyType(dict(sorted(found.items())))


def _node(node: GraphNode) -> Tree:
    steps = tuple(_step(step) for step in node.steps)
    return MappingProxyType({"routerType": node.router_type, "steps": steps})


def _step(step: GraphStep) -> Tree:
    found: dict[str, Tree] = {
        "condition": step.condition,
        "data": step.data,
        "dependency": step.dependency,
        "mapPredictionsToInstances": step.map_predictions_to_instances,
        "name": step.name,
        "nodeName": step.node,
        "serviceName": step.service,
        "serviceUrl": step.url,
        "weight": int(step.weight.percent) if step.weight is not None else None,
    }
    return MappingProxyType({name: value for name, value in found.items() if value is not None})


def _metadata(spec: Spec, body: GraphSpec, environment: Environment) -> Tree:
    where = mode(environment)
    annotations: dict[str, Tree] = {
        **spec.metadata.annotations,
        **autoscaler(where, body.autoscale),
        "serving.kserve.io/deploymentMode": where,
    }
    found: dict[str, Tree] = {
        "annotations": MappingProxyType(dict(sorted(annotations.items()))),
        "labels": MappingProxyType({**spec.metadata.labels, **runtime.MANAGED}),
        "name": spec.ref.name,
    }
    if environment.namespace is not None:
        found["namespace"] = environment.namespace
    return MappingProxyType(found)
