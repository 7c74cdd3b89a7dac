"""What one machine doesn't honour of each block of a document, and what happens there instead.

Field below the block -> what happens instead. A path that goes on below (`resources.memory`) is a
field of its own. In: nothing. Out: tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.kinds import GraphSpec, LLMServiceSpec, ManifestSpec, NotebookSpec, RuntimeSpec
from exai_specs.values import frozen

Path = tuple[str | int, ...]


@frozen
class Fields:
    """What happens instead of each; `first` are their paths by the keys that they begin with."""

    instead: Mapping[Path, str]
    first: Mapping[str | int, tuple[Path, ...]]


def fields(instead: Mapping[Path, str]) -> Fields:
    first: dict[str | int, tuple[Path, ...]] = {}
    for path in instead:
        first[path[0]] = (*first.get(path[0], ()), path)
    return Fields(MappingProxyType(instead), MappingProxyType(first))


# Of every pod, a server's, a step's and a trial's.
POD: Mapping[Path, str] = MappingProxyType(
    {
        ("volumes",): "nothing is mounted",
        ("nodeSelector",): "there is one machine",
        ("tolerations",): "there is one machine",
        ("imagePullSecrets",): "no image is pulled",
        ("imagePullPolicy",): "no image is pulled",
        ("securityContext",): "the process is yours",
        ("podLabels",): "one machine has no pods",
        ("podAnnotations",): "one machine has no pods",
    }
)
SERVICE: Fields = fields(
    {
        **POD,
        ("replicas",): "one process serves",
        ("autoscale",): "one process serves, whatever the load",
        ("resources", "cpu"): "the process takes what the machine has",
        ("resources", "memory"): "the process takes what the machine has",
        ("resources", "limits"): "the process takes what the machine has",
        ("timeout",): "a request may take as long as it needs",
        ("concurrency",): "the server takes what comes",
        ("canary",): "every request goes to `model`",
        ("stopped",): "no process of it runs, and nothing answers",
        ("rollout",): "a new version takes every request once it has loaded",
        ("logger",): "nothing is sent anywhere",
        ("batcher",): "each request is answered by itself",
        ("visibility",): "it listens on 127.0.0.1",
        ("mode",): "one process serves",
        ("deploymentStrategy",): "a new process takes the port over before the old one drains",
        ("runtimeVersion",): "the server is this installation's",
        ("containerName",): "one machine has no containers",
        ("image",): "the server runs in exai's own Python",
        ("ports",): "it listens on one port, which exai picks or `local.port` names",
        ("probes",): "the server itself says when it has loaded its model",
        ("serviceAccount",): "one machine has no accounts of services",
        ("patches", "InferenceService"): "of it the server takes variables and arguments, no more",
        ("slo",): "nobody watches it; the server's /metrics have the numbers",
    }
)
STEP: Fields = fields(
    {
        **POD,
        ("forEach", "parallelism"): "one item at a time is worked on",
        ("resources", "cpu"): "the step takes what the machine has",
        ("resources", "memory"): "it bounds the Java heap, nothing else",
        ("resources", "limits", "cpu"): "the step takes what the machine has",
        ("resources", "limits", "memory"): "it bounds the Java heap, nothing else",
        ("timeout",): "the step may take as long as it needs",
        ("image",): "the function runs in exai's own Python",
        ("pip", "venv"): "packages are in an environment of their own anyway",
        ("cache",): "every step of a run is executed; what succeeded isn't run again at all",
        ("kubernetes",): "one machine has no pods",
    }
)
TRIAL: Fields = fields(
    {
        **POD,
        ("resources", "cpu"): "a trial takes what the machine has",
        ("resources", "memory"): "it bounds the Java heap, nothing else",
        ("resources", "limits", "cpu"): "a trial takes what the machine has",
        ("resources", "limits", "memory"): "it bounds the Java heap, nothing else",
        ("serviceAccount",): "one machine has no accounts of services",
    }
)
PIPELINE: Fields = fields(
    {
        ("schedules",): "nothing runs on a schedule by itself; `exai run` runs it",
        ("ttl",): "runs stay until the pipeline is destroyed",
        ("timeout",): "a run may take as long as it needs",
        ("serviceAccount",): "one machine has no accounts of services",
    }
)
LOOP: Fields = fields({("forEach", "parallelism"): "one item at a time is worked on"})
VIEW: Fields = fields(
    {
        ("stream",): (
            "nobody reads it; the dataset's own rows come online, and `exai features push` takes "
            "more"
        ),
        ("aggregations",): "the dataset has their results as columns",
        ("materialize", "every"): (
            "nothing runs on a schedule by itself; `exai features materialize --watch` keeps this "
            "one while it runs"
        ),
    }
)
SERVED: Fields = fields(
    {("logging",): "exai's servers keep no log of features; Feast's own feature server does"}
)
ENVIRONMENT: Fields = fields(
    {
        ("platform",): "there is no Kubeflow here",
        ("namespace",): "one machine has no namespaces",
        ("serving", "mode"): "one process serves",
        ("serving", "gatewayApi"): "a service listens on a port of 127.0.0.1",
        ("pipelines", "mode"): "steps run as processes of this machine",
        ("pipelines", "endpoint"): "steps run as processes of this machine",
        ("pipelines", "timezone"): "nothing runs on a schedule",
        ("pipelines", "versions"): "how many stay is the same for all",
        ("tracking", "uri"): "the registry is a file below .exai",
        ("monitoring",): "nobody collects anything; /metrics of each server has the numbers",
        ("security",): "processes run as you, and may do what you may",
        ("apply",): "this machine's own `exai apply` applies",
        ("applier",): "this machine's own `exai apply` applies",
        ("reconcile",): "nothing happens here by itself",
        ("images", "train"): "steps run in exai's own Python",
        ("images", "serve"): "servers run in exai's own Python",
    }
)
# Documents of which nothing is there on one machine.
ABSENT: Mapping[type, str] = MappingProxyType(
    {
        GraphSpec: "the local target runs no graphs: each service answers by itself",
        LLMServiceSpec: "the local target serves no large language models: nothing answers",
        ManifestSpec: "one machine has no Kubernetes: nothing comes of it here",
        NotebookSpec: "the local target runs no notebook servers: nothing comes of it here",
        RuntimeSpec: "the local target has no serving runtimes but exai's own",
    }
)
