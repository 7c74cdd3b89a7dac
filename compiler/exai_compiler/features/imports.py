"""What definitions.py imports: only what is used, in the order of isort.

In: the `spec` of a feature repository. Out: lines of Python. Raises ValueError for a name that is
none in Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from exai_compiler.features import naming

Part = Mapping[str, Any]


def imports_of(spec: Part) -> Iterator[str]:
    """The lines, without their ends; an empty one between groups."""
    views, transforms = spec["views"].values(), spec["transforms"].values()
    requests = [each["request"] for each in transforms if each["request"]]
    logged = any("logging" in each for each in spec["services"].values())
    streams = [each["stream"] for each in views if "stream" in each]
    schemas = [each["schema"] for each in (*views, *transforms, *requests)]
    types = {naming.feast_type(t) for schema in schemas for t in schema.values()}
    used = {
        "Entity": spec["entities"],
        "FeatureService": spec["services"],
        "FeatureView": [each for each in views if "stream" not in each],
        "Field": schemas,
        "KafkaSource": streams,
        "PushSource": [each for each in views if each["push"]],
        "RequestSource": requests,
    }
    if views:
        yield "from datetime import timedelta"
    if transforms:
        yield "from inspect import getsource"
    yield ""
    yield from _import("feast", *[name for name, there in used.items() if there])
    if any("aggregations" in each for each in views):
        yield "from feast.aggregation import Aggregation"
    formats = {each["message_format"]["class"] for each in streams}
    yield from _import("feast.data_format", *sorted(formats))
    if logged:
        yield "from feast.feature_logging import LoggingConfig"
        yield "from feast.infra.offline_stores.file_source import FileLoggingDestination"
    if transforms:
        yield "from feast.on_demand_feature_view import OnDemandFeatureView"
    if streams:
        yield "from feast.stream_feature_view import StreamFeatureView"
    names = {name for each in types for name in naming.type_names(each)}
    yield from _import("feast.types", *sorted(names))
    if spec["entities"]:
        yield "from feast.value_type import ValueType"
    if views or transforms:
        yield ""
    sources = {naming.identifier("source", each["source"]) for each in views}
    yield from _import("exai_sources", *sorted(sources))
    for name, each in spec["transforms"].items():
        package, _, module = naming.module(each["module"]).rpartition(".")
        function = naming.function(each["function"])
        yield f"from {package} import {module} as {naming.identifier('module', name)}"
        yield f"from {package}.{module} import {function} as {naming.identifier('function', name)}"


@lru_cache(maxsize=1024)
def _import(module: str, *names: str) -> tuple[str, ...]:
    """The lines of one import. Most files import the same few things."""
    if not names:
        return ()
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= 100:
        return (line,)
    return (f"from {module} import (", *(f"    {name}," for name in names), ")")
