"""How a step's pod is run: what it mounts, where it is placed, who it runs as (LANGUAGE 3.1).

In: the fields of a step that only Kubernetes knows. Out: frozen values. Only what Kubeflow
Pipelines can say is here: no `subPath` but of claims, no `readOnly`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, TypeAlias

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Flag, KeyedBy, Maybe, Named, Problem, Text, refuse
from exai_specs.forms import OneOf, OrExpression
from exai_specs.frozen import empty
from exai_specs.kinds.affinity import Kubernetes
from exai_specs.kinds.metadata import Annotations, Labels
from exai_specs.kinds.pods import (
    NodeSelector,
    PullPolicy,
    PullSecrets,
    SecurityContext,
    Toleration,
    Tolerations,
)
from exai_specs.kinds.volumes import MOUNT_PATH, EmptyDir, Ephemeral, MemoryVolume, SubPath
from exai_specs.kinds.workload import SECRET
from exai_specs.notes import about, checked
from exai_specs.values import field

_SubPath = Annotated[
    Maybe[SubPath], Effect.RETRAIN, about("The part of it that is mounted", "models/iris")
]
_Optional = Annotated[Flag, Effect.RETRAIN, about("Whether to go on when it doesn't exist", True)]


@block
class SecretFiles:
    """The keys of a Secret as files."""

    secret: Annotated[
        Annotated[Text, Named(SECRET, "db")], Effect.RETRAIN, about("Name of the Secret", "db")
    ]
    optional: _Optional = False


@block
class ConfigMapFiles:
    """The keys of a ConfigMap as files."""

    config_map: Annotated[
        Annotated[Text, Named(SECRET, "settings")],
        Effect.RETRAIN,
        about("Name of the ConfigMap", "settings"),
    ]
    optional: _Optional = False


@block
class PvcMount:
    """A PersistentVolumeClaim that exists."""

    pvc: Annotated[
        Annotated[Text, Named(SECRET, "models")],
        Effect.RETRAIN,
        about("Name of the PersistentVolumeClaim", "models"),
    ]
    sub_path: _SubPath = None


@block
class ClaimMount:
    """A claim of the pipeline."""

    claim: Annotated[Text, Effect.RETRAIN, about("The pipeline's claim", "scratch")]
    sub_path: _SubPath = None


@block
class EmptyFolder:
    """An empty folder of the pod's own."""

    empty_dir: Annotated[EmptyDir, Effect.RETRAIN, about("An empty folder", {"size": "1Gi"})]


@block
class StepEphemeral(Ephemeral):
    """A claim that lives as long as the pod. KServe's CRDs drop what would describe a server's."""

    labels: Annotated[Labels, Effect.RETRAIN, about("Its labels", {"team": "ml"})] = field(
        default_factory=empty
    )
    annotations: Annotated[
        Annotations, Effect.RETRAIN, about("Its annotations", {"example.com/note": "text"})
    ] = field(default_factory=empty)


@block
class EphemeralFolder:
    """A volume that is made for the pod."""

    ephemeral: Annotated[
        StepEphemeral, Effect.RETRAIN, about("A volume made for the pod", {"size": "10Gi"})
    ]


StepVolume: TypeAlias = (
    SecretFiles
    | ConfigMapFiles
    | PvcMount
    | ClaimMount
    | EmptyFolder
    | EphemeralFolder
    | MemoryVolume
)
_FORMS = (
    ("secret", SecretFiles),
    ("configMap", ConfigMapFiles),
    ("pvc", PvcMount),
    ("claim", ClaimMount),
    ("emptyDir", EmptyFolder),
    ("ephemeral", EphemeralFolder),
    ("memory", MemoryVolume),
)
StepVolumes = Annotated[
    Mapping[str, Annotated[StepVolume, OneOf(_FORMS, inside=False)]], KeyedBy(MOUNT_PATH)
]


StepNodeSelector: TypeAlias = Annotated[Mapping[str, str] | str, OrExpression(NodeSelector)]
StepTolerations: TypeAlias = Annotated[tuple[Toleration, ...] | str, OrExpression(Tolerations)]

ABOUT_SELECTOR = about("Labels that its node has", {"pool": "gpu"})
ABOUT_TOLERATIONS = about("Taints that its node may have", [{"key": "gpu", "operator": "Exists"}])


@block
class StepPod:
    """What only Kubernetes knows of a step."""

    volumes: Annotated[
        StepVolumes, Effect.RETRAIN, about("What it mounts, by path", {"/etc/db": {"secret": "db"}})
    ] = field(default_factory=empty)
    node_selector: Annotated[StepNodeSelector, Effect.RENDER, ABOUT_SELECTOR] = field(
        default_factory=empty
    )
    tolerations: Annotated[StepTolerations, Effect.RENDER, ABOUT_TOLERATIONS] = ()
    image_pull_secrets: Annotated[
        PullSecrets, Effect.RENDER, about("Secrets to pull its image with", [{"name": "registry"}])
    ] = ()
    image_pull_policy: Annotated[
        Maybe[PullPolicy], Effect.RENDER, about("When its image is pulled", "IfNotPresent")
    ] = None
    security_context: Annotated[
        Maybe[SecurityContext], Effect.RENDER, about("Who it runs as", {"runAsNonRoot": True})
    ] = None
    pod_labels: Annotated[Labels, Effect.RENDER, about("Labels of its pod", {"team": "ml"})] = (
        field(default_factory=empty)
    )
    pod_annotations: Annotated[
        Annotations, Effect.RENDER, about("Annotations of its pod", {"example.com/note": "text"})
    ] = field(default_factory=empty)
    kubernetes: Annotated[
        Maybe[Kubernetes],
        Effect.RENDER,
        about(
            "What else its KubernetesExecutorConfig says",
            {"nodeAffinity": [{"matchExpressions": [{"key": "zone", "operator": "Exists"}]}]},
        ),
    ] = None

    @checked
    def _mounted(self) -> StepPod:
        if not self.volumes:
            return self
        problems = [
            Problem("invalid-value", "is where no shared memory can stand", _SHM, ("volumes", path))
            for path, volume in self.volumes.items()
            if isinstance(volume, MemoryVolume) and path != SHARED_MEMORY
        ]
        problems += _unnamed(self.volumes)
        if problems:
            raise refuse(*problems)
        return self


def _unnamed(volumes: Mapping[str, StepVolume]) -> Iterator[Problem]:
    """KFP's driver calls a volume as what it mounts (`extendPodSpecPatch` in
    backend/src/v2/driver/k8s.go), and Kubernetes wants DNS labels there, each for one volume.
    """
    seen: dict[str, str] = {}
    for path, volume in volumes.items():
        match volume:
            case SecretFiles(secret=name):
                word = "secret"
            case ConfigMapFiles(config_map=name):
                word = "configMap"
            case PvcMount(pvc=name):
                word = "pvc"
            case _:
                continue
        at = ("volumes", path, word)
        if "${{" in name:
            continue
        if "." in name or len(name) > _LONGEST:
            wrong = "is the name of its volume, too, which has no `.` and at most 63 characters"
            hint = "take one with such a name"
            if word != "pvc":
                hint += ", or its keys by `env`"
            yield Problem("invalid-value", wrong, hint, at)
        elif name in _OF_KFP:
            wrong = "is the name of a volume that Kubeflow Pipelines itself mounts into every step"
            yield Problem("invalid-value", wrong, "take one with another name", at)
        elif seen.setdefault(name, word) != word:
            wrong = f"is the name of a {seen[name]} mounted here, too"
            hint = "their volumes would have one name: mount one with another, or in another step"
            yield Problem("invalid-value", wrong, hint, at)


_LONGEST = 63
_OF_KFP = frozenset(
    {
        *("kfp-launcher", "kfp-workspace", "gcs-scratch", "s3-scratch", "minio-scratch"),
        *("dot-local-scratch", "dot-cache-scratch", "dot-config-scratch"),
    }
)
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the one place where Kubeflow Pipelines mounts it
_SHM = f"write {SHARED_MEMORY}: {{memory: ...}}"
