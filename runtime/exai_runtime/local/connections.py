"""What steps need to know of the outside world, as environment variables: addresses in the open,
secrets by themselves.

In: an environment, its connections, the platform spec of a pipeline version. Out: two mappings,
plain and secret. The names are those that the cluster's `exai-runtime` ConfigMap and Secret have,
so that a step can't tell where it runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from exai_compiler.connection_names import open_value, open_variable, secret_variables
from exai_compiler.runtime_variables import feature_store
from exai_runtime.local.features.paths import feature_paths
from exai_runtime.local.paths import Paths
from exai_runtime.local.registry import registry_uri
from exai_runtime.local.secrets import Secrets, Source
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds.connections import SecretDir, SecretEnv, SecretName
from exai_specs.kinds.environment import Environment
from exai_specs.values import frozen


@frozen
class Variables:
    """`secret` holds values: it goes into a child's environment and nowhere else."""

    plain: Mapping[str, str]
    secret: Mapping[str, str]

    def environment(self) -> dict[str, str]:
        """All of it, with the names of the secrets for the child's redactor."""
        names = {"EXAI_REDACT": ",".join(sorted(self.secret))} if self.secret else {}
        return {**self.plain, **self.secret, **names}


def data_root(paths: Paths, environment: Environment) -> Path:
    """Where relative data paths start: the project's folder, unless the environment says."""
    return paths.root / environment.data.root if environment.data else paths.root


def model_store(paths: Paths, environment: Environment) -> str:
    """A URI of the folder that models are kept in."""
    store = environment.models.store if environment.models else str(paths.models)
    return store if "://" in store else (paths.root / store).as_uri()


def secrets_of(paths: Paths, environment: Environment) -> Secrets:
    """The environment's secrets; what it doesn't map is a folder in `.exai/secrets`."""
    sources: dict[str, Source] = {}
    for name, source in environment.secrets.items():
        match source:
            case SecretEnv():
                sources[name] = Source("env", source.env)
            case SecretDir():
                sources[name] = Source("dir", str(paths.root / source.dir))
            case SecretName():
                sources[name] = Source("dir", str(paths.secrets / source.name))
    return Secrets(paths.environment, paths.secrets, sources)


def step_variables(
    paths: Paths,
    environment: Environment,
    project: str,
    platform: Mapping[str, Any],
    secrets: Secrets,
    ir: Mapping[str, Any] | None = None,
) -> Variables:
    """What every step of a run gets: of a connection that the run's `ir` doesn't read no secret;
    without one, those of all connections.

    Raises TargetError for a secret that isn't there, and for what only a cluster has.
    """
    for step, name, config_map, key in _config_map_env(platform):
        raise _not_local(f"step {step}", name, config_map, key)
    plain = {
        "_KFP_RUNTIME": "true",
        "_MLFLOW_SERVER_ARTIFACT_ROOT": paths.artifacts.as_uri(),
        "MLFLOW_TRACKING_URI": registry_uri(paths.registry),
        "EXAI_DATA_ROOT": str(data_root(paths, environment)),
        "EXAI_MODEL_STORE": model_store(paths, environment),
        "EXAI_PROJECT": project,
        "EXAI_ENVIRONMENT": paths.environment,
    }
    read = None if ir is None else _connections_of(ir, environment)
    connections = connection_variables(environment, environment.connections, secrets, read)
    plain.update({**connections.plain, **_feature_store(paths, environment)})
    secret = dict(connections.secret)
    for step, name, reference, key, optional in _secret_env(platform):
        variable = f"EXAI_STEP_ENV__{step.replace('-', '_')}__{name}"
        if (
            found := secrets.find(reference, key) if optional else secrets.value(reference, key)
        ) is not None:
            secret[variable] = found
    return Variables(plain, secret)


def connection_variables(
    environment: Environment,
    names: Iterable[str],
    secrets: Secrets,
    read: frozenset[str] | None = None,
) -> Variables:
    """What these connections' readers get; secrets of those alone that are `read` (all of them,
    unless it says). Raises TargetError for a secret that isn't there.
    """
    plain: dict[str, str] = {}
    secret: dict[str, str] = {}
    for name in sorted(names):
        connection = environment.connections[name]
        hidden = secret_variables(name, connection)
        for variable, reference in hidden.values() if read is None or name in read else ():
            secret[variable] = secrets.value(reference.secret, reference.key)
        plain[open_variable(name)] = open_value(connection)
    return Variables(plain, secret)


def _connections_of(ir: Mapping[str, Any], environment: Environment) -> frozenset[str]:
    """The connections that steps read: the compiler inlines each source as `{"sql": {"connection":
    NAME, ...}}`; load-features joins in the offline store's.
    """
    store = environment.features.offline_store if environment.features else None
    found: list[Any] = [store.connection] if store is not None else []
    left: list[Any] = [ir]
    while left:
        match left.pop():
            case Mapping() as value:
                found.append(value.get("connection"))
                left += value.values()
            case list() | tuple() as value:
                left += value
    return frozenset(each for each in found if isinstance(each, str))


def _feature_store(paths: Paths, environment: Environment) -> dict[str, str]:
    """What load-features has to know: the offline store, and where pushed rows are kept."""
    found = dict(feature_store(environment))
    pushed = feature_paths(paths.state).pushed
    if pushed.is_dir():
        found["EXAI_PUSHED_ROWS"] = str(pushed)
    return found


def container_variables(env: Any, secrets: Secrets, of: str) -> Variables:
    """A container's `env` list (core/v1 EnvVar): plain values, and references to secrets.

    `of` names the document, for messages. Raises TargetError as `step_variables` does.
    """
    plain: dict[str, str] = {}
    secret: dict[str, str] = {}
    for item in env or ():
        source = item.get("valueFrom") or {}
        if (config_map := source.get("configMapKeyRef")) is not None:
            if config_map.get("optional"):
                continue
            raise _not_local(of, item["name"], config_map["name"], config_map["key"])
        reference = source.get("secretKeyRef")
        if reference is None:
            plain[item["name"]] = str(item.get("value", ""))
            continue
        name, key = reference["name"], reference["key"]
        found = secrets.find(name, key) if reference.get("optional") else secrets.value(name, key)
        if found is not None:
            secret[item["name"]] = found
    return Variables(plain, secret)


def _secret_env(platform: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str, bool]]:
    """(step, variable, secret, key, optional) of every `secretAsEnv` (kfp-kubernetes,
    kubernetes_executor_config.proto).
    """
    for step, entry in _entries(platform, "secretAsEnv"):
        secret = _constant(entry, "secretName")
        for item in entry.get("keyToEnv", ()):
            yield step, item["envVar"], secret, item["secretKey"], bool(entry.get("optional"))


def _config_map_env(platform: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """(step, variable, ConfigMap, key) of every `configMapAsEnv` that a step can't do without."""
    for step, entry in _entries(platform, "configMapAsEnv"):
        if not entry.get("optional"):
            for item in entry.get("keyToEnv", ()):
                yield step, item["envVar"], _constant(entry, "configMapName"), item["configMapKey"]


def _entries(platform: Mapping[str, Any], field: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    kubernetes = platform.get("platforms", {}).get("kubernetes", {})
    executors = kubernetes.get("deploymentSpec", {}).get("executors", {})
    for label, executor in sorted(executors.items()):
        for entry in executor.get(field, ()):
            yield label.removeprefix("exec-"), entry


def _constant(entry: Mapping[str, Any], field: str) -> str:
    """A name that is a constant; a name that a parameter gives is empty here."""
    named = entry.get(f"{field}Parameter", {}).get("runtimeValue", {}).get("constant")
    return str(named or entry.get(field, ""))


def _not_local(of: str, variable: str, config_map: str, key: str) -> TargetError:
    return TargetError(
        Diagnostic(
            "not-local",
            f"{of}: the variable {variable} comes from the ConfigMap {config_map or '?'}, "
            f"key {key}, and the local target has no ConfigMaps",
            Span("exai.yaml"),
            hint="write the value itself, or a secret, under `env`; or apply to a cluster",
        )
    )
