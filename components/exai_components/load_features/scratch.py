"""A throw-away feature store: the service's own definitions over sources of this environment.

In: what was asked, a scratch folder. Out: Feast's store, applied. Its sources are Parquet files
that the join writes, or the tables of a live PostgreSQL. No secret is written: the file has the
names of variables.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exai_components.load_dataset.connection import connection
from exai_components.load_features.asked import Asked, imported_sources
from exai_components.outcome import StepFailure
from exai_components.secrets_in_env import SECRET_FIELDS, connection_variable, secret

PROJECT = "training"


def open_scratch(asked: Asked, scratch: Path) -> Any:
    """The store, with every definition of the service in its registry."""
    from exai_components.feature_store.repository import apply_repository, open_store

    folder = scratch / "repository"
    files = {
        **asked.repository,
        "exai_sources.py": sources_file(asked, folder),
        "feature_store.yaml": json.dumps(_settings(asked)),
    }
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    apply_repository(folder)
    return open_store(folder)


def snapshot_of(folder: Path, dataset: str) -> Path:
    """Where a Dataset's rows are for the join."""
    return folder / "data" / f"{dataset}.parquet"


def sources_file(asked: Asked, folder: Path) -> str:
    """`exai_sources.py`: every value through `repr`."""
    known = imported_sources(asked.repository["definitions.py"], asked.sources)
    lines = [_IMPORT_POSTGRES if asked.postgres else "from feast import FileSource"]
    for name, dataset in sorted(known.items()):
        inlined = asked.sources[dataset]
        settings: dict[str, Any] = {"name": dataset, "timestamp_field": str(inlined["timestamp"])}
        if created := inlined.get("created"):
            settings["created_timestamp_column"] = str(created)
        if asked.postgres:
            settings["query"] = _query(asked.postgres, dataset, inlined)
        else:
            settings["path"] = str(snapshot_of(folder, dataset))
            settings.pop("created_timestamp_column", None)  # the join has settled that already
        values = ", ".join(f"{key}={value!r}" for key, value in settings.items())
        kind = "PostgreSQLSource" if asked.postgres else "FileSource"
        lines.append(f"{name} = {kind}({values})")
    return "\n".join(lines) + "\n"


def _settings(asked: Asked) -> dict[str, Any]:
    offline: dict[str, Any] = {"type": "dask"}
    if asked.postgres:
        offline = {"type": "postgres", **_address(asked.postgres)}
    return {
        "project": PROJECT,
        "provider": "local",
        "registry": {"registry_type": "sql", "path": "sqlite:///../registry.db"},
        "online_store": {"type": "sqlite", "path": "../online.db"},
        "offline_store": offline,
        "entity_key_serialization_version": 3,
    }


def _address(name: str) -> dict[str, Any]:
    """Feast's settings of a connection; what is secret stays a variable."""
    kind, fields = connection(name)
    if kind != "postgresql":
        raise StepFailure(
            "unsupported-connection",
            f"The offline store's connection {name} is {kind}, not postgresql",
            "Name a PostgreSQL connection under offline_store, or take type: dask",
        )
    values: dict[str, Any] = {"sslmode": "prefer", "password": "", **fields}
    for field in SECRET_FIELDS:
        variable = f"{connection_variable(name)}_{field.upper()}"
        if secret(variable) is not None:
            values[field] = "${" + variable + "}"
    if "username" in values:
        values["user"] = values.pop("username")
    values["port"] = int(values.get("port") or 5432)
    return values


def _query(postgres: str, dataset: str, inlined: Mapping[str, Any]) -> str:
    """The declared columns under their own names, of the live table or query."""
    sql = dict(inlined["source"].get("sql") or {})
    if sql.get("connection") != postgres:
        raise StepFailure(
            "unsupported-source",
            f"{dataset} isn't a table of the offline store's connection {postgres}",
            f"Let it come from the connection {postgres}, or take offline_store: {{type: dask}}",
        )
    columns = ", ".join(
        f"{_quoted(column.get('source') or name)} AS {_quoted(name)}"
        for name, column in inlined["schema"].items()
    )
    place = f"({sql['query']}) AS rows" if sql.get("query") else _table(str(sql["table"]))
    return f"SELECT {columns} FROM {place}"  # noqa: S608 - names are quoted, the query is the spec's


def _table(name: str) -> str:
    schema, dot, bare = name.rpartition(".")
    return f"{_quoted(schema)}.{_quoted(bare)}" if dot else _quoted(bare)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_IMPORT_POSTGRES = (
    "from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import (\n"
    "    PostgreSQLSource,\n"
    ")"
)
