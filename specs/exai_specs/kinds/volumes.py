"""What a server mounts, by the path where it stands (LANGUAGE 3.1); of a step, see `step_pod`.

In: the `volumes` block of a container. Out: frozen values. Never: a volume's name; paths are the
names here. The field that holds a block bounds the effects inside it, so the highest stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from exai_specs.amounts import Size
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Flag, KeyedBy, Maybe, Named, Problem, Text, refuse
from exai_specs.forms import OneOf
from exai_specs.kinds.workload import SECRET
from exai_specs.names import NameRule
from exai_specs.notes import AfterValidator, Field, about
from exai_specs.texts import Filled

MOUNT_PATH = NameRule(
    r"/[^:\x00]*",
    "an absolute path of the container, without `:`",
    longest=1024,
    forbidden=r".+/$|//|/\.{1,2}(/|$)",
    forbidden_words="a path here is written in one way: no `/` at its end or twice, no `.` or `..`",
    example="/mnt/data",
)
"""Compared with each other and with the paths that others mount at, as texts."""

AccessMode = Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]


def _alone(modes: tuple[AccessMode, ...]) -> tuple[AccessMode, ...]:
    """As Kubernetes judges claims (k8s.io/kubernetes, validatePersistentVolumeClaimSpec)."""
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        wrong = "ReadWriteOncePod stands alone: one pod at a time is no other pod"
        raise refuse(Problem("invalid-value", wrong, "remove the others"))
    return modes


AccessModes = Annotated[tuple[AccessMode, ...], Field(min_length=1), AfterValidator(_alone)]
STORAGE_CLASS = NameRule(
    rf"({SECRET.pattern})?", SECRET.words, SECRET.longest, lower=True, joiner="-"
)
"""Of a claim; "" asks for a volume that is there already."""
StorageClass = Annotated[Text, Named(STORAGE_CLASS, "fast")]


def _inside(path: str) -> str:
    """As Kubernetes judges `subPath` (k8s.io/kubernetes, validateLocalDescendingPath)."""
    if path.startswith("/") or ".." in path.split("/"):
        hint = "write a path below it, for example models/iris"
        raise refuse(Problem("invalid-value", "leads out of the volume", hint))
    return path


SubPath = Annotated[Filled, AfterValidator(_inside)]
_SubPath = Annotated[
    Maybe[SubPath], Effect.RETRAIN, about("The part of it that is mounted", "models/iris")
]
_ReadOnly = Annotated[Flag, Effect.RETRAIN, about("Whether the container may only read it", True)]
_Optional = Annotated[Flag, Effect.RETRAIN, about("Whether to go on when it doesn't exist", True)]


@block
class SecretVolume:
    """The keys of a Secret as files."""

    secret: Annotated[
        Annotated[Text, Named(SECRET, "db")], Effect.RETRAIN, about("Name of the Secret", "db")
    ]
    sub_path: _SubPath = None
    optional: _Optional = False


@block
class ConfigMapVolume:
    """The keys of a ConfigMap as files."""

    config_map: Annotated[
        Annotated[Text, Named(SECRET, "settings")],
        Effect.RETRAIN,
        about("Name of the ConfigMap", "settings"),
    ]
    sub_path: _SubPath = None
    optional: _Optional = False


@block
class PvcVolume:
    """A PersistentVolumeClaim that exists."""

    pvc: Annotated[
        Annotated[Text, Named(SECRET, "models")],
        Effect.RETRAIN,
        about("Name of the PersistentVolumeClaim", "models"),
    ]
    sub_path: _SubPath = None
    read_only: _ReadOnly = False


@block
class EmptyDir:
    """A folder that lives as long as the pod."""

    medium: Annotated[
        Maybe[Literal["Memory"]], Effect.RETRAIN, about("Where it is kept; default: disk", "Memory")
    ] = None
    size: Annotated[Maybe[Size], Effect.RETRAIN, about("How much it may hold", "1Gi")] = None


@block
class EmptyDirVolume:
    """An empty folder of the pod's own."""

    empty_dir: Annotated[EmptyDir, Effect.RETRAIN, about("An empty folder", {"size": "1Gi"})]
    sub_path: _SubPath = None
    read_only: _ReadOnly = False


@block
class Ephemeral:
    """A claim that lives as long as the pod."""

    size: Annotated[Size, Effect.RETRAIN, about("How much it holds", "10Gi")]
    storage_class: Annotated[
        Maybe[StorageClass],
        Effect.RETRAIN,
        about("Its StorageClass; default: the cluster's", "fast"),
    ] = None
    access_modes: Annotated[
        AccessModes, Effect.RETRAIN, about("How it may be mounted", ["ReadWriteOnce"])
    ] = ("ReadWriteOnce",)


@block
class EphemeralVolume:
    """A volume that is made for the pod."""

    ephemeral: Annotated[
        Ephemeral, Effect.RETRAIN, about("A volume made for the pod", {"size": "10Gi"})
    ]
    sub_path: _SubPath = None
    read_only: _ReadOnly = False


@block
class MemoryVolume:
    """Shared memory."""

    memory: Annotated[Size, Effect.RETRAIN, about("How much, as of /dev/shm", "2Gi")]


ServerVolume: TypeAlias = (
    SecretVolume | ConfigMapVolume | PvcVolume | EmptyDirVolume | EphemeralVolume | MemoryVolume
)

_FORMS = (
    ("secret", SecretVolume),
    ("configMap", ConfigMapVolume),
    ("pvc", PvcVolume),
    ("emptyDir", EmptyDirVolume),
    ("ephemeral", EphemeralVolume),
    ("memory", MemoryVolume),
)

Volumes = Annotated[
    Mapping[str, Annotated[ServerVolume, OneOf(_FORMS, inside=False)]], KeyedBy(MOUNT_PATH)
]
