"""A pipeline's claims as tasks: one that makes each, a group of all that may use it, and one that
removes it when that group has ended, however it ended.

In: a graph. Out: the same graph with these steps, in which `{claim: NAME}` mounts what the first of
them made. They are KFP's own pseudo-components (`CreatePVC`, `DeletePVC` of kfp/kubernetes), which
its driver carries out: they have no container.

One group for each claim, in one another: KFP makes a task that runs after failures a hook of each
of the tasks that it depends on, run once after each, and each can have but one; and it makes none
of a loop, an import or a pseudo-component (`taskToExitTemplate` in
backend/src/v2/compiler/argocompiler/dag.go of kubeflow/pipelines).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.bodies.run_names import run_names
from exai_compiler.catalog import Component, Port
from exai_compiler.graph import (
    Binding,
    Constant,
    FromStep,
    Graph,
    Group,
    Node,
    Scope,
    Step,
    rebuilt,
)
from exai_specs.frozen import Json
from exai_specs.kinds.flow import Group as GroupSpec
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.kinds.run_storage import Claim
from exai_specs.kinds.step import Step as StepSpec
from exai_specs.kinds.step_pod import ClaimMount, PvcMount
from exai_specs.values import replace

CREATE, DELETE = "argostub/createpvc", "argostub/deletepvc"


def has_container(component: Component) -> bool:
    """Whether it has one of its own: an import and a claim's task are done by KFP itself."""
    return component.importer is None and component.image not in (CREATE, DELETE)


def created(claim: str) -> str:
    """The task that makes a claim."""
    return f"create-{claim}"


def used(claim: str) -> str:
    """The group of all steps that may mount it."""
    return f"with-{claim}"


def deleted(claim: str) -> str:
    """The task that removes it."""
    return f"delete-{claim}"


def with_claims(graph: Graph, pipeline: PipelineSpec) -> Graph:
    """The very same graph when it has no claims."""
    if not pipeline.claims:
        return graph
    mounting = rebuilt(graph, {name: _mounting(step) for name, step in graph.steps.items()})
    added: dict[str, Node] = {}
    root = mounting.root
    for name in sorted(pipeline.claims, reverse=True):
        if not pipeline.claims[name].keep:
            root = _removed(name, pipeline.claims[name], root, added)
    kept = {name: claim for name, claim in sorted(pipeline.claims.items()) if claim.keep}
    made: dict[str, Node] = {created(name): _create(name, claim) for name, claim in kept.items()}
    added |= made
    return replace(
        mounting,
        steps=MappingProxyType({**mounting.steps, **_leaves(added)}),
        nodes=MappingProxyType({**mounting.nodes, **added}),
        root=replace(root, nodes=MappingProxyType({**root.nodes, **made})),
    )


def _removed(name: str, claim: Claim, scope: Scope, added: dict[str, Node]) -> Scope:
    """A scope with one group of all that is in `scope`, before which the claim is made, and after
    which it is removed; its outputs are the same. What is new in it is added to `added`, too.
    """
    group = Group(
        name=used(name),
        spec=GroupSpec(steps=MappingProxyType({})),
        scope=scope,
        needs=(created(name),),
        path=("spec", "claims", name),
        within=(),
        condition=None,
        loop=None,
    )
    nodes: dict[str, Node] = {
        created(name): _create(name, claim),
        group.name: group,
        deleted(name): _delete(name),
    }
    added |= nodes
    outputs = {output: FromStep(group.name, output) for output in scope.outputs}
    return Scope(MappingProxyType(nodes), MappingProxyType(outputs))


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
    spec = replace(step.spec, volumes=MappingProxyType(volumes))
    return replace(step, spec=spec, names=run_names(spec))


def _name(claim: str) -> str:
    return f"${{{{ steps.{created(claim)}.name }}}}"


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


def _delete(name: str) -> Step:
    """It runs whatever became of the group: a failed run leaves no volume behind."""
    component = _component(DELETE, (Port("pvc_name", "string"),), ())
    inputs = {"pvc_name": FromStep(created(name), "name")}
    step = _step(deleted(name), component, inputs, (created(name), used(name)))
    return replace(step, spec=replace(step.spec, ignore_upstream_failure=True))


def _step(
    name: str, component: Component, inputs: Mapping[str, Binding], needs: tuple[str, ...]
) -> Step:
    spec = StepSpec(image=component.image, cache=False)
    path = ("spec", "claims", name)
    bound = MappingProxyType(dict(inputs))
    return Step(name, spec, component, bound, needs, path, names=run_names(spec))


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
