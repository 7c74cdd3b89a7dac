"""An environment: one place that the specs are applied to (LANGUAGE section 4).

In: an entry of `environments` of a Project. Out: a frozen value. Never: a credential's value, nor
whether anything is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Flag, KeyedBy, Maybe, Named, Text, Whole
from exai_specs.frozen import empty
from exai_specs.kinds.applying import Apply, Reconcile
from exai_specs.kinds.connections import Connection, SecretSource
from exai_specs.kinds.metadata import Labels
from exai_specs.kinds.stores import FeatureStore
from exai_specs.names import KUBERNETES, MODEL
from exai_specs.notes import Field, about
from exai_specs.texts import Filled, Http, TrackingUri
from exai_specs.values import field


@block
class Serving:
    """How KServe deploys there."""

    mode: Annotated[
        Maybe[Literal["Standard", "Knative"]],
        Effect.BREAKING,
        about("KServe's deployment mode; never left to the cluster", "Standard"),
    ] = None
    gateway_api: Annotated[
        Flag, Effect.REDEPLOY, about("Whether traffic is routed by the Gateway API", True)
    ] = False


@block
class Pipelines:
    """How pipelines get there."""

    mode: Annotated[
        Literal["api", "kubernetes"],
        Effect.RENDER,
        about("Through the KFP API, or as Kubernetes objects", "api"),
    ] = "api"
    endpoint: Annotated[
        Maybe[Http], Effect.RENDER, about("Address of the KFP API", "https://kfp.example.com")
    ] = None
    timezone: Annotated[
        Text, Effect.RENDER, about("The zone that the installation's schedules run in", "UTC")
    ] = "UTC"
    versions: Annotated[
        Annotated[Whole, Field(ge=1)],
        Effect.RENDER,
        about("How many versions of a pipeline stay", 10),
    ] = 10


@block
class Tracking:
    """Where MLflow is."""

    uri: Annotated[
        TrackingUri, Effect.RENDER, about("MLflow's tracking URI", "https://mlflow.example.com")
    ]


@block
class Data:
    """Where relative data paths start."""

    root: Annotated[Filled, Effect.RENDER, about("Folder or URI of the data", "s3://acme-ml/data")]


@block
class Models:
    """Where models are kept."""

    store: Annotated[
        Filled, Effect.RENDER, about("Folder or URI that KServe can read", "s3://acme-ml/models")
    ]


@block
class Images:
    """exai's own images there, by digest."""

    train: Annotated[
        Maybe[Text],
        Effect.RENDER,
        about("Image of the pipeline steps", "ghcr.io/acme/exai-train@sha256:..."),
    ] = None
    serve: Annotated[
        Maybe[Text],
        Effect.REDEPLOY,
        about("Image of the model servers", "ghcr.io/acme/exai-serve@sha256:..."),
    ] = None


@block
class Monitoring:
    """What watches services there: the Prometheus operator's objects, and Grafana's dashboards."""

    pod_monitor: Annotated[
        Flag, Effect.RENDER, about("Whether each service gets a PodMonitor", True)
    ] = False
    dashboards: Annotated[
        Flag, Effect.RENDER, about("Whether each service gets a dashboard of Grafana's", True)
    ] = False
    istio: Annotated[
        Flag, Effect.RENDER, about("Whether Istio's metrics of requests are collected there", True)
    ] = False
    labels: Annotated[
        Labels,
        Effect.RENDER,
        about("Labels that Prometheus selects its objects by", {"release": "prometheus"}),
    ] = field(default_factory=empty)


@block
class Security:
    """What pods may do there beyond the Pod Security Standards' profile "restricted", and who
    reaches them.
    """

    allow: Annotated[
        tuple[
            Literal[
                "capabilities",
                "host-namespaces",
                "host-path",
                "host-ports",
                "privilege-escalation",
                "privileged",
                "root",
                "unconfined",
            ],
            ...,
        ],
        Effect.RENDER,
        about("What is allowed", ["root"]),
    ] = ()
    network_policies: Annotated[
        Flag,
        Effect.RENDER,
        about("Whether each service gets a NetworkPolicy: only its own ports are open", True),
    ] = False


@block
class Environment:
    """One place that the specs are applied to."""

    target: Annotated[
        Literal["local", "kubeflow"], Effect.BREAKING, about("What runs there", "local")
    ]
    platform: Annotated[
        Maybe[Text],
        Effect.RENDER,
        about(
            "The Kubeflow release, which decides what fields exist; default: the latest that exai "
            "knows",
            "kubeflow-26.03",
        ),
    ] = None
    namespace: Annotated[
        Maybe[Annotated[Text, Named(KUBERNETES)]],
        Effect.BREAKING,
        about("The Kubernetes namespace", "ml-prod"),
    ] = None
    serving: Annotated[
        Serving, Effect.BREAKING, about("How services are deployed", {"mode": "Standard"})
    ] = field(default_factory=Serving)
    pipelines: Annotated[
        Pipelines, Effect.RENDER, about("How pipelines get there", {"mode": "api"})
    ] = field(default_factory=Pipelines)
    tracking: Annotated[
        Maybe[Tracking],
        Effect.RENDER,
        about("Where MLflow is", {"uri": "https://mlflow.example.com"}),
    ] = None
    connections: Annotated[
        Annotated[Mapping[str, Connection], KeyedBy(MODEL)],
        Effect.RENDER,
        about("What datasets' sources name", {"warehouse": {"sqlite": {"path": "data/iris.db"}}}),
    ] = field(default_factory=empty)
    secrets: Annotated[
        Annotated[Mapping[str, SecretSource], KeyedBy(KUBERNETES)],
        Effect.REDEPLOY,
        about("What stands for a Secret there", {"db": {"name": "prod-db-v2"}}),
    ] = field(default_factory=empty)
    data: Annotated[
        Maybe[Data],
        Effect.RENDER,
        about("Where relative data paths start", {"root": "s3://acme-ml/data"}),
    ] = None
    models: Annotated[
        Maybe[Models],
        Effect.RENDER,
        about("Where models are kept", {"store": "s3://acme-ml/models"}),
    ] = None
    features: Annotated[
        Maybe[FeatureStore],
        Effect.RETRAIN,
        about("Its feature store, in Feast's own keys", {"online_store": {"type": "sqlite"}}),
    ] = None
    monitoring: Annotated[
        Maybe[Monitoring],
        Effect.RENDER,
        about("What watches services; `slo` needs it", {"podMonitor": True}),
    ] = None
    security: Annotated[
        Security, Effect.RENDER, about("What its pods may do", {"allow": ["root"]})
    ] = field(default_factory=Security)
    images: Annotated[
        Images,
        Effect.REDEPLOY,
        about("exai's own images", {"train": "ghcr.io/acme/exai-train@sha256:..."}),
    ] = field(default_factory=Images)
    apply: Annotated[
        Apply,
        Effect.RENDER,
        about(
            "Who applies objects: exai itself, or an engine beside it",
            "direct",
            {"gitops": {"path": "clusters/prod"}},
        ),
    ] = "direct"
    applier: Annotated[
        Maybe[Literal["ci", "reconciler"]],
        Effect.RENDER,
        about("Which of exai's own processes applies", "ci"),
    ] = None
    reconcile: Annotated[
        Reconcile,
        Effect.RENDER,
        about("What the reconciler does by itself", {"may": ["create", "update"]}),
    ] = field(default_factory=Reconcile)
