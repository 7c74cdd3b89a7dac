"""The feature repository as a value: what `files_of` writes out.

In: a project, an environment, the texts of the user's Python files. Out: plain values, sorted by
name. Never: another spelling of a name, or a null where Feast has a default.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import assert_never

from exai_compiler.catalog import Catalog
from exai_compiler.feature_files import named_files
from exai_compiler.feature_parts import Parts, parts_of
from exai_compiler.feature_views import asked_for, key_of, keys_of, written_to
from exai_compiler.features.batch_sources import source_of
from exai_compiler.features.stores import feast_project, store_of
from exai_compiler.inlined import type_of
from exai_compiler.project import Body, Project
from exai_compiler.python_names import PYTHON, function_of
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.kinds import (
    DatasetSpec,
    EntitySpec,
    Environment,
    FeatureServiceSpec,
    FeatureViewSpec,
)
from exai_specs.kinds.features import Transform
from exai_specs.kinds.streams import AvroFormat, JsonFormat, Kafka, ProtoFormat
from exai_specs.units import Duration

Part = dict[str, Json]


def spec_of(project: Project, environment: Environment, catalog: Catalog) -> Mapping[str, Json]:
    """All entities, views and services of the project, with where their data is.

    Raises ValueError for what the checks refuse.
    """
    found = parts_of(project)
    files = named_files(project, environment)
    written, keys = written_to(project), keys_of(project)
    own: Part = {posixpath.basename(path): _file(catalog, path) for path in sorted(files)}
    return {
        "store": store_of(feast_project(project, environment), environment),
        "sources": {
            name: source_of(name, dataset, environment, name in written, keys)
            for name, dataset in _bodies(project, DatasetSpec, found.datasets)
        },
        **definitions_of(project, found, catalog),
        **({"files": own} if own else {}),
    }


def definitions_of(project: Project, found: Parts, catalog: Catalog, bare: bool = False) -> Part:
    """These entities, views and services, and the files of the functions; no environment's. `bare`
    leaves out what only people or an online store read.
    """
    told = _silent if bare else partial(_told, project)
    transforms = [
        (name, view, view.transform)
        for name, view in _bodies(project, FeatureViewSpec, found.transforms)
        if view.transform is not None
    ]
    return {
        "entities": {
            name: {
                "key": key_of(name, entity).column,
                "type": type_of(entity.type),
                **told("Entity", name),
            }
            for name, entity in _bodies(project, EntitySpec, found.entities)
        },
        "views": {
            name: _view(project, name, view, bare)
            for name, view in _bodies(project, FeatureViewSpec, found.views)
        },
        "transforms": {
            name: {**_transform(name, view, how), **told("FeatureView", name)}
            for name, view, how in transforms
        },
        "services": {
            name: _service(project, name, service, bare)
            for name, service in _bodies(project, FeatureServiceSpec, found.services)
        },
        "modules": {
            _module(name): _text(project, catalog, name, how.python) for name, _, how in transforms
        },
    }


def _bodies(project: Project, kind: type[Body], names: Iterable[str]) -> Iterator[tuple[str, Body]]:
    for name in names:
        if (body := project.body(kind, name)) is None:
            raise ValueError(f"{name} is no name of a {kind.__name__}")
        yield name, body


def _text(project: Project, catalog: Catalog, view: str, named: str) -> str:
    """The text of `file.py:function`, which is relative to the document's own file."""
    spec = project.specs[Ref("FeatureView", view)]
    path, _ = function_of(spec.document.file_of(PYTHON), named)
    return _file(catalog, path)


def _file(catalog: Catalog, path: str) -> str:
    if path not in catalog.files:
        raise ValueError(f"there is no {path}")
    return catalog.files[path]


def _view(project: Project, name: str, body: FeatureViewSpec, bare: bool) -> Json:
    ((source, dataset),) = _bodies(project, DatasetSpec, [body.dataset or ""])
    keys = [key_of(*entity) for entity in _bodies(project, EntitySpec, body.entities)]
    schema: Part = {key.column: type_of(key.type) for key in keys}
    schema |= {feature: type_of(dataset.schema[feature].type) for feature in body.features}
    found: Part = {
        "source": source,
        "entities": body.entities,
        "schema": schema,
        "ttl": _optional(body.ttl),
    }
    if bare:
        return {**found, "online": True, "offline": False, "push": None}
    found["online"], found["offline"], found["push"] = body.online, body.offline, body.push
    found |= _told(project, "FeatureView", name)
    if body.stream is not None:
        found["stream"] = _stream(body.stream, dataset)
    if body.aggregations:
        found["aggregations"] = tuple(
            {
                "column": each.column,
                "function": each.function,
                "time_window": _optional(each.time_window),
                "slide_interval": _optional(each.slide_interval),
                "name": each.name,
            }
            for each in body.aggregations
        )
    described = {f: dataset.schema[f].description for f in body.features}
    if any(described.values()):
        found["descriptions"] = {name: text for name, text in described.items() if text}
    return found


def _transform(name: str, body: FeatureViewSpec, how: Transform) -> Part:
    request: Json = None
    if how.request is not None:
        columns = {column: type_of(kind) for column, kind in how.request.schema.items()}
        request = {"name": how.request.name, "schema": columns}
    return {
        "module": _module(name),
        "function": how.python.rpartition(":")[2],
        "mode": how.mode,
        "sources": how.sources,
        "request": request,
        "schema": {feature: type_of(kind) for feature, kind in body.schema.items()},
    }


def _service(project: Project, name: str, body: FeatureServiceSpec, bare: bool) -> Json:
    asked = [feature.reference for feature in asked_for(project, body)]
    found: Part = {"features": tuple(dict.fromkeys(asked))}
    if bare:
        return found
    found |= _told(project, "FeatureService", name)
    if (logging := body.logging) is not None:
        found["logging"] = {
            "path": logging.path,
            "s3_endpoint_override": logging.s3_endpoint_override or "",
            "partition_by": logging.partition_by,
            "sample_rate": logging.sample_rate,
        }
    return found


def _module(view: str) -> str:
    """A file of its own for each view. Views' names are unique in any case of their letters."""
    return f"transforms/{view}_view.py"


def _stream(kafka: Kafka, dataset: DatasetSpec) -> Json:
    match kafka.message_format:
        case AvroFormat(schema_json=text):
            form: Json = {"class": "AvroFormat", "schema_json": text}
        case JsonFormat(schema_json=text):
            form = {"class": "JsonFormat", "schema_json": text}
        case ProtoFormat(class_path=text):
            form = {"class": "ProtoFormat", "class_path": text}
        case other:
            assert_never(other)
    return {
        "name": kafka.name,
        "kafka_bootstrap_servers": kafka.kafka_bootstrap_servers,
        "topic": kafka.topic,
        "timestamp": dataset.timestamp,
        "created": dataset.created,
        "message_format": form,
        "watermark_delay_threshold": _optional(kafka.watermark_delay_threshold),
    }


def _optional(duration: Duration | None) -> int | float | None:
    """Seconds."""
    if duration is None:
        return None
    return duration.ms / 1000 if duration.ms % 1000 else duration.ms // 1000


def _silent(_kind: str, _name: str) -> Part:
    return {}


def _told(project: Project, kind: str, name: str) -> Part:
    """What people are told of a document; its labels are Feast's tags."""
    metadata = project.specs[Ref(kind, name)].metadata
    found: Part = {}
    if metadata.description:
        found["description"] = metadata.description
    if metadata.owner:
        found["owner"] = metadata.owner
    if metadata.labels:
        found["tags"] = dict(sorted(metadata.labels.items()))
    return found
