"""What a step mounts. In: its `volumes` by mount path. Out: fields of KFP's
KubernetesExecutorConfig, each a list sorted by path. A volume has no name in a spec: one is made of
its path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import assert_never

from exai_compiler.backends.kfp.names import Names
from exai_specs.frozen import Json, digest
from exai_specs.kinds.step_pod import (
    ClaimMount,
    ConfigMapFiles,
    EmptyFolder,
    EphemeralFolder,
    PvcMount,
    SecretFiles,
    StepEphemeral,
    StepVolume,
)
from exai_specs.kinds.volumes import MemoryVolume
from exai_specs.units import Quantity

_LONGEST = 40  # of the readable part of a name; Kubernetes takes 63 in all


def mounted(volumes: Mapping[str, StepVolume], names: Names) -> Mapping[str, Json]:
    """All volumes of a step, by the field that holds them."""
    lists: dict[str, tuple[Json, ...]] = {}
    for path, volume in sorted(volumes.items()):
        field, value = _volume(path, volume, names)
        lists[field] = (*lists.get(field, ()), value)
    return lists


def _volume(path: str, volume: StepVolume, names: Names) -> tuple[str, Json]:
    match volume:
        case SecretFiles(secret=name, optional=optional):
            return "secretAsVolume", {**names.secret(name), **_mount(path, optional)}
        case ConfigMapFiles(config_map=name, optional=optional):
            named = names.named(name, "configMapName")
            return "configMapAsVolume", {**named, **_mount(path, optional)}
        case PvcMount(pvc=name, sub_path=sub_path):
            return "pvcMount", {**_claimed(name, names), "mountPath": path, **_part(sub_path)}
        case EmptyFolder(empty_dir=folder):
            return "emptyDirMounts", _empty(path, folder.medium, folder.size)
        case MemoryVolume(memory=size):
            # `enabledSharedMemory` says the same, and no driver of KFP's reads it
            # (`extendPodSpecPatch` in backend/src/v2/driver/k8s.go).
            return "emptyDirMounts", _empty(path, "Memory", size)
        case EphemeralFolder(ephemeral=made):
            kind: dict[str, Json] = {"defaultStorageClass": True}
            if made.storage_class is not None:
                kind = {"storageClassName": made.storage_class}
            return "genericEphemeralVolume", {
                "volumeName": _name(path),
                "mountPath": path,
                "accessModes": made.access_modes,
                "size": str(made.size),
                **kind,
                **_described(made),
            }
        case ClaimMount():
            raise ValueError(f"{path}: claims are mounted by name")
    assert_never(volume)


def _empty(path: str, medium: str | None, size: Quantity | None) -> Json:
    found = {"volumeName": _name(path), "mountPath": path}
    if medium is not None:
        found["medium"] = medium
    if size is not None:
        found["sizeLimit"] = str(size)
    return found


def _claimed(name: str, names: Names) -> Mapping[str, Json]:
    """A claim by name; its deprecated field is called `constant`."""
    source = names.given(name)
    if source is None:
        return {"constant": name, "pvcNameParameter": {"runtimeValue": {"constant": name}}}
    deprecated = source if isinstance(source, Mapping) else {}
    return {**deprecated, "pvcNameParameter": source}


def _described(made: StepEphemeral) -> Mapping[str, Json]:
    metadata = {"labels": made.labels, "annotations": made.annotations}
    found: Json = {k: dict(sorted(v.items())) for k, v in metadata.items() if v}
    return {"metadata": found} if found else {}


def _mount(path: str, optional: bool) -> Mapping[str, Json]:
    return {"mountPath": path, **({"optional": True} if optional else {})}


def _part(sub_path: str | None) -> Mapping[str, Json]:
    return {"subPath": sub_path} if sub_path is not None else {}


def _name(path: str) -> str:
    readable = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[:_LONGEST].strip("-")
    return f"{readable or 'root'}-{digest(path)[:8]}"
