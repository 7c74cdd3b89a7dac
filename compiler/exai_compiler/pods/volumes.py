"""The volumes of a pod, and where its containers mount them.

In: `volumes` blocks by mount path. Out: parts of a body. Containers that mount the same thing at
the same path share one volume, so an empty folder may be between a server and its sidecar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import assert_never

from exai_compiler.maybe import Tree
from exai_compiler.pods.container import secret_name
from exai_specs.frozen import Json, digest
from exai_specs.kinds.environment import Environment
from exai_specs.kinds.volumes import (
    ConfigMapVolume,
    EmptyDirVolume,
    EphemeralVolume,
    MemoryVolume,
    PvcVolume,
    SecretVolume,
    ServerVolume,
)

_LONGEST = 40  # of a name made from a path; Kubernetes takes 63


def mounts(volumes: Mapping[str, ServerVolume], environment: Environment) -> tuple[Tree, ...]:
    """The `volumeMounts` of one container, sorted by path."""
    return tuple(
        _mount(path, volumes[path], name_of(path, volumes[path], environment))
        for path in sorted(volumes)
    )


def pod_volumes(
    blocks: Iterable[Mapping[str, ServerVolume]], environment: Environment
) -> tuple[Tree, ...]:
    """The `volumes` of a pod whose containers have these blocks, sorted by name."""
    found: dict[str, Tree] = {}
    for block in blocks:
        for path, volume in block.items():
            name = name_of(path, volume, environment)
            found[name] = MappingProxyType({"name": name, **_source(volume, environment)})
    return tuple(found[name] for name in sorted(found))


def name_of(path: str, volume: ServerVolume, environment: Environment) -> str:
    """A volume has no name in a spec: its path, and a digest of what it is."""
    readable = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[:_LONGEST].strip("-")
    return f"{readable or 'root'}-{digest({'path': path, **_source(volume, environment)})[:8]}"


def _mount(path: str, volume: ServerVolume, name: str) -> Tree:
    mount: dict[str, Tree] = {"mountPath": path, "name": name}
    match volume:
        case SecretVolume() | ConfigMapVolume():
            mount["readOnly"] = True
        case PvcVolume() | EphemeralVolume() | EmptyDirVolume() if volume.read_only:
            mount["readOnly"] = True
        case _:
            pass
    if not isinstance(volume, MemoryVolume) and volume.sub_path is not None:
        mount["subPath"] = volume.sub_path
    return MappingProxyType(mount)


def _source(volume: ServerVolume, environment: Environment) -> dict[str, Json]:
    match volume:
        case SecretVolume():
            secret = secret_name(volume.secret, environment)
            return {"secret": {"secretName": secret, **_optional(volume.optional)}}
        case ConfigMapVolume():
            return {"configMap": {"name": volume.config_map, **_optional(volume.optional)}}
        case PvcVolume():
            # Knative asks the volume, not the mount, whether anybody writes to it.
            only = {"readOnly": True} if volume.read_only else {}
            return {"persistentVolumeClaim": {"claimName": volume.pvc, **only}}
        case EmptyDirVolume(empty_dir=folder):
            stated = {
                "medium": folder.medium,
                "sizeLimit": str(folder.size) if folder.size else None,
            }
            return {"emptyDir": {key: value for key, value in stated.items() if value is not None}}
        case MemoryVolume():
            return {"emptyDir": {"medium": "Memory", "sizeLimit": str(volume.memory)}}
        case EphemeralVolume(ephemeral=claim):
            spec: dict[str, Json] = {
                "accessModes": claim.access_modes,
                "resources": {"requests": {"storage": str(claim.size)}},
            }
            if claim.storage_class is not None:
                spec["storageClassName"] = claim.storage_class
            return {"ephemeral": {"volumeClaimTemplate": {"spec": spec}}}
    assert_never(volume)


def _optional(optional: bool) -> dict[str, Json]:
    return {"optional": True} if optional else {}
