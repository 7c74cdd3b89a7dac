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
    return dict(sorted(found.items()))


def _definitions(spec: Part) -> str:
    views: Part = spec["views"]
    kinds = {
        name: "transform" if name in spec["transforms"] else "view"
        for name in (*views, *spec["transforms"])
    }
    values = {
        "imports": tuple(_imports(spec)),
        "entities": [_entity(name, each) for name, each in spec["entities"].items()],
        "pushes": [
            {
                "variable": naming.identifier("push", name),
                "name": name,
                "batch_source": naming.identifier("source", source),
            }
            for name, source in sorted(_agreed((v["push"], v["source"]) for v in views.values()))
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


def _imports(spec: Part) -> Iterator[str]:
    """Only what is used, in the order of isort."""
    views, transforms = spec["views"].values(), spec["transforms"].values()
    requests = [each["request"] for each in transforms if each["request"]]
    schemas = [each["schema"] for each in (*views, *transforms, *requests)]
    types = {name for schema in schemas for t in schema.values() for name in naming.type_names(t)}
    used = {
        "Entity": spec["entities"],
        "FeatureService": spec["services"],
        "FeatureView": views,
        "Field": schemas,
        "PushSource": [each for each in views if each["push"]],
        "RequestSource": requests,
    }
    if views:
        yield "from datetime import timedelta"
    if transforms:
        yield "from inspect import getsource"
    yield ""
    yield from _import("feast", (name for name, there in used.items() if there))
    if transforms:
        yield "from feast.on_demand_feature_view import OnDemandFeatureView"
    yield from _import("feast.types", sorted(types))
    if spec["entities"]:
        yield "from feast.value_type import ValueType"
    if views or transforms:
        yield ""
    sources = {naming.identifier("source", each["source"]) for each in views}
    yield from _import("exai_sources", sorted(sources))
    for name, each in spec["transforms"].items():
        package, _, module = naming.module(each["module"]).rpartition(".")
        function = naming.function(each["function"])
        yield f"from {package} import {module} as {naming.identifier('module', name)}"
        yield f"from {package}.{module} import {function} as {naming.identifier('function', name)}"


def _import(module: str, names: Any) -> Iterator[str]:
    line = f"from {module} import {', '.join(names := list(names))}"
    if not names:
        return
    if len(line) <= 100:
        yield line
        return
    yield f"from {module} import ("
    yield from (f"    {name}," for name in names)
    yield ")"


def _entity(name: str, each: Part) -> Part:
    return {
        "variable": naming.identifier("entity", name),
        "name": name,
        "key": each["key"],
        "value_type": naming.value_type(each["type"]),
        **_told(each),
    }


def _view(name: str, each: Part) -> Part:
    pushed = each["push"]
    descriptions = each.get("descriptions", {})
    return {
        "variable": naming.identifier("view", name),
        "name": name,
        "source": naming.identifier("push", pushed)
        if pushed
        else naming.identifier("source", each["source"]),
        "entities": [naming.identifier("entity", entity) for entity in each["entities"]],
        "fields": [
            {**field, "description": descriptions.get(field["name"], "")}
            for field in _fields(each["schema"])
        ],
        # Feast's zero is for ever.
        "ttl": each["ttl"] or 0,
        "online": each["online"],
        "offline": each["offline"],
        **_told(each),
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
