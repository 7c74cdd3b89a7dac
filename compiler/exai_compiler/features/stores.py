"""feature_store.yaml: Feast's registry, online store and offline store of an environment.

In: an environment. Out: the file as a mapping, with Feast's own keys. A secret is `${VARIABLE}`,
which Feast fills from its process's environment (feast/repo_config.py, load_repo_config); which
secret that is, `secret_variables` says. Paths are relative to the repository's folder, or a URI.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.project import Project
from exai_specs.frozen import Json
from exai_specs.kinds import Environment, SecretRef
from exai_specs.kinds.connections import Postgresql
from exai_specs.kinds.stores import FeatureStore, OfflineStore, OnlineStore, Registry
from exai_specs.regexes import regex

PREFIX = "EXAI_FEATURES_"
BLOCKS = ("registry", "online_store", "offline_store")
REFERENCE = regex(r"\$\{EXAI_FEATURES_[A-Z0-9_]+\}")

# Beside the folder, so that rendering it anew loses nothing.
_REGISTRIES: Mapping[str, str] = {"sql": "sqlite:///../registry.db", "file": "../registry.pb"}
_ONLINE = "../online.db"

_Block = dict[str, "str | int | SecretRef | None"]


def feast_project(project: Project, environment: Environment) -> str:
    """Feast's name of the project. Feast takes no hyphens with SQLite (LANGUAGE section 1.1)."""
    given = environment.features.project if environment.features else None
    return given or project.name.replace("-", "_")


def store_of(project: str, environment: Environment) -> Mapping[str, Json]:
    """The whole file as a mapping, without what is unset."""
    blocks = {
        name: {key: _text(name, key, value) for key, value in block.items() if value is not None}
        for name, block in _blocks(environment).items()
    }
    version = {"entity_key_serialization_version": 3}
    return {"project": project, "provider": "local", **blocks, **version}


def online_place(project: Project, environment: Environment) -> Mapping[str, Json]:
    """What says where online rows are: in another place nothing is online yet."""
    block = _online((environment.features or FeatureStore()).online_store or OnlineStore())
    written = {k: _text("online_store", k, v) for k, v in block.items() if v is not None}
    return {"project": feast_project(project, environment), "online_store": written}


def secret_variables(
    environment: Environment, blocks: tuple[str, ...] = BLOCKS
) -> Mapping[str, SecretRef]:
    """The secret behind each variable that these blocks of feature_store.yaml name."""
    return {
        _variable(name, key): value
        for name, block in _blocks(environment).items()
        for key, value in block.items()
        if isinstance(value, SecretRef) and name in blocks
    }


def offline_connection(environment: Environment) -> str | None:
    """The connection whose tables the offline store reads where they are."""
    given = environment.features and environment.features.offline_store
    return given.connection if given and given.type == "postgres" else None


def _blocks(environment: Environment) -> Mapping[str, _Block]:
    given = environment.features or FeatureStore()
    return {
        "registry": _registry(given.registry or Registry()),
        "online_store": _online(given.online_store or OnlineStore()),
        "offline_store": _offline(given.offline_store or OfflineStore(), environment),
    }


def _registry(registry: Registry) -> _Block:
    return {
        "registry_type": registry.registry_type,
        "path": registry.path or _REGISTRIES[registry.registry_type],
        "cache_ttl_seconds": registry.cache_ttl_seconds,
    }


def _online(online: OnlineStore) -> _Block:
    return {
        "type": online.type,
        "path": online.path or (_ONLINE if online.type == "sqlite" else None),
        "connection_string": online.connection_string,
        "key_ttl_seconds": online.key_ttl_seconds,
    }


def _offline(offline: OfflineStore, environment: Environment) -> _Block:
    if offline.type != "postgres":
        return {"type": "dask"}
    there = environment.connections.get(offline.connection or "")
    if not isinstance(there, Postgresql):
        raise ValueError(f"the connection {offline.connection} is no PostgreSQL database")
    return {
        "type": "postgres",
        "host": there.host,
        "port": there.port,
        "database": there.database,
        "user": there.user,
        "password": there.password,
        # libpq's own default, as for every other reader of the connection; Feast's is `require`.
        "sslmode": "prefer",
    }


def _text(block: str, key: str, value: str | int | SecretRef) -> Json:
    return f"${{{_variable(block, key)}}}" if isinstance(value, SecretRef) else value


def _variable(block: str, key: str) -> str:
    return f"{PREFIX}{block}_{key}".upper()
