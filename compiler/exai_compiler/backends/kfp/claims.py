"""A pipeline's claims as tasks: one that makes each before its first user, one that removes it
after the last.

In: a graph. Out: the same graph with these steps, in which `{claim: NAME}` mounts what the first of
them made. They are KFP's own pseudo-components (`CreatePVC`, `DeletePVC` of kfp/kubernetes), which
its driver carries out: they have no container.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from exai_compiler.catalog import Component, Port
from exai_compiler.graph import Binding, Constant, FromStep, Graph, Node, Step, rebuilt, scopes
from exai_specs.frozen import Json
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.kinds.run_storage import Claim
from exai_specs.kinds.step import Step as StepSpec
from exai_specs.kinds.step_pod import ClaimMount, PvcMount

CREATE, DELETE = "argostub/createpvc", "argostub/deletepvc"


def created(claim: str) -> str:
    """The task that makes a claim."""
    return f"create-{claim}"


def deleted(claim: str) -> str:
    """The task that removes it."""
    return f"delete-{claim}"


def with_claims(graph: Graph, pipeline: PipelineSpec) -> Graph:
    """The very same graph when it has no claims."""
    if not pipeline.claims:
        return graph
    mounting = rebuilt(graph, {name: _mounting(step) for name, step in graph.steps.items()})
    users = {name: _claims(node) for name, node in mounting.root.nodes.items()}
    nodes: dict[str, Node] = {
        name: _after(node, users[name]) for name, node in mounting.root.nodes.items()
    }
    made: dict[str, Step] = {}
    for name, claim in pipeline.claims.items():
        made[created(name)] = _create(name, claim)
        if not claim.keep:
            by = tuple(sorted(user for user, claims in users.items() if name in claims))
            made[deleted(name)] = _delete(name, by)
    return replace(
        mounting,
        steps=MappingProxyType({**mounting.steps, **_leaves(nodes), **made}),
        nodes=MappingProxyType({**mounting.nodes, **nodes, **made}),
        root=replace(mounting.root, nodes=MappingProxyType({**nodes, **made})),
    )


def _mounting(step: Step) -> Step:
    """A step whose claims are mounted by the name that a run gives them."""
    if not any(isinstance(volume, ClaimMount) for volume in step.spec.volumes.values()):
        return step
    volumes = {
        path: PvcMount(pvc=_name(volume.claim), sub_path=volume.sub_path)
        if isinstance(volume, ClaimMount)
        else volume
        for path, volume in step.spec.volumes.items()
    }
    return replace(step, spec=replace(step.spec, volumes=MappingProxyType(volumes)))


def _name(claim: str) -> str:
    return f"${{{{ steps.{created(claim)}.name }}}}"


def _claims(node: Node) -> frozenset[str]:
    """The claims that a step mounts, or any in a group."""
    if isinstance(node, Step):
        names = [v.pvc for v in node.spec.volumes.values() if isinstance(v, PvcMount)]
        prefix, suffix = _name("").split("create-")[0] + "create-", ".name }}"
        return frozenset(
            name.removeprefix(prefix).removesuffix(suffix)
            for name in names
            if name.startswith(prefix) and name.endswith(suffix)
        )
    inside = (inner for scope in scopes(node) for inner in scope.nodes.values())
    return frozenset(claim for inner in inside for claim in _claims(inner))


def _after(node: Node, claims: frozenset[str]) -> Node:
    if not claims:
        return node
    return replace(node, needs=tuple(sorted({*node.needs, *map(created, claims)})))


def _leaves(nodes: Mapping[str, Node]) -> Mapping[str, Step]:
    return {name: node for name, node in nodes.items() if isinstance(node, Step)}


def _create(name: str, claim: Claim) -> Step:
    given: dict[str, Json] = {
        "pvc_name_suffix": f"-{name}",
        "size": str(claim.size),
        "storage_class_name": claim.storage_class,
        "access_modes": claim.access_modes,
    }
    if claim.annotations:
        given["annotations"] = dict(sorted(claim.annotations.items()))
    inputs: dict[str, Binding] = {key: Constant(value) for key, value in given.items()}
    ports = (
        Port("access_modes", "list"),
        Port("annotations", "struct", optional=True),
        Port("data_source", "struct", optional=True),
        Port("pvc_name", "string", optional=True),
        Port("pvc_name_suffix", "string", optional=True),
        Port("size", "string"),
        Port("storage_class_name", "string", optional=True, default=""),
        Port("volume_name", "string", optional=True),
    )
    component = _component(CREATE, ports, (Port("name", "string"),))
    return _step(created(name), component, inputs, ())


def _delete(name: str, users: tuple[str, ...]) -> Step:
    """It runs whatever became of them: a failed run leaves no volume behind."""
    component = _component(DELETE, (Port("pvc_name", "string"),), ())
    inputs = {"pvc_name": FromStep(created(name), "name")}
    step = _step(deleted(name), component, inputs, tuple(sorted((*users, created(name)))))
    return replace(step, spec=replace(step.spec, ignore_upstream_failure=True))


def _step(
    name: str, component: Component, inputs: Mapping[str, Binding], needs: tuple[str, ...]
) -> Step:
    spec = StepSpec(image=component.image, cache=False)
    path = ("spec", "claims", name)
    return Step(name, spec, component, MappingProxyType(dict(inputs)), needs, path)


def _component(image: str, inputs: tuple[Port, ...], outputs: tuple[Port, ...]) -> Component:
    return Component(
        name=image,
        version="1",
        effects="none",
        description="",
        inputs=MappingProxyType({port.name: port for port in inputs}),
        outputs=MappingProxyType({port.name: port for port in outputs}),
        refs=MappingProxyType({}),
        filled=(),
        metrics=MappingProxyType({}),
        image=image,
        command=(),
        args=(),
        limits=MappingProxyType({}),
    )
