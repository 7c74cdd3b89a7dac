"""What load-features needs of a feature service, as a struct constant.

In: a project, the name of a FeatureService, the texts of the user's Python files. Out: the views
that the service takes, whole, as files of a repository; the datasets behind them as load-dataset
gets one; and what each column is. No metadata, no environment, and nothing that is about looking up
online: none of it changes a training set, so none of it may make a new version of a pipeline. No
nulls: KFP's local runner refuses them.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.catalog import Catalog
from exai_compiler.feature_views import used
from exai_compiler.features.files import files_of
from exai_compiler.features.repository import Part, definitions_of
from exai_compiler.inlined import READER, inlined, type_of
from exai_compiler.project import Project
from exai_specs.frozen import Json

_METADATA = frozenset({"description", "owner", "tags", "descriptions", "logging"})
_STREAMED = frozenset({"stream", "aggregations"})
_ONLINE: Mapping[str, Json] = {"online": True, "offline": False, "push": None}


def subset(project: Project, catalog: Catalog, service: str) -> Mapping[str, Json]:
    """The struct `features`. Raises ValueError for what the checks refuse."""
    found = used(project, service)
    if found is None:
        raise ValueError(f"FeatureService/{service} doesn't exist")
    return {
        "service": service,
        "repository": files_of(_bare(definitions_of(project, found.parts, catalog))),
        "sources": {name: inlined(project, name, READER) for name in found.parts.datasets},
        "entities": {
            name: {"key": key.column, "type": type_of(key.type)}
            for name, key in found.entities.items()
        },
        "columns": {column: feature.reference for column, feature in found.columns.items()},
        "types": {column: type_of(feature.type) for column, feature in found.columns.items()},
        "request": {column: type_of(kind) for column, kind in found.request.items()},
    }


def _bare(repository: Part) -> Part:
    """The repository without what only people or an online store read."""
    bare: Part = {}
    for part, things in repository.items():
        bare[part] = things if part == "modules" else _without_metadata(things)
    views = bare["views"]
    if isinstance(views, Mapping):
        bare["views"] = {
            name: {key: part for key, part in {**view, **_ONLINE}.items() if key not in _STREAMED}
            for name, view in views.items()
            if isinstance(view, Mapping)
        }
    return bare


def _without_metadata(things: Json) -> Part:
    return {
        name: {key: value for key, value in thing.items() if key not in _METADATA}
        for name, thing in (things.items() if isinstance(things, Mapping) else ())
        if isinstance(thing, Mapping)
    }
