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
from exai_compiler.features.repository import definitions_of
from exai_compiler.inlined import READER, inlined, type_of
from exai_compiler.project import Project
from exai_specs.frozen import Json


def subset(project: Project, catalog: Catalog, service: str) -> Mapping[str, Json]:
    """The struct `features`. Raises ValueError for what the checks refuse."""
    found = used(project, service)
    if found is None:
        raise ValueError(f"FeatureService/{service} doesn't exist")
    return {
        "service": service,
        "repository": files_of(definitions_of(project, found.parts, catalog, bare=True)),
        "sources": {name: inlined(project, name, READER) for name in found.parts.datasets},
        "entities": {
            name: {"key": key.column, "type": type_of(key.type)}
            for name, key in found.entities.items()
        },
        "columns": {column: feature.reference for column, feature in found.columns.items()},
        "types": {column: type_of(feature.type) for column, feature in found.columns.items()},
        "request": {column: type_of(kind) for column, kind in found.request.items()},
    }
