"""The graphs of a project's pipelines.

In: a project, the catalog. Out: a `Graph` by the name of each pipeline. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.catalog import Catalog
from exai_compiler.graph import Graph, graphs
from exai_compiler.project import Project
from exai_specs.kinds import PipelineSpec


def graphs_of(project: Project, catalog: Catalog) -> Mapping[str, Graph]:
    """All of them, made once: checks, lineage and renderers look at the same ones."""
    project = project.like or project
    # The catalog stays beside them, so no other one has its identity.
    found, _ = project.once(("graphs", id(catalog)), lambda: (_graphs(project, catalog), catalog))
    return found


def _graphs(project: Project, catalog: Catalog) -> Mapping[str, Graph]:
    return graphs((spec for spec, _ in project.bodies(PipelineSpec)), catalog)
