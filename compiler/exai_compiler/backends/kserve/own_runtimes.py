"""A Runtime as a ServingRuntime or ClusterServingRuntime, and as a choice for services.

In: the resolved project, a Runtime. Out: the object (wave 1). `{{.Name}}` and the like in its
container are KServe's own placeholders: fields of the InferenceService.
"""

from __future__ import annotations

from types import MappingProxyType

from exai_compiler.backends.kserve import runtime
from exai_compiler.backends.kserve.chosen import EXAIS
from exai_compiler.backends.kserve.platforms import release
from exai_compiler.backends.kserve.shipped import Runtime
from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Tree
from exai_compiler.pods import container
from exai_compiler.pods.pod import own_container, pod
from exai_compiler.project import Project
from exai_compiler.resolved import Resolved
from exai_specs.effects import Effect
from exai_specs.kinds import Environment, RuntimeSpec
from exai_specs.kinds.components import MAIN
from exai_specs.kinds.runtime import Adapters
from exai_specs.parse import Spec

KINDS = MappingProxyType({"namespace": runtime.KIND, "cluster": f"Cluster{runtime.KIND}"})
WAVE = 1


def runtimes(project: Project, environment: Environment) -> tuple[Runtime, ...]:
    """All that may serve there, in the order in which they are chosen: the project's own, exai's,
    those that KServe ships.
    """
    there = release(environment.platform)
    return project.once(
        ("runtimes", there.kserve), lambda: (*own_runtimes(project), *EXAIS, *there.runtimes)
    )


def own_runtimes(project: Project) -> tuple[Runtime, ...]:
    """The project's own runtimes as choices: by priority, then by name."""
    return project.once("own runtimes", lambda: _own_runtimes(project))


def _own_runtimes(project: Project) -> tuple[Runtime, ...]:
    found = sorted(
        project.bodies(RuntimeSpec), key=lambda each: (-_priority(each[1]), each[0].ref.name)
    )
    return tuple(
        Runtime(
            spec.ref.name,
            MappingProxyType({name: each.version for name, each in body.formats.items()}),
            body.protocols,
            tuple(name for name, each in body.formats.items() if each.auto_select),
        )
        for spec, body in found
    )


def _priority(body: RuntimeSpec) -> int:
    return max((each.priority or 0 for each in body.formats.values()), default=0)


def render_runtime(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """Nothing where no cluster is. Raises TypeError for another kind: a bug of the caller."""
    body = spec.body
    if not isinstance(body, RuntimeSpec):
        raise TypeError(f"{spec.ref} is no Runtime")
    environment = resolved.environment
    if environment.target == "local":
        return ()
    kind = KINDS[body.scope]
    tree: dict[str, Tree] = {
        "apiVersion": runtime.API,
        "kind": kind,
        "metadata": _metadata(spec, body, environment),
        "spec": _spec(body, environment),
    }
    id_ = ObjectId(runtime.API, kind, spec.ref.name)
    return (Rendered(id_, spec.ref, MappingProxyType(tree), WAVE, Effect.REDEPLOY),)


def _spec(body: RuntimeSpec, environment: Environment) -> Tree:
    around = pod(body, environment)
    beside = around.pop("containers", ())
    main = MappingProxyType(own_container(MAIN, body, environment))
    found: dict[str, Tree] = {
        **around,
        "containers": (main, *(beside if isinstance(beside, tuple) else ())),
        "supportedModelFormats": tuple(_formats(body)),
    }
    if body.protocols:
        found["protocolVersions"] = body.protocols
    if body.multi_model:
        found["multiModel"] = True
    if body.adapters is not None:
        found |= _adapters(body.adapters, environment)
    return MappingProxyType(dict(sorted(found.items())))


def _adapters(adapters: Adapters, environment: Environment) -> dict[str, Tree]:
    """What ModelMesh reads of a runtime (pkg/apis/serving/v1alpha1/servingruntime_types.go)."""
    found: dict[str, Tree] = {}
    for name, value in (
        ("grpcEndpoint", adapters.grpc_endpoint),
        ("grpcDataEndpoint", adapters.grpc_data_endpoint),
        ("httpDataEndpoint", adapters.http_data_endpoint),
    ):
        if value is not None:
            found[name] = value
    if (built_in := adapters.built_in) is not None:
        block: dict[str, Tree] = {
            "runtimeManagementPort": built_in.management_port,
            "serverType": built_in.server,
        }
        if built_in.env:
            block["env"] = container.env(built_in.env, environment)
        if built_in.memory_buffer is not None:
            block["memBufferBytes"] = built_in.memory_buffer
        if built_in.loading_timeout is not None:
            block["modelLoadingTimeoutMillis"] = built_in.loading_timeout.ms
        found["builtInAdapter"] = MappingProxyType(dict(sorted(block.items())))
    return found


def _formats(body: RuntimeSpec) -> list[Tree]:
    found: list[Tree] = []
    for name, each in sorted(body.formats.items()):
        for version in each.version or (None,):
            entry: dict[str, Tree] = {"autoSelect": each.auto_select, "name": name}
            if version is not None:
                entry["version"] = version
            if each.priority is not None:
                entry["priority"] = each.priority
            found.append(MappingProxyType(entry))
    return found


def _metadata(spec: Spec, body: RuntimeSpec, environment: Environment) -> Tree:
    found: dict[str, Tree] = {
        "name": spec.ref.name,
        "labels": MappingProxyType({**spec.metadata.labels, **runtime.MANAGED}),
    }
    if spec.metadata.annotations:
        found["annotations"] = spec.metadata.annotations
    if environment.namespace is not None and body.scope == "namespace":
        found["namespace"] = environment.namespace
    return MappingProxyType(found)
