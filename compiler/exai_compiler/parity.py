"""What an environment leaves undone, as notes: each field that the local target doesn't honour,
with its place and what happens instead; data whose changes nobody sees; files that are copied.

In: a project and the name of an environment. Out: notes, in order. The rendered objects have these
fields all the same: a note never changes a byte of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.feature_files import named_files
from exai_compiler.leaves import leaves
from exai_compiler.policies import applied
from exai_compiler.project import Project
from exai_compiler.tuning.algorithms import HONOURED, OTHERWISE
from exai_specs.diagnostics import Diagnostic, in_order
from exai_specs.frozen import Json
from exai_specs.kinds import (
    AnyStep,
    Choose,
    DatasetSpec,
    Environment,
    FeatureServiceSpec,
    FeatureViewSpec,
    GraphSpec,
    Group,
    LLMServiceSpec,
    ManifestSpec,
    NotebookSpec,
    PipelineSpec,
    Postgresql,
    RuntimeSpec,
    ServiceSpec,
    SqlSource,
    TuningSpec,
)
from exai_specs.parse import Spec

Path = tuple[str | int, ...]

CODE = "local-parity"
NOT_WATCHED = "data-not-watched"
COPIED = "copied-file"

# Field below the block -> what happens instead. A path that goes on below (`resources.memory`) is a
# field of its own.
SERVICE: Mapping[Path, str] = MappingProxyType(
    {
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
        ("imagePullPolicy",): "no image is pulled",
        ("imagePullSecrets",): "no image is pulled",
        ("volumes",): "nothing is mounted",
        ("ports",): "it listens on one port, which exai picks or `local.port` names",
        ("probes",): "the server itself says when it has loaded its model",
        ("securityContext",): "the process is yours",
        ("nodeSelector",): "there is one machine",
        ("tolerations",): "there is one machine",
        ("serviceAccount",): "one machine has no accounts of services",
        ("podLabels",): "one machine has no pods",
        ("podAnnotations",): "one machine has no pods",
        ("patches", "InferenceService"): "of it the server takes variables and arguments, no more",
        ("slo",): "nobody watches it; the server's /metrics have the numbers",
    }
)
STEP: Mapping[Path, str] = MappingProxyType(
    {
        ("forEach", "parallelism"): "one item at a time is worked on",
        ("resources", "cpu"): "the step takes what the machine has",
        ("resources", "memory"): "it bounds the Java heap, nothing else",
        ("resources", "limits", "cpu"): "the step takes what the machine has",
        ("resources", "limits", "memory"): "it bounds the Java heap, nothing else",
        ("timeout",): "the step may take as long as it needs",
        ("image",): "the function runs in exai's own Python",
        ("pip", "venv"): "packages are in an environment of their own anyway",
        ("cache",): "every step of a run is executed; what succeeded isn't run again at all",
        ("volumes",): "nothing is mounted",
        ("nodeSelector",): "there is one machine",
        ("tolerations",): "there is one machine",
        ("imagePullSecrets",): "no image is pulled",
        ("imagePullPolicy",): "no image is pulled",
        ("securityContext",): "the process is yours",
        ("podLabels",): "one machine has no pods",
        ("podAnnotations",): "one machine has no pods",
        ("kubernetes",): "one machine has no pods",
    }
)
TRIAL: Mapping[Path, str] = MappingProxyType(
    {
        ("resources", "cpu"): "a trial takes what the machine has",
        ("resources", "memory"): "it bounds the Java heap, nothing else",
        ("resources", "limits", "cpu"): "a trial takes what the machine has",
        ("resources", "limits", "memory"): "it bounds the Java heap, nothing else",
        ("volumes",): "nothing is mounted",
        ("nodeSelector",): "there is one machine",
        ("tolerations",): "there is one machine",
        ("imagePullSecrets",): "no image is pulled",
        ("imagePullPolicy",): "no image is pulled",
        ("securityContext",): "the process is yours",
        ("serviceAccount",): "one machine has no accounts of services",
        ("podLabels",): "one machine has no pods",
        ("podAnnotations",): "one machine has no pods",
    }
)
PIPELINE: Mapping[Path, str] = MappingProxyType(
    {
        ("schedules",): "nothing runs on a schedule by itself; `exai run` runs it",
        ("ttl",): "runs stay until the pipeline is destroyed",
        ("timeout",): "a run may take as long as it needs",
        ("serviceAccount",): "one machine has no accounts of services",
    }
)
LOOP: Mapping[Path, str] = MappingProxyType(
    {("forEach", "parallelism"): "one item at a time is worked on"}
)
VIEW: Mapping[Path, str] = MappingProxyType(
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
SERVED: Mapping[Path, str] = MappingProxyType(
    {("logging",): "exai's servers keep no log of features; Feast's own feature server does"}
)
ENVIRONMENT: Mapping[Path, str] = MappingProxyType(
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
# Extended resources such as nvidia.com/gpu are told by the slash in their names.
EXTENDED = "nothing is reserved: the step or server sees what the machine has"


def parity(project: Project, environment_name: str) -> tuple[Diagnostic, ...]:
    """Every field of the project that this environment ignores, and data that isn't watched; less
    what the project's policies and comments allow."""
    return in_order(applied(project, notes(project, environment_name)))


def notes(project: Project, environment_name: str) -> tuple[Diagnostic, ...]:
    """All of them, allowed or not."""
    environment = project.environment(environment_name)
    if environment is None:
        return ()
    found = [*_unwatched(project, environment), *_copied(project, environment_name, environment)]
    if environment.target == "local":
        found += _notes(project, environment_name)
    return tuple(found)


def _unwatched(project: Project, environment: Environment) -> Iterator[Diagnostic]:
    """Datasets on a server: nobody knows when their rows change, unless `version` says how."""
    for spec, dataset in project.bodies(DatasetSpec):
        if not isinstance(dataset.source, SqlSource) or dataset.version is not None:
            continue
        if isinstance(environment.connections.get(dataset.source.connection), Postgresql):
            yield Diagnostic(
                NOT_WATCHED,
                f"{spec.ref}: its data is not watched: new rows on the server start no run",
                spec.at("spec", "source"),
                "note",
                "set `version` to {query: ...}, snapshot or {fixed: ...}; none ends this note",
            )


def _copied(project: Project, name: str, environment: Environment) -> Iterator[Diagnostic]:
    """Files of the feature repository that exai knows nothing of."""
    for index, path in enumerate(named_files(project, environment)):
        yield Diagnostic(
            COPIED,
            f"`{path}` is copied into the feature repository as it is",
            project.root.at("spec", "environments", name, "features", "files", index),
            "note",
            "what it defines reaches Feast's registry; exai neither checks nor materializes it",
        )


def _notes(project: Project, environment_name: str) -> Iterator[Diagnostic]:
    yield from _block(project.root, ("spec", "environments", environment_name), ENVIRONMENT)
    yield from _absent(project)
    for spec, service in project.bodies(ServiceSpec):
        yield from _block(spec, ("spec",), SERVICE)
        if service.features is not None:
            message = (
                f"{spec.ref}: `features` are looked up by the server's own process here, and by a "
                "transformer of its own on a cluster"
            )
            yield Diagnostic(CODE, message, spec.key_at("spec", "features"), "note")
    for spec, tuning in project.bodies(TuningSpec):
        yield from _block(spec, ("spec", "trial"), TRIAL)
        yield from _search(spec, tuning)
    for spec, _ in project.bodies(FeatureViewSpec):
        yield from _block(spec, ("spec",), VIEW)
    for spec, _ in project.bodies(FeatureServiceSpec):
        yield from _block(spec, ("spec",), SERVED)
    for spec, pipeline in project.bodies(PipelineSpec):
        yield from _block(spec, ("spec",), PIPELINE)
        yield from _block(spec, ("spec", "defaults"), STEP)
        for path, _, step in leaves(pipeline):
            # What isn't run at all is an error.
            if step.body not in ("image", "import_") and not step.component_file:
                yield from _block(spec, path, STEP)
        for path in _loops(pipeline.steps, ("spec", "steps")):
            yield from _block(spec, path, LOOP)


def _search(spec: Spec, tuning: TuningSpec) -> Iterator[Diagnostic]:
    """Optuna's samplers, where they aren't Katib's."""
    name = tuning.algorithm.name
    if (instead := OTHERWISE.get(name)) is not None:
        yield _note(spec, ("spec", "algorithm", "name"), instead)
    for setting in tuning.algorithm.settings:
        if name in HONOURED and setting not in HONOURED[name]:
            instead = "a grid is walked in order" if name == "grid" else "Optuna has no such"
            yield _note(spec, ("spec", "algorithm", "settings", setting), instead)


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


def _absent(project: Project) -> Iterator[Diagnostic]:
    for spec in project.specs.values():
        if (why := ABSENT.get(type(spec.body))) is not None:
            yield Diagnostic(CODE, f"{spec.ref}: {why}", spec.at("metadata", "name"), "note")


def _loops(steps: Mapping[str, AnyStep], path: Path) -> Iterator[Path]:
    """The paths of all groups, at any depth."""
    for name, step in steps.items():
        here = (*path, name)
        if isinstance(step, Group):
            yield here
            yield from _loops(step.steps, (*here, "steps"))
        elif isinstance(step, Choose):
            for index, way in enumerate(step.choose):
                yield from _loops(way.steps, (*here, "choose", index, "steps"))


def _block(spec: Spec, base: Path, fields: Mapping[Path, str]) -> Iterator[Diagnostic]:
    block = _value(spec.document.value, base)
    if not isinstance(block, Mapping) or not (there := block.keys() & _first(fields)):
        return
    for path, instead in fields.items():
        if path[0] in there and _value(block, path) is not None:
            yield _note(spec, (*base, *path), instead)
    for path in (("resources",), ("resources", "limits")):
        found = _value(block, path)
        for name in found if isinstance(found, Mapping) else ():
            if "/" in name and (*path, name) not in fields and path not in fields:
                yield _note(spec, (*base, *path, name), EXTENDED)


_FIRST: dict[int, frozenset[str | int]] = {}


def _first(fields: Mapping[Path, str]) -> frozenset[str | int]:
    """The first keys of the fields of a table; the tables above live as long as this module."""
    if id(fields) not in _FIRST:
        _FIRST[id(fields)] = frozenset(path[0] for path in fields)
    return _FIRST[id(fields)]


def _note(spec: Spec, path: Path, instead: str) -> Diagnostic:
    field = ".".join(str(part) for part in path[1:])
    message = f"{spec.ref}: the local target doesn't honour `{field}`: {instead}"
    return Diagnostic(CODE, message, spec.key_at(*path), "note")


def _value(value: Json, path: Path) -> Json:
    for part in path:
        if isinstance(value, tuple) and isinstance(part, int):
            value = value[part]
        else:
            value = value.get(str(part)) if isinstance(value, Mapping) else None
    return value
