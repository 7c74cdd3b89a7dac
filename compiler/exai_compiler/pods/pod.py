"""The workload block of a server as Kubernetes has it: its container, and the pod around it.

In: a kind's workload fields, an environment. Out: parts of a body, without what is unset. Secrets
stay references, under their names in the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.maybe import Tree
from exai_compiler.pods import container
from exai_compiler.pods.volumes import mounts, pod_volumes
from exai_specs.blocks import yaml_name
from exai_specs.kinds.environment import Environment
from exai_specs.kinds.pods import InitContainer, SecurityContext, Sidecar
from exai_specs.kinds.ports import Ports
from exai_specs.kinds.probes import Probe, Probes
from exai_specs.kinds.servers import (
    ContainerFields,
    NodeFields,
    PlacedFields,
    PodFields,
    SpecFields,
)
from exai_specs.kinds.volumes import ServerVolume
from exai_specs.values import fields

# The Pod Security Standards' profile "restricted".
SECURITY: Mapping[str, Tree] = MappingProxyType(
    {
        "allowPrivilegeEscalation": False,
        "capabilities": MappingProxyType({"drop": ("ALL",)}),
        "privileged": False,
        "runAsNonRoot": True,
        "seccompProfile": MappingProxyType({"type": "RuntimeDefault"}),
    }
)
# What KServe's webhook would write into a container of one's own that states nothing.
AMOUNTS: Tree = MappingProxyType(
    {
        "limits": MappingProxyType({"cpu": "1", "memory": "2Gi"}),
        "requests": MappingProxyType({"cpu": "1", "memory": "2Gi"}),
    }
)


def main_container(block: ContainerFields, environment: Environment) -> dict[str, Tree]:
    """What the block says of the main container; `env` apart, which has more writers."""
    found = _of_image(block.image, block.command, block.args)
    if block.resources is not None:
        found["resources"] = container.resources(block.resources)
    if block.volumes:
        found["volumeMounts"] = mounts(block.volumes, environment)
    if block.image_pull_policy is not None:
        found["imagePullPolicy"] = block.image_pull_policy
    if block.security_context is not None:
        found["securityContext"] = MappingProxyType(_security(block.security_context))
    return {**found, **_serving(block.ports, block.probes)}


def own_container(name: str, block: ContainerFields, environment: Environment) -> dict[str, Tree]:
    """A container that no runtime completes: resources and the restricted profile are written."""
    found = main_container(block, environment)
    if block.env:
        found["env"] = container.env(block.env, environment)
    return {"resources": AMOUNTS, **_completed(name, found, block.security_context)}


def pod(block: NodeFields, environment: Environment) -> dict[str, Tree]:
    """What the block says of the pod: volumes, placement, and further containers (`containers`,
    which the main one comes before).
    """
    found: dict[str, Tree] = {}
    if volumes := volumes_of(block, environment):
        found["volumes"] = volumes
    if block.node_selector:
        found["nodeSelector"] = _sorted(block.node_selector)
    if block.tolerations:
        found["tolerations"] = tuple(stated(each) for each in block.tolerations)
    if block.image_pull_secrets:
        found["imagePullSecrets"] = tuple(
            MappingProxyType({"name": container.secret_name(each.name, environment)})
            for each in block.image_pull_secrets
        )
    if isinstance(block, SpecFields) and block.service_account is not None:
        found["serviceAccountName"] = block.service_account
    if isinstance(block, PlacedFields | PodFields):
        if block.pod_labels:
            found["labels"] = _sorted(block.pod_labels)
        if block.pod_annotations:
            found["annotations"] = _sorted(block.pod_annotations)
    if isinstance(block, SpecFields) and block.init_containers:
        found["initContainers"] = tuple(
            _beside(name, each, environment) for name, each in block.init_containers.items()
        )
    if block.sidecars:
        found["containers"] = tuple(
            _beside(name, block.sidecars[name], environment) for name in sorted(block.sidecars)
        )
    return found


def volumes_of(
    block: NodeFields, environment: Environment, *more: Mapping[str, ServerVolume]
) -> tuple[Tree, ...]:
    """What all containers of the pod mount; `more` are those of containers it doesn't name."""
    mounted = [block.volumes, *more]
    mounted += (each.volumes for each in block.sidecars.values())
    if isinstance(block, SpecFields):
        mounted += (each.volumes for each in block.init_containers.values())
    return pod_volumes(mounted, environment)


def _beside(name: str, block: InitContainer, environment: Environment) -> Tree:
    found = _of_image(block.image, block.command, block.args)
    if block.env:
        found["env"] = container.env(block.env, environment)
    if block.resources is not None:
        found["resources"] = container.resources(block.resources)
    if block.volumes:
        found["volumeMounts"] = mounts(block.volumes, environment)
    if block.image_pull_policy is not None:
        found["imagePullPolicy"] = block.image_pull_policy
    if isinstance(block, Sidecar):
        found |= _serving(block.ports, block.probes)
    return MappingProxyType(_completed(name, found, block.security_context))


def _completed(
    name: str, found: Mapping[str, Tree], security: SecurityContext | None
) -> dict[str, Tree]:
    own = _security(security) if security is not None else {}
    return {
        **found,
        "name": name,
        "securityContext": MappingProxyType({**SECURITY, **own}),
    }


def _of_image(
    image: str | None, command: tuple[str, ...], args: tuple[str, ...]
) -> dict[str, Tree]:
    found: dict[str, Tree] = {"image": image, "command": command, "args": args}
    return {name: value for name, value in found.items() if value}


def _serving(ports: Ports, probes: Probes | None) -> dict[str, Tree]:
    found: dict[str, Tree] = {}
    if ports:
        found["ports"] = tuple(
            MappingProxyType({"containerPort": ports[name], "name": name, "protocol": "TCP"})
            for name in sorted(ports)
        )
    if probes is not None:
        for name in ("liveness", "readiness", "startup"):
            probe: Probe | None = getattr(probes, name)
            if probe is not None:
                found[f"{name}Probe"] = stated(probe)
    return found


def _security(block: SecurityContext) -> dict[str, Tree]:
    return dict(stated(block))


def stated(block: object) -> Mapping[str, Tree]:
    """A block of Kubernetes' own fields under their own names, without those that are unset."""
    found: dict[str, Tree] = {}
    for name in sorted(each.name for each in fields(block)):  # type: ignore[arg-type]  # a block
        value = getattr(block, name)
        if value is None or value == ():
            continue
        if isinstance(value, tuple):
            found[yaml_name(name)] = tuple(
                item if isinstance(item, str) else stated(item) for item in value
            )
        elif isinstance(value, bool | int | str):
            found[yaml_name(name)] = value
        else:
            found[yaml_name(name)] = stated(value)
    return MappingProxyType(found)


def _sorted(values: Mapping[str, str]) -> Tree:
    return MappingProxyType(dict(sorted(values.items())))
