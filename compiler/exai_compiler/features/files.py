"""The texts of a feature repository's files.

In: the `spec` of a feature repository, or a part of it: a file whose part is missing is left out.
Out: texts by path. Every value passes through `repr`, and what comes out is parsed and held to
imports, assignments and known calls (`inert`). Never: a value in a place of its own choosing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

from exai_compiler.features import naming
from exai_compiler.features.imports import imports_of
from exai_compiler.features.inert import hold_to_declarations
from exai_compiler.features.store_file import store_text
from exai_specs.frozen import Json, thaw

if TYPE_CHECKING:
    from jinja2 import Template

Part = Mapping[str, Any]

_INIT = '"""Functions of the project, as they are in its files."""\n'


def files_of(spec: Mapping[str, Json]) -> Mapping[str, str]:
    """All files, sorted by path. Raises ValueError for what the checks refuse."""
    plain = cast(Part, thaw(spec))
    found: dict[str, str] = {"definitions.py": _definitions(plain)}
    if "store" in plain:
        found["feature_store.yaml"] = store_text(plain["store"])
    if "sources" in plain:
        found["exai_sources.py"] = _sources(plain["sources"])
    if plain["modules"]:
        # What a user's file holds beside its function is no definition.
        found[".feastignore"] = "transforms\n"
        found["transforms/__init__.py"] = _INIT
        found |= plain["modules"]
    found |= plain.get("files", {})
    return dict(sorted(found.items()))


def _definitions(spec: Part) -> str:
    views: Part = spec["views"]
    kinds = {
        name: "transform" if name in spec["transforms"] else "view"
        for name in (*views, *spec["transforms"])
    }
    values = {
        "imports": tuple(imports_of(spec)),
        "entities": [_entity(name, each) for name, each in spec["entities"].items()],
        "pushes": [
            {
                "variable": naming.identifier("push", name),
                "name": name,
                "batch_source": naming.identifier("source", source),
            }
            for name, source in sorted(_agreed((v["push"], v["source"]) for v in views.values()))
        ],
        "streams": [
            _stream(name, stream, source)
            for name, (stream, source) in sorted(
                _agreed(
                    (each["stream"]["name"], (each["stream"], each["source"]))
                    for each in views.values()
                    if "stream" in each
                )
            )
        ],
        "requests": [
            {
                "variable": naming.identifier("request", name),
                "name": name,
                "fields": _fields(dict(schema)),
            }
            for name, schema in sorted(_requests(spec))
        ],
        "views": [_view(name, each) for name, each in views.items()],
        "transforms": [_transform(name, each) for name, each in spec["transforms"].items()],
        "services": [_service(name, each, kinds) for name, each in spec["services"].items()],
    }
    return _rendered("definitions.py.j2", values)


def _entity(name: str, each: Part) -> Part:
    return {
        "variable": naming.identifier("entity", name),
        "name": name,
        "key": each["key"],
        "value_type": naming.value_type(each["type"]),
        **_told(each),
    }


def _view(name: str, each: Part) -> Part:
    source = naming.identifier("source", each["source"])
    if each["push"]:
        source = naming.identifier("push", each["push"])
    if "stream" in each:
        source = naming.identifier("stream", each["stream"]["name"])
    descriptions = each.get("descriptions", {})
    return {
        "variable": naming.identifier("view", name),
        "name": name,
        "class": "StreamFeatureView" if "stream" in each else "FeatureView",
        "source": source,
        "entities": [naming.identifier("entity", entity) for entity in each["entities"]],
        "fields": [
            {**field, "description": descriptions.get(field["name"], "")}
            for field in _fields(each["schema"])
        ],
        # Feast's zero is for ever.
        "ttl": each["ttl"] or 0,
        "online": each["online"],
        "offline": each["offline"],
        "aggregations": each.get("aggregations", ()),
        "timestamp": each.get("stream", {}).get("timestamp", ""),
        **_told(each),
    }


def _stream(name: str, stream: Part, source: str) -> Part:
    form = dict(stream["message_format"])
    return {
        **stream,
        "variable": naming.identifier("stream", name),
        "batch_source": naming.identifier("source", source),
        "format": form.pop("class"),
        "given": form,
    }


def _transform(name: str, each: Part) -> Part:
    # Feast looks a function up by running its text (feast/transformation/udf_rehydrate.py): it gets
    # that of the whole file, with what stands beside the function.
    request = each["request"]
    return {
        "variable": naming.identifier("transform", name),
        "function": naming.identifier("function", name),
        "module": naming.identifier("module", name),
        "name": name,
        "sources": [
            *(naming.identifier("view", view) for view in each["sources"]),
            *([naming.identifier("request", request["name"])] if request else []),
        ],
        "fields": _fields(each["schema"]),
        "mode": each["mode"],
        **_told(each),
    }


def _service(name: str, each: Part, kinds: Mapping[str, Any]) -> Part:
    projections: dict[str, list[str]] = {}
    for reference in each["features"]:
        view, _, feature = reference.partition(":")
        projections.setdefault(view, []).append(feature)
    return {
        "variable": naming.identifier("service", name),
        "name": name,
        "projections": [
            {"view": naming.identifier(kinds[view], view), "features": features}
            for view, features in projections.items()
        ],
        "logging": each.get("logging"),
        **_told(each),
    }


def _sources(sources: Part) -> str:
    places = [
        {
            "variable": naming.identifier("source", name),
            "name": name,
            "timestamp": each["timestamp"],
            "created": each.get("created", ""),
            "path": each.get("parquet", {}).get("path"),
            "table": each.get("postgres", {}).get("table"),
            "query": each.get("postgres", {}).get("query"),
        }
        for name, each in sources.items()
    ]
    imports = []
    if any(place["path"] is not None for place in places):
        imports += ["from feast import FileSource", "from feast.data_format import ParquetFormat"]
    if any(place["path"] is None for place in places):
        module = "feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source"
        imports += [f"from {module} import (", "    PostgreSQLSource,", ")"]
    return _rendered("exai_sources.py.j2", {"imports": imports, "sources": places})


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


def _fields(schema: Part) -> list[dict[str, str]]:
    return [
        {"name": name, "dtype": naming.feast_type(declared)} for name, declared in schema.items()
    ]


def _told(each: Part) -> Part:
    return {
        "description": each.get("description", ""),
        "tags": each.get("tags", {}),
        "owner": each.get("owner", ""),
    }


def _rendered(template: str, values: Part) -> str:
    text = _template(template).render(values)
    hold_to_declarations(text)
    return text


@functools.cache
def _template(name: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(  # noqa: S701 - Python, not HTML; every value passes through repr
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    filters = cast(dict[str, Callable[..., Any]], environment.filters)
    filters["repr"] = repr
    text = resources.files(__package__).joinpath("templates", name).read_text("utf-8")
    return environment.from_string(text)
