"""Project: where the specs are and which environments exist (LANGUAGE section 4).

In: the `spec` of a Project. Out: a frozen value. Never: a credential's value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Flag, KeyedBy, Maybe, Named, Parsed, Text, Whole
from exai_specs.forms import OneOf
from exai_specs.frozen import empty
from exai_specs.kinds.applying import Apply, Reconcile
from exai_specs.kinds.metadata import Labels
from exai_specs.kinds.policies import RulePolicy
from exai_specs.kinds.stores import FeatureStore
from exai_specs.kinds.workload import SECRET, Credential, SecretRef
from exai_specs.names import KUBERNETES, MODEL
from exai_specs.notes import Field, about
from exai_specs.texts import Filled, Host, Http, TrackingUri, User
from exai_specs.types import TypeProblem, called
from exai_specs.values import field
from exai_specs.version_ranges import PATTERN, parse_range


def _range(value: Any) -> str:
    if not isinstance(value, str):
        wrong = f"must be text such as '>=0.1,<0.2', not {called(value)}"
        raise TypeProblem(wrong, hint="put it in quotes", code="wrong-type")
    parse_range(value)
    return value


_Port = Annotated[Whole, Field(ge=1, le=65535)]


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
class Sqlite:
    """A SQLite file."""

    path: Annotated[
        Filled, Effect.RENDER, about("The file; relative to the data root", "data/iris.db")
    ]


@block
class Postgresql:
    """A PostgreSQL database."""

    host: Annotated[Host, Effect.RENDER, about("Host name", "db.prod")]
    port: Annotated[_Port, Effect.RENDER, about("Port", 5432)] = 5432
    database: Annotated[Filled, Effect.RENDER, about("Name of the database", "ml")]
    user: Annotated[User, Effect.RENDER, about("User name", "exai")]
    password: Annotated[
        Annotated[SecretRef, Credential()],
        Effect.RENDER,
        about("Reference to the password", {"secret": "db", "key": "password"}),
    ]


Connection = Annotated[Sqlite | Postgresql, OneOf((("sqlite", Sqlite), ("postgresql", Postgresql)))]


@block
class SecretName:
    """A Secret with another name."""

    name: Annotated[
        Annotated[Text, Named(SECRET, "db")],
        Effect.REDEPLOY,
        about("The Secret's name there", "prod-db"),
    ]


@block
class SecretEnv:
    """Environment variables that stand for a Secret, on the local target."""

    env: Annotated[
        Text,
        Effect.RENDER,
        about("Prefix of the variables: DB_ and key password are $DB_PASSWORD", "DB_"),
    ]


@block
class SecretDir:
    """A folder with one file a key that stands for a Secret, on the local target."""

    dir: Annotated[Text, Effect.RENDER, about("The folder", "/run/secrets/db")]


SecretSource = Annotated[
    SecretName | SecretEnv | SecretDir,
    OneOf((("name", SecretName), ("env", SecretEnv), ("dir", SecretDir)), inside=False),
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


@block
class ProjectSpec:
    """The specs of a project and its environments."""

    specs: Annotated[
        tuple[Filled, ...],
        Effect.RENDER,
        about("Folders and files with specs, relative to exai.yaml", ["specs/"]),
    ] = ("specs/",)
    exai: Annotated[
        Maybe[Annotated[str, Parsed(_range, (("type", "string"), ("pattern", PATTERN)))]],
        Effect.METADATA,
        about("The versions of exai that this project is for", ">=0.1,<0.2"),
    ] = None
    policies: Annotated[
        Annotated[Mapping[str, RulePolicy], KeyedBy()],
        Effect.METADATA,
        about(
            "How much rules count, by name: `exai explain` lists them",
            {"owner-required": "error", "image-by-digest": "warning"},
        ),
    ] = field(default_factory=empty)
    environments: Annotated[
        Annotated[Mapping[str, Environment], KeyedBy(KUBERNETES)],
        Effect.BREAKING,
        about("The places to apply to; `local` always exists", {"local": {"target": "local"}}),
    ] = field(default_factory=empty)
