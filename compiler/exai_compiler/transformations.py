"""How a column comes from another: by joining rows on it, as it is, or by a computation.

In: a project, its graphs, an edge of the lineage that starts at a column. Out: a word for it.
Judges nothing; nobody can tell what the user's own code does, so that is a computation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from exai_compiler.columns import text
from exai_compiler.component_columns import ADDS
from exai_compiler.edges import Edge
from exai_compiler.feature_views import used
from exai_compiler.graph import Graph, Step
from exai_compiler.project import Project
from exai_specs.kinds import FeatureViewSpec

How = Literal["join", "identity", "computation", ""]
"""`join`: it decides which row's value is taken. "": it has a say, in a way of which nothing more
is known, as a target has in a model."""


def how(project: Project, graphs: Mapping[str, Graph], edge: Edge) -> How:
    """Of an edge without a column at its start nothing is known, either."""
    if not edge.source.column:
        return ""
    step = _step(graphs, edge)
    if _joins(project, edge, step):
        return "join"
    if not edge.target.column:
        return ""
    if edge.source.column != edge.target.column:
        return "computation"
    return "computation" if _computes(project, edge, step) else "identity"


def _step(graphs: Mapping[str, Graph], edge: Edge) -> Step | None:
    """The step that the edge leads to."""
    graph = graphs.get(edge.target.name) if edge.target.step else None
    return graph.steps.get(edge.target.step) if graph is not None else None


def _joins(project: Project, edge: Edge, step: Step | None) -> bool:
    """A view's rows are joined by its entities' keys and its dataset's times; what a step has, by
    the same, with the features that a service gives it."""
    if edge.target.kind == "FeatureView":
        return edge.source.kind == "Dataset" and edge.path[1] in ("dataset", "entities")
    adding = ADDS.get(step.component.name) if step is not None and step.component else None
    if step is None or adding is None or edge.path[-1:] != (adding.data,):
        return False
    gives = used(project, text(step.inputs.get(adding.service)))
    feature = gives.columns.get(edge.target.column) if gives is not None else None
    if gives is None or feature is None:
        return False
    return bool(feature.dataset) or edge.source.column not in gives.request


def _computes(project: Project, edge: Edge, step: Step | None) -> bool:
    """Whether the target is made by code of which only its columns are known."""
    if edge.target.kind == "FeatureView":
        body = project.body(FeatureViewSpec, edge.target.name)
        return body is not None and body.transform is not None
    return step is not None and step.is_own
