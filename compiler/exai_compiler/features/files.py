"""The texts of a feature repository's files.

In: the `spec` of a feature repository, or a part of it: a file whose part is missing is left out.
Out: texts by path. Every value passes through `repr`, and what comes out is parsed and held to
imports, assignments and known calls (`inert`). Never: a value in a place of its own choosing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, cast

from exai_compiler.features import naming
from exai_compiler.features.declarations import call, listed, module
from exai_compiler.features.imports import imports_of
from exai_compiler.features.store_file import store_text
from exai_specs.frozen import Json

Part = Mapping[str, Any]

_DEFINITIONS = (
    "Entities, feature views and feature services: rendered by exai from its specs. Edit those."
)
_SOURCES = (
    "Where the rows of each dataset are in this environment: rendered by exai from its specs."
)
_INIT = '"""Functions of the project, as they are in its files."""\n'


def files_of(spec: Mapping[str, Json]) -> Mapping[str, str]:
    """All files, sorted by path. Raises ValueError for what the checks refuse."""
    part = cast(Part, spec)
    found: dict[str, str] = {"definitions.py": _definitions(part)}
    if "store" in part:
        found["feature_store.yaml"] = store_text(part["store"])
    if "sources" in part:
        found["exai_sources.py"] = _sources(part["sources"])
    if part["modules"]:
        # What a user's file holds beside its function is no definition.
        found[".feastignore"] = "transforms\n"
        found["transforms/__init__.py"] = _INIT
        found |= part["modules"]
    found |= part.get("files", {})
    return dict(sorted(found.items()))


def _definitions(spec: Part) -> str:
    views: Part = spec["views"]
    kinds = {
        name: "transform" if name in spec["transforms"] else "view"
        for name in (*views, *spec["transforms"])
    }
    streams = _agreed(
        (each["stream"]["name"], (each["stream"], each["source"]))
        for each in views.values()
        if "stream" in each
    )
    declared = [
        *(_entity(name, each) for name, each in spec["entities"].items()),
        *(
            f"{naming.identifier('push', name)} = PushSource"
            f"(name={name!r}, batch_source={naming.identifier('source', source)})"
            for name, source in sorted(_agreed((v["push"], v["source"]) for v in views.values()))
        ),
        *(_stream(name, stream, source) for name, (stream, source) in sorted(streams)),
        *(_request(name, dict(schema)) for name, schema in sorted(_requests(spec))),
        *(_view(name, each) for name, each in views.items()),
        *(_transform(name, each) for name, each in spec["transforms"].items()),
        *(_service(name, each, kinds) for name, each in spec["services"].items()),
    ]
    return _held(module(_DEFINITIONS, imports_of(spec), declared))


def _entity(name: str, each: Part) -> str:
    arguments = {
        "name": repr(name),
        "join_keys": f"[{each['key']!r}]",
        "value_type": f"ValueType.{naming.value_type(each['type'])}",
        **_told(each),
    }
    return f"{naming.identifier('entity', name)} = {call('Entity', arguments)}"


def _view(name: str, each: Part) -> str:
    source = naming.identifier("source", each["source"])
    if each["push"]:
        source = naming.identifier("push", each["push"])
    if "stream" in each:
        source = naming.identifier("stream", each["stream"]["name"])
    arguments = {
        "name": repr(name),
        "source": source,
        "entities": _names(naming.identifier("entity", entity) for entity in each["entities"]),
        "schema": _schema(each["schema"], each.get("descriptions", {})),
        "ttl": _seconds(each["ttl"] or 0),  # Feast's zero is for ever
        "online": repr(each["online"]),
        "offline": repr(each["offline"]),
    }
    if each.get("aggregations"):
        arguments["aggregations"] = listed(_aggregation(one) for one in each["aggregations"])
        arguments["timestamp_field"] = repr(each.get("stream", {}).get("timestamp", ""))
    kind = "StreamFeatureView" if "stream" in each else "FeatureView"
    return f"{naming.identifier('view', name)} = {call(kind, {**arguments, **_told(each)})}"


def _aggregation(each: Part) -> str:
    arguments = {"column": repr(each["column"]), "function": repr(each["function"])}
    for field in ("time_window", "slide_interval"):
        if each[field] is not None:
            arguments[field] = _seconds(each[field])
    if each["name"] is not None:
        arguments["name"] = repr(each["name"])
    return call("Aggregation", arguments, 2)


def _stream(name: str, stream: Part, source: str) -> str:
    form = dict(stream["message_format"])
    made = form.pop("class")
    given = "".join(f"{key}={text!r}" for key, text in form.items())
    arguments = {
        "name": repr(name),
        "timestamp_field": repr(stream["timestamp"]),
        "created_timestamp_column": repr(stream["created"]),
        "message_format": f"{made}({given})",
        "kafka_bootstrap_servers": repr(stream["kafka_bootstrap_servers"]),
        "topic": repr(stream["topic"]),
        "batch_source": naming.identifier("source", source),
    }
    if stream["watermark_delay_threshold"] is not None:
        arguments["watermark_delay_threshold"] = _seconds(stream["watermark_delay_threshold"])
    return f"{naming.identifier('stream', name)} = {call('KafkaSource', arguments)}"


def _request(name: str, schema: Part) -> str:
    arguments = {"name": repr(name), "schema": _schema(schema)}
    return f"{naming.identifier('request', name)} = {call('RequestSource', arguments)}"


def _transform(name: str, each: Part) -> str:
    # Feast looks a function up by running its text (feast/transformation/udf_rehydrate.py): it gets
    # that of the whole file, with what stands beside the function.
    request = each["request"]
    sources = [naming.identifier("view", view) for view in each["sources"]]
    if request:
        sources.append(naming.identifier("request", request["name"]))
    arguments = {
        "name": repr(name),
        "sources": _names(sources),
        "schema": _schema(each["schema"]),
        "udf": naming.identifier("function", name),
        "udf_string": f"getsource({naming.identifier('module', name)})",
        "mode": repr(each["mode"]),
        **_told(each),
    }
    return f"{naming.identifier('transform', name)} = {call('OnDemandFeatureView', arguments)}"


def _service(name: str, each: Part, kinds: Mapping[str, Any]) -> str:
    projections: dict[str, list[str]] = {}
    for reference in each["features"]:
        view, _, feature = reference.partition(":")
        projections.setdefault(view, []).append(feature)
    taken = (
        f"{naming.identifier(kinds[view], view)}[{features!r}]"
        for view, features in projections.items()
    )
    arguments = {"name": repr(name), "features": listed(taken), **_told(each)}
    if each.get("logging"):
        arguments["logging_config"] = _logging(each["logging"])
    return f"{naming.identifier('service', name)} = {call('FeatureService', arguments)}"


def _logging(logging: Part) -> str:
    destination = {
        "path": repr(logging["path"]),
        "s3_endpoint_override": repr(logging["s3_endpoint_override"]),
        "partition_by": repr(list(logging["partition_by"])),
    }
    arguments = {
        "destination": call("FileLoggingDestination", destination, 2),
        "sample_rate": repr(logging["sample_rate"]),
    }
    return call("LoggingConfig", arguments, 1)


def _sources(sources: Part) -> str:
    in_files = ["parquet" in each for each in sources.values()]
    imports = []
    if any(in_files):
        imports += ["from feast import FileSource", "from feast.data_format import ParquetFormat"]
    if not all(in_files):
        package = "feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source"
        imports += [f"from {package} import (", "    PostgreSQLSource,", ")"]
    declared = (_source(name, each) for name, each in sources.items())
    return _held(module(_SOURCES, imports, declared))


def _source(name: str, each: Part) -> str:
    if "parquet" in each:
        kind, place = "FileSource", {"path": repr(each["parquet"]["path"])}
        place["file_format"] = "ParquetFormat()"
        if "columns" in each["parquet"]:
            place["field_mapping"] = repr({**each["parquet"]["columns"]})
    else:
        ((where, there),) = each["postgres"].items()
        kind, place = "PostgreSQLSource", {where: repr(there)}
    arguments = {
        "name": repr(name),
        **place,
        "timestamp_field": repr(each["timestamp"]),
        "created_timestamp_column": repr(each.get("created", "")),
    }
    return f"{naming.identifier('source', name)} = {call(kind, arguments)}"


def _requests(spec: Part) -> Iterator[tuple[str, Any]]:
    asked = (each["request"] for each in spec["transforms"].values())
    return _agreed((r["name"], tuple(r["schema"].items())) for r in asked if r)


def _agreed(pairs: Any) -> Iterator[tuple[str, Any]]:
    """Each named thing once. Raises ValueError when two things have one name."""
    found: dict[str, Any] = {}
    for name, thing in pairs:
        if name and found.setdefault(name, thing) != thing:
            raise ValueError(f"{name} is the name of two different sources")
    yield from found.items()


def _schema(schema: Part, descriptions: Part = MappingProxyType({})) -> str:
    return listed(
        f"Field(name={name!r}, dtype={naming.feast_type(declared)}{_described(descriptions, name)})"
        for name, declared in schema.items()
    )


def _described(descriptions: Part, name: str) -> str:
    return f", description={text!r}" if (text := descriptions.get(name)) else ""


def _told(each: Part) -> dict[str, str]:
    return {
        "description": repr(each.get("description", "")),
        "tags": repr({**each.get("tags", {})}),
        "owner": repr(each.get("owner", "")),
    }


def _names(names: Iterable[str]) -> str:
    return f"[{', '.join(names)}]"


def _seconds(number: float) -> str:
    return f"timedelta(seconds={number!r})"


def _held(text: str) -> str:
    from exai_compiler.features.inert import hold_to_declarations  # which reads Python

    hold_to_declarations(text)
    return text
