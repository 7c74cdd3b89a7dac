"""The ConfigMap `exai-runtime`: what steps on a cluster read of their environment (DESIGN section
6).

In: the resolved project. Out: the object (wave 0, before all that reads it), or nothing where no
step runs in a pod. It holds addresses and no secret: those are in Secrets of the namespace, which
steps and servers name themselves.
"""

from __future__ import annotations

from types import MappingProxyType

from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Tree
from exai_compiler.resolved import Resolved
from exai_compiler.runtime_variables import CONFIG_MAP, runtime_variables
from exai_specs.effects import Effect
from exai_specs.kinds import TuningSpec
from exai_specs.parse import Spec

API, KIND, WAVE = "v1", "ConfigMap", 0

MANAGED = MappingProxyType({"app.kubernetes.io/managed-by": "exai"})


def render_project(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """The object of the project's own document; another Project document has none."""
    environment, project = resolved.environment, resolved.project
    if spec is not project.root or environment.target == "local":
        return ()
    if not resolved.graphs and next(project.bodies(TuningSpec), None) is None:
        return ()
    metadata: dict[str, Tree] = {"labels": MANAGED, "name": CONFIG_MAP}
    if environment.namespace is not None:
        metadata["namespace"] = environment.namespace
    values = runtime_variables(project.name, resolved.name, environment)
    body: dict[str, Tree] = {
        "apiVersion": API,
        "kind": KIND,
        "metadata": MappingProxyType(metadata),
        "data": MappingProxyType(dict(values)),
    }
    id_ = ObjectId(API, KIND, CONFIG_MAP)
    return (Rendered(id_, spec.ref, MappingProxyType(body), WAVE, Effect.RENDER),)
