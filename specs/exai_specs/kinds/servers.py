"""The workload block of whatever runs on as pods of its own: services, their components, runtimes,
notebooks (LANGUAGE 3.1).

In: the fields beside a kind's own. Out: frozen values that the kind's class extends: a kind that
can't render a field takes a smaller one of these, and the field is unknown there. A change of any
of them restarts the pods.
"""

from __future__ import annotations

from typing import Annotated

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Named, Text
from exai_specs.frozen import empty
from exai_specs.kinds.metadata import Annotations, Labels
from exai_specs.kinds.pods import (
    InitContainers,
    NodeSelector,
    PullPolicy,
    PullSecrets,
    SecurityContext,
    Sidecars,
    Tolerations,
)
from exai_specs.kinds.ports import Ports
from exai_specs.kinds.probes import Probes
from exai_specs.kinds.volumes import Volumes
from exai_specs.kinds.workload import SECRET, Env, Resources
from exai_specs.notes import about
from exai_specs.values import field


@block
class ContainerFields:
    """The main container."""

    image: Annotated[
        Maybe[Text],
        Effect.REDEPLOY,
        about("Image of its container, by digest", "example.com/server@sha256:..."),
    ] = None
    command: Annotated[
        tuple[Text, ...],
        Effect.REDEPLOY,
        about("What runs instead of the image's entrypoint", ["python3", "-m", "server"]),
    ] = ()
    args: Annotated[
        tuple[Text, ...], Effect.REDEPLOY, about("Arguments of its process", ["--workers=2"])
    ] = ()
    env: Annotated[Env, Effect.REDEPLOY, about("Environment variables", {"LOG_LEVEL": "info"})] = (
        field(default_factory=empty)
    )
    resources: Annotated[
        Maybe[Resources],
        Effect.REDEPLOY,
        about("What its container requests", {"cpu": 1, "memory": "1Gi"}),
    ] = None
    volumes: Annotated[
        Volumes,
        Effect.REDEPLOY,
        about("What it mounts, by path", {"/etc/settings": {"configMap": "settings"}}),
    ] = field(default_factory=empty)
    ports: Annotated[Ports, Effect.REDEPLOY, about("Its ports, by name", {"h2c": 8081})] = field(
        default_factory=empty
    )
    probes: Annotated[
        Maybe[Probes],
        Effect.REDEPLOY,
        about(
            "When it counts as alive, ready, started",
            {"readiness": {"httpGet": {"path": "/v2/health/ready", "port": 8080}}},
        ),
    ] = None
    image_pull_policy: Annotated[
        Maybe[PullPolicy], Effect.REDEPLOY, about("When its image is pulled", "IfNotPresent")
    ] = None
    security_context: Annotated[
        Maybe[SecurityContext], Effect.REDEPLOY, about("Who it runs as", {"runAsUser": 1000})
    ] = None


_PodLabels = Annotated[Labels, Effect.REDEPLOY, about("Labels of its pods", {"cost-centre": "42"})]
_PodAnnotations = Annotated[
    Annotations,
    Effect.REDEPLOY,
    about("Annotations of its pods", {"sidecar.istio.io/inject": "false"}),
]


@block
class NodeFields(ContainerFields):
    """The main container, what runs beside it, and the nodes that its pod may be on."""

    node_selector: Annotated[
        NodeSelector, Effect.REDEPLOY, about("Labels of the nodes that it may be on", {"gpu": "a"})
    ] = field(default_factory=empty)
    tolerations: Annotated[
        Tolerations,
        Effect.REDEPLOY,
        about(
            "Taints of nodes that it may be on",
            [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        ),
    ] = ()
    image_pull_secrets: Annotated[
        PullSecrets,
        Effect.REDEPLOY,
        about("Secrets with which its images are pulled", [{"name": "registry"}]),
    ] = ()
    sidecars: Annotated[
        Sidecars,
        Effect.REDEPLOY,
        about(
            "Containers beside it, by name", {"proxy": {"image": "example.com/proxy@sha256:..."}}
        ),
    ] = field(default_factory=empty)


@block
class PlacedFields(NodeFields):
    """The main container, and the pod around it, as far as a serving runtime says it."""

    pod_labels: _PodLabels = field(default_factory=empty)
    pod_annotations: _PodAnnotations = field(default_factory=empty)


@block
class SpecFields(NodeFields):
    """The main container and its pod's spec: a pod that has no labels of its own."""

    service_account: Annotated[
        Maybe[Annotated[Text, Named(SECRET, "reader")]],
        Effect.REDEPLOY,
        about("Its ServiceAccount, which may hold credentials of storage", "reader"),
    ] = None
    init_containers: Annotated[
        InitContainers,
        Effect.REDEPLOY,
        about(
            "Containers that run before it, in order",
            {"fetch": {"image": "example.com/fetch@sha256:..."}},
        ),
    ] = field(default_factory=empty)


@block
class PodFields(SpecFields):
    """The main container, and the whole pod around it."""

    pod_labels: _PodLabels = field(default_factory=empty)
    pod_annotations: _PodAnnotations = field(default_factory=empty)
